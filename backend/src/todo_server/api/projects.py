"""The operations on a user's projects."""

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
    row_answer,
)
from todo_server.api.examples.nouns import PROJECT_ID
from todo_server.api.failures import failures
from todo_server.api.parameters import IfMatch, IfNoneMatch, ProjectId
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import NotModified
from todo_server.domain.etags import etag, is_known, versions_of
from todo_server.domain.project_query import ProjectDeletion, ProjectQuery
from todo_server.models import ListedProject, ProjectCreate, ProjectRead, ProjectUpdate
from todo_server.services import projects

_REFUSALS = failures(errors.ProjectNotFoundError, errors.VersionConflictError)

router = APIRouter(route_class=OwnerRoute, tags=["projects"])


@router.get(
    "/api/{user_id}/projects",
    summary="List projects",
    operation_id="list_projects",
    response_model=list[ListedProject],
    response_description="The projects, in the order that the user gave them.",
    responses={200: LISTED, 304: NOT_MODIFIED},
)
async def list_projects(
    query: Annotated[ProjectQuery, Query()], mine: Mine, if_none_match: IfNoneMatch = None
) -> Response:
    """List the user's projects, each with how many tasks are in it.

    A user has 500 of them at most, so that there are no pages.
    """
    listed = await projects.list_projects(mine, archived=query.archived)
    return content_answer(listed, if_none_match)


@router.post(
    "/api/{user_id}/projects",
    summary="Create a project",
    operation_id="create_project",
    status_code=201,
    response_model=ProjectRead,
    response_description="The new project.",
    responses={
        201: {
            "headers": {
                "Location": links.location(f"/api/me/projects/{PROJECT_ID}"),
                "ETag": ETAG,
            }
        },
        **failures(errors.LimitReachedError),
    },
)
async def create_project(project: ProjectCreate, request: Request, mine: Mine) -> Response:
    """Create a project; only a name is needed, and two may have the same."""
    made = await projects.create_project(mine, project)
    return row_answer(made, 201, links.to_new(request, str(made.id)))


@router.get(
    "/api/{user_id}/projects/{project_id}",
    summary="Get a project",
    operation_id="get_project",
    response_model=ProjectRead,
    response_description="The project.",
    responses={200: TAGGED, 304: NOT_MODIFIED, **failures(errors.ProjectNotFoundError)},
)
async def get_project(
    project_id: ProjectId, mine: Mine, if_none_match: IfNoneMatch = None
) -> Response:
    """Get one project."""
    project = await projects.get_project(mine, project_id)
    if is_known(etag(project.version), if_none_match):
        return NotModified(etag(project.version))
    return row_answer(project)


async def update_project(
    project_id: ProjectId, change: ProjectUpdate, mine: Mine, if_match: IfMatch = None
) -> Response:
    """Change a project: absent members stay as they are, `null` clears the colour.

    `PUT` and `PATCH` do the same.
    """
    versions = versions_of(if_match)
    return row_answer(await projects.update_project(mine, project_id, change, versions))


for _method in ("PUT", "PATCH"):
    router.add_api_route(
        "/api/{user_id}/projects/{project_id}",
        update_project,
        methods=[_method],
        summary="Change a project",
        operation_id=f"update_project_by_{_method.lower()}",
        response_model=ProjectRead,
        response_description="The project as it is now.",
        responses={200: TAGGED, **_REFUSALS},
    )


@router.delete(
    "/api/{user_id}/projects/{project_id}",
    summary="Delete a project",
    operation_id="delete_project",
    status_code=204,
    response_description="It is gone; its tasks have no project, or are in the trash.",
    responses=_REFUSALS,
)
async def delete_project(
    project_id: ProjectId,
    query: Annotated[ProjectDeletion, Query()],
    mine: Mine,
    if_match: IfMatch = None,
) -> Response:
    """Delete a project; its tasks stay, without a project, or go to the trash.

    Tasks that are in the trash already lose it, too. All of it is one batch in the log of changes:
    undoing it brings the project back, and its tasks into it.
    """
    await projects.delete_project(mine, project_id, query.tasks, versions_of(if_match))
    return Response(status_code=204)
