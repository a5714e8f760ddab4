"""The operations on a user's trash: what was deleted, until it is purged."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from todo_server import errors
from todo_server.api.answers import NOT_MODIFIED, TAGGED, list_answer, listed, row_answer
from todo_server.api.failures import failures
from todo_server.api.parameters import IfMatch, IfNoneMatch, TaskId
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.domain.etags import versions_of
from todo_server.domain.trash_query import TrashQuery
from todo_server.models import TaskRead, TrashedTaskRead, TrashList
from todo_server.services import tasks, trash

_REFUSALS = failures(errors.TaskNotFoundError, errors.VersionConflictError)

router = APIRouter(route_class=OwnerRoute, tags=["trash"])


@router.get(
    "/api/{user_id}/trash",
    summary="List the trash",
    operation_id="list_trash",
    response_model=list[TrashedTaskRead] | TrashList,
    response_description="What is in the trash, the last that was deleted first.",
    responses={200: listed("trash"), 304: NOT_MODIFIED, **failures(errors.InvalidCursorError)},
)
async def list_trash(
    query: Annotated[TrashQuery, Query()],
    request: Request,
    mine: Mine,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List the tasks that were deleted, the last one first.

    They are purged 30 days after their deletion, unless the server is set otherwise. Pages, and
    lists without `limit`, are those of `list_tasks`.
    """
    return await list_answer(request, mine, query, if_none_match)


@router.post(
    "/api/{user_id}/trash/{task_id}/restore",
    summary="Restore a task",
    operation_id="restore_task",
    response_model=TaskRead,
    response_description="The task as it is now, among the others again.",
    responses={200: TAGGED, **_REFUSALS},
)
async def restore_task(task_id: TaskId, mine: Mine, if_match: IfMatch = None) -> Response:
    """Take a task out of the trash."""
    return row_answer(await tasks.restore_task(mine, task_id, versions_of(if_match)))


@router.delete(
    "/api/{user_id}/trash/{task_id}",
    summary="Delete a task for good",
    operation_id="purge_task",
    status_code=204,
    response_description="It is gone for good, and its texts from the history.",
    responses=_REFUSALS,
)
async def purge_task(task_id: TaskId, mine: Mine, if_match: IfMatch = None) -> Response:
    """Delete a task in the trash for good: it can neither be restored nor its deletion undone."""
    await trash.purge_task(mine, task_id, versions_of(if_match))
    return Response(status_code=204)


@router.delete(
    "/api/{user_id}/trash",
    summary="Empty the trash",
    operation_id="empty_trash",
    status_code=204,
    response_description="Nothing is in it.",
)
async def empty_trash(mine: Mine) -> Response:
    """Delete all that is in the trash for good, the oldest first.

    It is done a few hundred at a time: where it is cut off, what is left is still in the trash, and
    the request can be sent again.
    """
    await trash.empty_trash(mine)
    return Response(status_code=204)
