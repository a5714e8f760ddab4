"""Undoing a change: what it touched is put back, unless that was changed again.

A batch is undone as a whole. An undo is a change like any other (of a batch: a batch), and says
which one it undoes. The user's turn is held meanwhile, so that nothing comes in between.
"""

import json
from typing import Any

from todo_server.database import (
    Handle,
    IntegrityConstraintViolationError,
    TransactionHandle,
)
from todo_server.domain.changes_query import PAGE_MAXIMUM
from todo_server.errors import (
    AlreadyChangedError,
    AlreadyPurgedError,
    ChangeNotFoundError,
    ChangeTooOldError,
    FieldError,
)
from todo_server.services.changes.follow_statements import FOLLOW, Page
from todo_server.services.changes.following import ChangesPage, show_page
from todo_server.services.changes.nameless_tags import BRING_BACK, LEAVES_NAMELESS
from todo_server.services.changes.undo_statements import CHECK, FIND, PUT_BACK
from todo_server.services.limits import REFUSALS as LIMITS

REFUSALS = {
    "task_user_id_project_id_fkey": (
        "project_id",
        ": a project that is gone would have tasks, or a task such a project",
    ),
    "task_user_id_parent_id_fkey": ("parent_id", ": the task that it was a part of is gone"),
    "task_parent_not_found": ("parent_id", ": the task that it was a part of is gone"),
    "task_parent_is_subtask": ("parent_id", ": the task that it was a part of is a part itself"),
    "task_has_subtasks": ("parent_id", ": it has parts itself"),
    "tag_user_id_name_key_index": ("name", ": there is another tag of this name"),
    **dict.fromkeys(LIMITS, ("deleted_at", ": you have as many as there can be")),
}
"""Members and reasons, by the constraint that is violated."""

_HAVE_TAG = "Tasks have the tag that this would take away, or give another name."
_NAME = FieldError("name", AlreadyChangedError.code, _HAVE_TAG)


async def undo_change(mine: Handle, number: int) -> ChangesPage:
    """Put back what a change touched; give what is different by it, as `list_changes` does.

    A row that it made goes to the trash, one that it deleted comes back, and the other way round.
    Raises ChangeNotFoundError, ChangeTooOldError where the log does not have all of it any more,
    AlreadyPurgedError, and AlreadyChangedError, which names what was changed again.
    """

    async def steps(mine: TransactionHandle) -> Page:
        oldest, newest, first, last, is_batch = await mine.run(FIND, number=number)
        if number > (newest or 0):
            raise ChangeNotFoundError
        if first is None or first < (oldest or 0):
            raise ChangeTooOldError
        undone = {"first": first, "last": last, "now": mine.now}
        told = await mine.run(CHECK, **undone)
        found = json.loads(told)
        _refuse(found, is_batch=bool(is_batch))
        await _put_back(mine, **undone)
        if found["is_about_tags"]:
            await _keep_names(mine, is_batch=bool(is_batch), **undone)
        return await mine.run(FOLLOW, since=newest, limit=PAGE_MAXIMUM)

    return show_page(await mine.transaction(steps))


async def _keep_names(mine: TransactionHandle, *, is_batch: bool, **undone: object) -> None:
    """Leave no task with a tag that has no row; AlreadyChangedError where there is no way.

    Tags that were made with their tasks stay: the tasks have them in the trash, too.
    """
    leaves_nameless = await mine.run(LEAVES_NAMELESS)
    if leaves_nameless and is_batch:
        await mine.run(BRING_BACK, **undone)
        leaves_nameless = await mine.run(LEAVES_NAMELESS)
    if leaves_nameless:
        raise AlreadyChangedError(_HAVE_TAG, details=(_NAME,))


async def _put_back(mine: TransactionHandle, **undone: object) -> None:
    """Put back; AlreadyChangedError where that does not go with what has come since."""
    try:
        await mine.run(PUT_BACK, **undone)
    except IntegrityConstraintViolationError as error:
        member, reason = REFUSALS.get(error.constraint_name or "", (None, ""))
        message = f"What this would put back does not go with what there is now{reason}."
        details = (FieldError(member, AlreadyChangedError.code, message),) if member else ()
        raise AlreadyChangedError(message, details=details) from error


def _refuse(in_the_way: dict[str, Any], *, is_batch: bool) -> None:
    if in_the_way["is_purged"]:
        raise AlreadyPurgedError
    conflicts = in_the_way["conflicts"]
    if not conflicts:
        return
    details = tuple(
        FieldError(
            f"{each['row_id']}.{each['member']}" if is_batch else each["member"],
            AlreadyChangedError.code,
            f"Changed again by change {each['number']}",
        )
        for each in conflicts
    )
    names = ", ".join(detail.field for detail in details[:3])
    more = f" and {len(details) - 3} more" if len(details) > 3 else ""  # noqa: PLR2004 - as above
    message = f"What this would put back was changed again since: {names}{more}."
    raise AlreadyChangedError(message, details=details)
