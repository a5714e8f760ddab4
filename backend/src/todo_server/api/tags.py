"""The operations on a user's tags."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from todo_server import errors
from todo_server.api import links
from todo_server.api.answers import (
    ETAG,
    LISTED,
    NOT_MODIFIED,
    TAGGED,
    content_answer,
    row_answer,
)
from todo_server.api.failures import failures
from todo_server.api.parameters import IfMatch, IfNoneMatch, TagPath
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import NotModified
from todo_server.domain.etags import etag, is_known, versions_of
from todo_server.models import ListedTag, TagCreate, TagMerge, TagRead, TagUpdate
from todo_server.services import tags

_REFUSALS = failures(errors.TagNotFoundError, errors.VersionConflictError)

router = APIRouter(route_class=OwnerRoute, tags=["tags"])


@router.get(
    "/api/{user_id}/tags",
    summary="List tags",
    operation_id="list_tags",
    response_model=list[ListedTag],
    response_description="The tags, in the order that the user gave them.",
    responses={200: LISTED, 304: NOT_MODIFIED},
)
async def list_tags(mine: Mine, if_none_match: IfNoneMatch = None) -> Response:
    """List the user's tags, each with how many tasks have it.

    A user has 1,000 of them at most, so that there are no pages.
    """
    return content_answer(await tags.list_tags(mine), if_none_match)


@router.post(
    "/api/{user_id}/tags",
    summary="Create a tag",
    operation_id="create_tag",
    status_code=201,
    response_model=TagRead,
    response_description="The new tag.",
    responses={
        201: {"headers": {"Location": links.location("/api/me/tags/home"), "ETag": ETAG}},
        **failures(errors.TagExistsError, errors.LimitReachedError),
    },
)
async def create_tag(tag: TagCreate, request: Request, mine: Mine) -> Response:
    """Create a tag before a task has it; naming it with a task makes it as well.

    Where there is one of this name, in whichever case, the answer is 409, with that one.
    """
    made = await tags.create_tag(mine, tag)
    return row_answer(made, 201, links.to_new(request, quote(tag.name, safe="")))


@router.get(
    "/api/{user_id}/tags/{name}",
    summary="Get a tag",
    operation_id="get_tag",
    response_model=TagRead,
    response_description="The tag.",
    responses={200: TAGGED, 304: NOT_MODIFIED, **failures(errors.TagNotFoundError)},
)
async def get_tag(name: TagPath, mine: Mine, if_none_match: IfNoneMatch = None) -> Response:
    """Get one tag by its name, in whichever case."""
    tag = await tags.get_tag(mine, name)
    if is_known(etag(tag.version), if_none_match):
        return NotModified(etag(tag.version))
    return row_answer(tag)


async def update_tag(
    name: TagPath, change: TagUpdate, mine: Mine, if_match: IfMatch = None
) -> Response:
    """Change a tag: absent members stay as they are, `null` clears the colour.

    A new name is given to all tasks that have the tag, those in the trash too, in the place of the
    old one; it may be the same in another case. All of it is undone together. `PUT` and `PATCH` do
    the same.
    """
    return row_answer(await tags.update_tag(mine, name, change, versions_of(if_match)))


for _method in ("PUT", "PATCH"):
    router.add_api_route(
        "/api/{user_id}/tags/{name}",
        update_tag,
        methods=[_method],
        summary="Change or rename a tag",
        operation_id=f"update_tag_by_{_method.lower()}",
        response_model=TagRead,
        response_description="The tag as it is now.",
        responses={200: TAGGED, **_REFUSALS, **failures(errors.TagExistsError)},
    )


@router.delete(
    "/api/{user_id}/tags/{name}",
    summary="Delete a tag",
    operation_id="delete_tag",
    status_code=204,
    response_description="It is gone, and no task has it.",
    responses=_REFUSALS,
)
async def delete_tag(name: TagPath, mine: Mine, if_match: IfMatch = None) -> Response:
    """Delete a tag, and take it off all tasks that have it, those in the trash too.

    All of it is one batch in the log of changes, and undone together.
    """
    await tags.delete_tag(mine, name, versions_of(if_match))
    return Response(status_code=204)


@router.post(
    "/api/{user_id}/tags/{name}/merge",
    summary="Merge a tag into another",
    operation_id="merge_tag",
    response_model=TagRead,
    response_description="The other tag.",
    responses={200: TAGGED, **_REFUSALS},
)
async def merge_tag(
    name: TagPath, merge: TagMerge, mine: Mine, if_match: IfMatch = None
) -> Response:
    """Give all tasks that have a tag another one in its place, and delete it.

    Tasks in the trash too; a task that has both has the other one once. All of it is one batch in
    the log of changes, and undone together.
    """
    return row_answer(await tags.merge_tag(mine, name, merge.into, versions_of(if_match)))
