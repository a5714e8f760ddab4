"""The six operations on a user's tasks."""

import re
from typing import Annotated
from urllib.parse import quote, unquote_plus

from fastapi import APIRouter, Body, Request, Response

from todo_server import errors
from todo_server.api.examples import TASK_ID
from todo_server.api.listing import LISTING_PARAMETERS, read_listing
from todo_server.api.openapi import failures
from todo_server.api.parameters import USER_ID, TaskId
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import StreamedArray
from todo_server.api.routing.routes import handle_of
from todo_server.models import Completion, TaskCreate, TaskRead, TaskUpdate
from todo_server.services import tasks

_OWN = (errors.UnauthenticatedError, errors.ForbiddenError, errors.UnavailableError)
_ONE = (*_OWN, errors.TaskNotFoundError, errors.ValidationFailedError)
_BODY = (
    errors.MalformedJsonError,
    errors.BodyTooLargeError,
    errors.UnsupportedMediaTypeError,
    errors.ValidationFailedError,
)
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

_PLAIN = re.compile("[A-Za-z0-9_.=&-]*")
_URI = "%:/?#[]@!$&'()*+,;=~"

_OF_USER = {"parameters": [USER_ID]}

router = APIRouter(route_class=OwnerRoute, tags=["tasks"])


@router.get(
    "/api/{user_id}/tasks",
    summary="List tasks",
    operation_id="list_tasks",
    response_model=list[TaskRead],
    response_description="The tasks, newest first unless sorted otherwise.",
    responses={
        200: {"headers": {"Link": _LINK}},
        **failures(*_OWN, errors.InvalidCursorError, errors.ValidationFailedError),
    },
    openapi_extra={"parameters": [USER_ID, *LISTING_PARAMETERS]},
)
async def list_tasks(request: Request) -> Response:
    """List the user's tasks, the newest first.

    Without `limit` the whole list is answered, up to 10,000 tasks; with it, pages: follow
    `rel="next"` of the header `Link` until there is none. Unknown parameters are ignored.
    A list of more than 4 MiB is sent in chunks, without `Content-Length`; where it cannot be read
    to its end, the connection ends before the last chunk.
    """
    query = request.scope["query_string"]
    listing = read_listing(query)
    mine = handle_of(request)
    page = await tasks.list_tasks(mine, listing)
    response: Response = _JSON(page.body)
    if page.rest:
        response = StreamedArray(page.body, tasks.read_rest(mine, listing, page.rest))
    if page.next_cursor is not None:
        response.headers["Link"] = _next_link(request.scope["path"], query, page.next_cursor)
    return response


@router.post(
    "/api/{user_id}/tasks",
    summary="Create a task",
    operation_id="create_task",
    status_code=201,
    response_model=TaskRead,
    response_description="The new task.",
    responses={201: {"headers": {"Location": _ID}}, **failures(*_OWN, *_BODY)},
    openapi_extra=_OF_USER,
)
async def create_task(task: TaskCreate, request: Request) -> Response:
    """Create a task; only a title is needed."""
    task_id, body = await tasks.create_task(handle_of(request), task)
    path = quote(request.scope["path"], safe="/%")
    return _JSON(body, 201, (b"location", f"{path}/{task_id}".encode()))


@router.get(
    "/api/{user_id}/tasks/{task_id}",
    summary="Get a task",
    operation_id="get_task",
    response_model=TaskRead,
    response_description="The task.",
    responses=failures(*_ONE),
    openapi_extra=_OF_USER,
)
async def get_task(task_id: TaskId, request: Request) -> Response:
    """Get one task."""
    return _JSON(await tasks.get_task(handle_of(request), task_id))


async def update_task(task_id: TaskId, change: TaskUpdate, request: Request) -> Response:
    """Change a task: absent members stay as they are, `null` clears the description.

    `PUT` and `PATCH` do the same. What a client echoes back (`id`, `user_id`, `created_at`,
    `updated_at`) is ignored.
    """
    body = await tasks.update_task(handle_of(request), task_id, change)
    return _JSON(body)


for _method in ("PUT", "PATCH"):
    router.add_api_route(
        "/api/{user_id}/tasks/{task_id}",
        update_task,
        methods=[_method],
        summary="Change a task",
        operation_id=f"update_task_by_{_method.lower()}",
        response_model=TaskRead,
        response_description="The task as it is now.",
        responses=failures(*_ONE, *_BODY),
        openapi_extra=_OF_USER,
    )


@router.delete(
    "/api/{user_id}/tasks/{task_id}",
    summary="Delete a task",
    operation_id="delete_task",
    status_code=204,
    response_description="It is gone.",
    responses=failures(*_ONE),
    openapi_extra=_OF_USER,
)
async def delete_task(task_id: TaskId, request: Request) -> Response:
    """Delete a task for good."""
    await tasks.delete_task(handle_of(request), task_id)
    return Response(status_code=204)


@router.patch(
    "/api/{user_id}/tasks/{task_id}/complete",
    summary="Complete or reopen a task",
    operation_id="complete_task",
    response_model=TaskRead,
    response_description="The task as it is now.",
    responses=failures(*_ONE, *_BODY),
    openapi_extra=_OF_USER,
)
async def complete_task(
    task_id: TaskId,
    request: Request,
    completion: Annotated[Completion, Body()] = Completion(),  # noqa: B008 - immutable in use
) -> Response:
    """Flip whether a task is completed, or set it.

    Without a body, or with `{}`, the state is flipped in the database, so that two requests at
    the same time both count. `{"completed": true}` or `false` sets it, and may be retried.
    """
    body = await tasks.complete_task(handle_of(request), task_id, completion)
    return _JSON(body)


class _JSON(Response):
    """JSON that is written already; any other response spends more on its headers."""

    def __init__(self, body: bytes, status: int = 200, *headers: tuple[bytes, bytes]) -> None:
        self.status_code, self.body, self.background = status, body, None
        length = (b"content-length", b"%d" % len(body))
        self.raw_headers = [length, (b"content-type", b"application/json"), *headers]


def _next_link(path: str, query: bytes, cursor: str) -> str:
    given = query.decode("latin-1").split("&")
    others = [part for part in given if unquote_plus(part.partition("=")[0]) != "cursor"]
    target = "&".join(filter(None, [*others, f"cursor={cursor}"]))
    if not _PLAIN.fullmatch(target):
        # What was sent may hold what ends a URI reference in a field (RFC 8288, section 3).
        target = quote(target, safe=_URI)
    return f'<{quote(path, safe="/%")}?{target}>; rel="next"'
