"""The six operations on a user's tasks."""

from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import quote, unquote_plus

from fastapi import APIRouter, Body, Query, Request, Response

from todo_server import errors
from todo_server.api.examples import TASK_ID
from todo_server.api.failures import failures
from todo_server.api.parameters import IfMatch, IfNoneMatch, TaskId
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import JSONBytes, NotModified, StreamedArray
from todo_server.domain.etags import etag, etag_of_content, is_known, versions_of
from todo_server.domain.task_query import TaskQuery
from todo_server.models import Completion, TaskCreate, TaskRead, TaskUpdate
from todo_server.services import tasks

_NOT_FOUND = failures(errors.TaskNotFoundError)
_REFUSALS = failures(errors.TaskNotFoundError, errors.VersionConflictError)
_ETAG = {
    "description": "The version, in quotes: for `If-Match` and `If-None-Match`.",
    "schema": {"type": "string"},
    "example": '"1"',
}
_ETAG_OF_LIST = {
    "description": "Another one for another list; none where it is sent in chunks.",
    "schema": {"type": "string"},
    "example": '"9f86d081884c7d659a2feaa0c55ad015"',
}
_TAGGED: dict[str, Any] = {"headers": {"ETag": _ETAG}}
_NOT_MODIFIED: dict[str, Any] = {"description": "What you have is still so.", **_TAGGED}
_ID = {
    "description": "The path of the task.",
    "schema": {"type": "string", "format": "uri-reference"},
    "example": f"/api/me/tasks/{TASK_ID}",
}
_LINK = {
    "description": "Where the next page is (RFC 8288); absent on the last one.",
    "schema": {"type": "string"},
    "example": '</api/me/tasks?limit=20&cursor=Jkad9twrSXZbIjAx>; rel="next"',
}

_URI = "%:/?#[]@!$&'()*+,;=~"

router = APIRouter(route_class=OwnerRoute, tags=["tasks"])


@router.get(
    "/api/{user_id}/tasks",
    summary="List tasks",
    operation_id="list_tasks",
    response_model=list[TaskRead],
    response_description="The tasks, newest first unless sorted otherwise.",
    responses={
        200: {"headers": {"Link": _LINK, "ETag": _ETAG_OF_LIST}},
        304: _NOT_MODIFIED,
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
    A list of more than 4 MiB is sent in chunks, without `Content-Length`; where it cannot be read
    to its end, the connection ends before the last chunk.
    """
    page = await tasks.list_tasks(mine, query)
    if page.rest:
        rest = tasks.read_rest(mine, query, page.rest)
        return StreamedArray(page.body, rest, *_link(request, page.next_cursor))
    tag = etag_of_content(page.body, (page.next_cursor or "").encode())
    if is_known(tag, if_none_match):
        return NotModified(tag)
    headers = ((b"etag", tag.encode()), *_link(request, page.next_cursor))
    return JSONBytes(page.body, 200, *headers)


@router.post(
    "/api/{user_id}/tasks",
    summary="Create a task",
    operation_id="create_task",
    status_code=201,
    response_model=TaskRead,
    response_description="The new task.",
    responses={201: {"headers": {"Location": _ID, "ETag": _ETAG}}},
)
async def create_task(task: TaskCreate, request: Request, mine: Mine) -> Response:
    """Create a task; only a title is needed."""
    made = await tasks.create_task(mine, task)
    location = f"{_quoted(request.scope['path'])}/{made.id}"
    return _answer(made, 201, (b"location", location.encode()))


@router.get(
    "/api/{user_id}/tasks/{task_id}",
    summary="Get a task",
    operation_id="get_task",
    response_model=TaskRead,
    response_description="The task.",
    responses={200: _TAGGED, 304: _NOT_MODIFIED, **_NOT_FOUND},
)
async def get_task(task_id: TaskId, mine: Mine, if_none_match: IfNoneMatch = None) -> Response:
    """Get one task."""
    task = await tasks.get_task(mine, task_id)
    if is_known(etag(task.version), if_none_match):
        return NotModified(etag(task.version))
    return _answer(task)


async def update_task(
    task_id: TaskId, change: TaskUpdate, mine: Mine, if_match: IfMatch = None
) -> Response:
    """Change a task: absent members stay as they are, `null` clears the description.

    `PUT` and `PATCH` do the same. What a client echoes back (`id`, `user_id`, `created_at`,
    `updated_at`) is ignored.
    """
    return _answer(await tasks.update_task(mine, task_id, change, versions_of(if_match)))


for _method in ("PUT", "PATCH"):
    router.add_api_route(
        "/api/{user_id}/tasks/{task_id}",
        update_task,
        methods=[_method],
        summary="Change a task",
        operation_id=f"update_task_by_{_method.lower()}",
        response_model=TaskRead,
        response_description="The task as it is now.",
        responses={200: _TAGGED, **_REFUSALS},
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
    """Put a task into the trash, where it can be restored from for 30 days."""
    await tasks.delete_task(mine, task_id, versions_of(if_match))
    return Response(status_code=204)


@router.patch(
    "/api/{user_id}/tasks/{task_id}/complete",
    summary="Complete or reopen a task",
    operation_id="complete_task",
    response_model=TaskRead,
    response_description="The task as it is now.",
    responses={200: _TAGGED, **_REFUSALS},
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
    return _answer(await tasks.complete_task(mine, task_id, completion, versions_of(if_match)))


def _answer(task: tasks.Versioned, status: int = 200, *headers: tuple[bytes, bytes]) -> JSONBytes:
    return JSONBytes(task.body, status, (b"etag", etag(task.version).encode()), *headers)


def _link(request: Request, cursor: str | None) -> tuple[tuple[bytes, bytes], ...]:
    if cursor is None:
        return ()
    page = _next_page(request.scope["path"], request.scope["query_string"])
    return ((b"link", f'<{page}cursor={cursor}>; rel="next"'.encode()),)


@lru_cache(maxsize=512)
def _next_page(path: str, query: bytes) -> str:
    """Give the URI of the next page, but for its cursor: front ends keep asking the same."""
    given = query.decode("latin-1").split("&")
    others = [part for part in given if part and unquote_plus(part.partition("=")[0]) != "cursor"]
    target = "".join(f"{part}&" for part in others)
    # What was sent may hold what ends a URI reference in a field (RFC 8288, section 3).
    return f"{_quoted(path)}?{quote(target, safe=_URI)}"


@lru_cache(maxsize=512)
def _quoted(path: str) -> str:
    return quote(path, safe="/%")
