"""The six operations on a user's tasks."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from todo_server import errors
from todo_server.api import links
from todo_server.api.answers import (
    ETAG,
    NOT_MODIFIED,
    TAGGED,
    list_answer,
    listed,
    row_answer,
)
from todo_server.api.examples.rows import TASK_ID
from todo_server.api.failures import failures
from todo_server.api.parameters import IfMatch, IfNoneMatch, TaskId
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import NotModified
from todo_server.domain.etags import etag, is_known, versions_of
from todo_server.domain.task_query import TaskQuery
from todo_server.models import (
    ChangedTaskRead,
    Completion,
    TaskCreate,
    TaskList,
    TaskPage,
    TaskRead,
    TaskUpdate,
)
from todo_server.services import tasks

_NOT_FOUND = failures(errors.TaskNotFoundError)
_REFUSALS = failures(errors.TaskNotFoundError, errors.VersionConflictError)

router = APIRouter(route_class=OwnerRoute, tags=["tasks"])


@router.get(
    "/api/{user_id}/tasks",
    summary="List tasks",
    operation_id="list_tasks",
    response_model=list[TaskRead] | TaskPage | TaskList,
    response_description="The tasks, newest first unless sorted otherwise.",
    responses={
        200: listed("tasks"),
        304: NOT_MODIFIED,
        **failures(errors.InvalidCursorError),
    },
)
async def list_tasks(
    query: Annotated[TaskQuery, Query()],
    request: Request,
    mine: Mine,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List the user's tasks, the newest first.

    Without `limit` the whole list is answered, up to 10,000 tasks; with it, pages: follow
    `rel="next"` of the header `Link` until there is none. Unknown parameters are ignored.
    With `page`, `page_size` or `offset`, the answer is an object with the tasks of that page and
    how many there are; whoever follows `Link` misses nothing that stays while others come and go.
    A list of more than 4 MiB is sent in chunks, without `Content-Length`; where it cannot be read
    to its end, the connection ends before the last chunk.
    """
    return await list_answer(request, mine, query, if_none_match)


@router.post(
    "/api/{user_id}/tasks",
    summary="Create a task",
    operation_id="create_task",
    status_code=201,
    response_model=TaskRead,
    response_description="The new task.",
    responses={
        201: {"headers": {"Location": links.location(f"/api/me/tasks/{TASK_ID}"), "ETag": ETAG}}
    },
)
async def create_task(task: TaskCreate, request: Request, mine: Mine) -> Response:
    """Create a task; only a title is needed."""
    made = await tasks.create_task(mine, task)
    return row_answer(made, 201, links.to_new(request, str(made.id)))


@router.get(
    "/api/{user_id}/tasks/{task_id}",
    summary="Get a task",
    operation_id="get_task",
    response_model=TaskRead,
    response_description="The task.",
    responses={200: TAGGED, 304: NOT_MODIFIED, **_NOT_FOUND},
)
async def get_task(task_id: TaskId, mine: Mine, if_none_match: IfNoneMatch = None) -> Response:
    """Get one task."""
    task = await tasks.get_task(mine, task_id)
    if is_known(etag(task.version), if_none_match):
        return NotModified(etag(task.version))
    return row_answer(task)


async def update_task(
    task_id: TaskId, change: TaskUpdate, mine: Mine, if_match: IfMatch = None
) -> Response:
    """Change a task: absent members stay as they are, `null` clears what may be empty.

    `PUT` and `PATCH` do the same. What a client echoes back and cannot change (`id`, `created_at`,
    `subtasks` and so on) is ignored.
    """
    return row_answer(await tasks.update_task(mine, task_id, change, versions_of(if_match)))


for _method in ("PUT", "PATCH"):
    router.add_api_route(
        "/api/{user_id}/tasks/{task_id}",
        update_task,
        methods=[_method],
        summary="Change a task",
        operation_id=f"update_task_by_{_method.lower()}",
        response_model=ChangedTaskRead,
        response_description="The task as it is now.",
        responses={200: TAGGED, **_REFUSALS},
    )


@router.delete(
    "/api/{user_id}/tasks/{task_id}",
    summary="Delete a task",
    operation_id="delete_task",
    status_code=204,
    response_description="It is in the trash.",
    responses=_REFUSALS,
)
async def delete_task(task_id: TaskId, mine: Mine, if_match: IfMatch = None) -> Response:
    """Put a task into the trash, from which it can be restored for 30 days."""
    await tasks.delete_task(mine, task_id, versions_of(if_match))
    return Response(status_code=204)


@router.patch(
    "/api/{user_id}/tasks/{task_id}/complete",
    summary="Complete or reopen a task",
    operation_id="complete_task",
    response_model=ChangedTaskRead,
    response_description="The task as it is now.",
    responses={200: TAGGED, **_REFUSALS},
)
async def complete_task(
    task_id: TaskId,
    mine: Mine,
    completion: Annotated[Completion, Body()] = Completion(),  # noqa: B008 - immutable in use
    if_match: IfMatch = None,
) -> Response:
    """Flip whether a task is completed, or set it.

    Without a body, or with `{}`, the state is flipped in the database, so that two requests at
    the same time both count. `{"completed": true}` or `false` sets it, and may be retried.
    """
    return row_answer(await tasks.complete_task(mine, task_id, completion, versions_of(if_match)))
