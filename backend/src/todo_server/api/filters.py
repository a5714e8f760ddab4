"""The operations on a user's saved filters."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from todo_server import errors
from todo_server.api import links
from todo_server.api.answers import (
    ETAG,
    LISTED,
    NOT_MODIFIED,
    TAGGED,
    content_answer,
    list_answer,
    listed,
    row_answer,
)
from todo_server.api.examples.nouns import FILTER_ID
from todo_server.api.failures import failures
from todo_server.api.parameters import FilterId, IfMatch, IfNoneMatch
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import NotModified
from todo_server.api.saved_queries import check_query, read_query
from todo_server.domain.etags import etag, is_known, versions_of
from todo_server.domain.filter_query import FilterPage
from todo_server.models import FilterCreate, FilterRead, FilterUpdate, TaskRead
from todo_server.services import filters

_REFUSALS = failures(errors.FilterNotFoundError, errors.VersionConflictError)

router = APIRouter(route_class=OwnerRoute, tags=["filters"])


@router.get(
    "/api/{user_id}/filters",
    summary="List saved filters",
    operation_id="list_filters",
    response_model=list[FilterRead],
    response_description="The filters, in the order that the user gave them.",
    responses={200: LISTED, 304: NOT_MODIFIED},
)
async def list_filters(mine: Mine, if_none_match: IfNoneMatch = None) -> Response:
    """List the user's saved filters, of which there are 200 at most."""
    return content_answer(await filters.list_filters(mine), if_none_match)


@router.post(
    "/api/{user_id}/filters",
    summary="Save a filter",
    operation_id="create_filter",
    status_code=201,
    response_model=FilterRead,
    response_description="The new filter.",
    responses={
        201: {
            "headers": {"Location": links.location(f"/api/me/filters/{FILTER_ID}"), "ETag": ETAG}
        },
        **failures(errors.LimitReachedError),
    },
)
async def create_filter(saved: FilterCreate, request: Request, mine: Mine) -> Response:
    """Save a name and a query: what `GET …/tasks` takes, and nothing that it would ignore."""
    check_query(saved.query)
    made = await filters.create_filter(mine, saved)
    return row_answer(made, 201, links.to_new(request, str(made.id)))


@router.get(
    "/api/{user_id}/filters/{filter_id}",
    summary="Get a saved filter",
    operation_id="get_filter",
    response_model=FilterRead,
    response_description="The filter.",
    responses={200: TAGGED, 304: NOT_MODIFIED, **failures(errors.FilterNotFoundError)},
)
async def get_filter(
    filter_id: FilterId, mine: Mine, if_none_match: IfNoneMatch = None
) -> Response:
    """Get one saved filter."""
    saved = await filters.get_filter(mine, filter_id)
    if is_known(etag(saved.version), if_none_match):
        return NotModified(etag(saved.version))
    return row_answer(saved)


async def update_filter(
    filter_id: FilterId, change: FilterUpdate, mine: Mine, if_match: IfMatch = None
) -> Response:
    """Change a saved filter: absent members stay as they are; a query is replaced as a whole.

    `PUT` and `PATCH` do the same.
    """
    check_query(change.query)
    return row_answer(await filters.update_filter(mine, filter_id, change, versions_of(if_match)))


for _method in ("PUT", "PATCH"):
    router.add_api_route(
        "/api/{user_id}/filters/{filter_id}",
        update_filter,
        methods=[_method],
        summary="Change a saved filter",
        operation_id=f"update_filter_by_{_method.lower()}",
        response_model=FilterRead,
        response_description="The filter as it is now.",
        responses={200: TAGGED, **_REFUSALS},
    )


@router.delete(
    "/api/{user_id}/filters/{filter_id}",
    summary="Delete a saved filter",
    operation_id="delete_filter",
    status_code=204,
    response_description="It is gone.",
    responses=_REFUSALS,
)
async def delete_filter(filter_id: FilterId, mine: Mine, if_match: IfMatch = None) -> Response:
    """Delete a saved filter, and no task."""
    await filters.delete_filter(mine, filter_id, versions_of(if_match))
    return Response(status_code=204)


@router.get(
    "/api/{user_id}/filters/{filter_id}/tasks",
    summary="List what a filter finds",
    operation_id="list_filtered_tasks",
    response_model=list[TaskRead],
    response_description="The tasks, as `GET …/tasks` lists them with the filter's query.",
    responses={
        200: listed(f"filters/{FILTER_ID}/tasks"),
        304: NOT_MODIFIED,
        **failures(errors.FilterNotFoundError, errors.InvalidCursorError),
    },
)
async def list_filtered_tasks(
    filter_id: FilterId,
    query: Annotated[FilterPage, Query()],
    request: Request,
    mine: Mine,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List the tasks that a saved filter finds, as `list_tasks` does with its query."""
    asked = read_query(await filters.get_query(mine, filter_id), query)
    return await list_answer(request, mine, asked, if_none_match)
