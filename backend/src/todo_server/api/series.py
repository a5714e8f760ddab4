"""The operations on repeating tasks alone: skipping, what comes next, and what there was."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from todo_server import errors
from todo_server.api.answers import NOT_MODIFIED, TAGGED, list_answer, listed, row_answer
from todo_server.api.examples.rows import TASK_ID
from todo_server.api.failures import failures
from todo_server.api.parameters import IfMatch, IfNoneMatch, SeriesId, TaskId
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import JSONBytes
from todo_server.domain.etags import versions_of
from todo_server.domain.series_query import OccurrencesQuery, SeriesPage
from todo_server.domain.task_query import TaskQuery
from todo_server.models import Occurrence, TaskRead
from todo_server.services import tasks

router = APIRouter(route_class=OwnerRoute, tags=["repeating"])


@router.post(
    "/api/{user_id}/tasks/{task_id}/skip",
    summary="Skip an occurrence",
    operation_id="skip_task",
    response_model=TaskRead,
    response_description="The task as it is now.",
    responses={
        200: TAGGED,
        **failures(
            errors.TaskNotFoundError, errors.NoNextOccurrenceError, errors.VersionConflictError
        ),
    },
)
async def skip_task(task_id: TaskId, mine: Mine, if_match: IfMatch = None) -> Response:
    """Move a repeating task on to its next date, without completing it.

    Its start date and its reminders move by the same distance; nothing else of it changes.
    """
    return row_answer(await tasks.skip_task(mine, task_id, versions_of(if_match)))


@router.get(
    "/api/{user_id}/tasks/{task_id}/occurrences",
    summary="Preview what comes next",
    operation_id="list_occurrences",
    response_model=list[Occurrence],
    response_description="The dates, from the one after the task's own on.",
    responses=failures(errors.TaskNotFoundError),
)
async def list_occurrences(
    task_id: TaskId, query: Annotated[OccurrencesQuery, Query()], mine: Mine
) -> Response:
    """List the dates that a task will have, if it is completed now, and then each on its day.

    There are none of a task that does not repeat, or is completed.
    """
    return JSONBytes(await tasks.list_occurrences(mine, task_id, query.count))


@router.get(
    "/api/{user_id}/series/{series_id}",
    summary="List a series",
    operation_id="list_series",
    response_model=list[TaskRead],
    response_description="The tasks of the series, what was done and what is open: newest first.",
    responses={
        200: listed(f"series/{TASK_ID}"),
        304: NOT_MODIFIED,
        **failures(errors.TaskNotFoundError, errors.InvalidCursorError),
    },
)
async def list_series(
    series_id: SeriesId,
    query: Annotated[SeriesPage, Query()],
    request: Request,
    mine: Mine,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List the tasks that one repeating task was and is, but for those in the trash.

    The id of a series is the `series_id` of each of them.
    """
    await tasks.require_series(mine, series_id)
    asked = TaskQuery().model_copy(update={"series_id": series_id, **query.model_dump()})
    return await list_answer(request, mine, asked, if_none_match)
