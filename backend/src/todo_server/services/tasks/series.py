"""The series of a repeating task: what comes next, skipping that, and what there was."""

from itertools import islice
from uuid import UUID

from pydantic_core import to_json

from todo_server.database import Handle, Row, TransactionHandle
from todo_server.domain.recurrence import following, moved, skipping
from todo_server.errors import NoNextOccurrenceError, TaskNotFoundError
from todo_server.services.one_row import Versioned, Versions, answered, run_change
from todo_server.services.tasks.repeating import moved_with, state_of
from todo_server.services.tasks.repeating_statements import IN_SERIES, SKIP
from todo_server.services.tasks.verbs import require_task


async def skip_task(mine: Handle, task_id: UUID, versions: Versions = None) -> Versioned:
    """Move a task on to its next date, without completing it.

    TaskNotFoundError; VersionConflictError if it has none of these versions; NoNextOccurrenceError
    where it does not repeat, is completed, is the last, or has its successor already.
    """

    async def steps(mine: TransactionHandle) -> Row | None:
        await require_task(mine, task_id, versions)
        state = await state_of(mine, task_id)
        if state is None:
            raise TaskNotFoundError
        task = state.repeating()
        if task is None or state.completed or state.successor is not None:
            raise NoNextOccurrenceError
        skipped = skipping(task, mine.now, state.members["zone"])
        if skipped is None:
            raise NoNextOccurrenceError
        its = moved_with(state.members, skipped)
        values = {
            "moved_due_date": skipped.due_date,
            "moved_occurs_on": skipped.due_date,
            "moved_rule_start": skipped.rule_start,
            "moved_start_date": its["start_date"],
            "moved_reminders": to_json(its["reminders"]).decode(),
        }
        return await run_change(mine, SKIP, None, task_id=task_id, **values)

    return answered(await mine.transaction(steps), TaskNotFoundError)


async def list_occurrences(mine: Handle, task_id: UUID, count: int) -> bytes:
    """Give the dates that come after a task's own, were each done on its day.

    None if it is over, or has its successor already.

    TaskNotFoundError.
    """
    state = await state_of(mine, task_id)
    if state is None:
        raise TaskNotFoundError
    task = state.repeating()
    if task is None or state.completed or state.successor is not None:
        return b"[]"
    start = state.members["start_date"]
    coming = islice(following(task, mine.now, state.members["zone"]), count)
    return to_json(
        [{"due_date": each.due_date, "start_date": moved(start, each.days)} for each in coming]
    )


async def require_series(mine: Handle, series_id: UUID) -> None:
    """Raise TaskNotFoundError where the user has no task of a series."""
    if not await mine.run(IN_SERIES, series_id=series_id):
        raise TaskNotFoundError
