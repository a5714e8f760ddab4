"""What has changed: delta sync, the history of a task, and undo."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from todo_server import errors
from todo_server.api import links
from todo_server.api.failures import failures
from todo_server.api.parameters import TaskId
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import JSONBytes
from todo_server.domain.changes_query import MAX_NUMBER, ChangesQuery, HistoryQuery
from todo_server.domain.query import whole_number
from todo_server.models import Changes, TaskChange
from todo_server.services import changes

Number = Annotated[
    int,
    whole_number(1, MAX_NUMBER),
    Path(description="Which of the user's changes: `number` in a history.", examples=[42]),
]

router = APIRouter(route_class=OwnerRoute, tags=["changes"])


def _paged(example: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"headers": {"Link": links.document(example)}}}


@router.get(
    "/api/{user_id}/changes",
    summary="Follow the changes",
    operation_id="list_changes",
    response_model=Changes,
    response_description="What is different now, or all there is: one page.",
    responses={
        **_paged("/api/me/changes?limit=500&since=542"),
        **failures(errors.InvalidCursorError, errors.NumberTooOldError),
    },
)
async def list_changes(
    query: Annotated[ChangesQuery, Query()], request: Request, mine: Mine
) -> Response:
    """Keep a copy of all that is the user's, without reading it all again.

    Begin without `since`: all there is comes, in pages. Follow `rel="next"` of the header `Link`
    until there is none, or send `cursor` as long as it is not `null`. Keep `number`, and send it as
    `since` the next time. What comes then is whole rows, as they are now, and the ids of those that
    are gone. Nothing is missed, whatever changes meanwhile. A page may have fewer than `limit`.
    """
    page = await changes.list_changes(mine, query)
    return JSONBytes(page.body, 200, *links.to_next(request, **page.next))


@router.get(
    "/api/{user_id}/tasks/{task_id}/history",
    summary="List the changes of a task",
    operation_id="list_task_history",
    response_model=list[TaskChange],
    response_description="The changes, the newest first.",
    responses={
        **_paged("/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11/history?cursor=Jkad9twrSXZb"),
        **failures(errors.InvalidCursorError, errors.TaskNotFoundError),
    },
)
async def list_task_history(
    task_id: TaskId, query: Annotated[HistoryQuery, Query()], request: Request, mine: Mine
) -> Response:
    """List what was changed of a task, when, and by which client, as far back as the log goes.

    A task in the trash has a history, too; one that was purged has none.
    """
    page = await changes.list_task_history(mine, task_id, query)
    return JSONBytes(page.body, 200, *links.to_next(request, cursor=page.next_cursor))


@router.post(
    "/api/{user_id}/changes/{number}/undo",
    summary="Undo a change",
    operation_id="undo_change",
    response_model=Changes,
    response_description="What is different by it, as `GET …/changes` would answer it.",
    responses=failures(
        errors.ChangeNotFoundError,
        errors.AlreadyChangedError,
        errors.AlreadyPurgedError,
        errors.ChangeTooOldError,
    ),
)
async def undo_change(number: Number, mine: Mine) -> Response:
    """Put back the members that a change touched, and no others.

    A task that it created goes to the trash; one that it deleted is restored; one that it restored
    goes to the trash. Changes that were made together are undone together. If one of the members
    was changed again later, nothing is done. An undo is a change itself, and can be undone.
    """
    return JSONBytes((await changes.undo_change(mine, number)).body)
