"""Undo, as the model does it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.state_machine.model import Change, Person, RefusedError, refuse_if


def undo(
    person: Person, number: int, now: datetime, origin: str, order: Sequence[UUID] = ()
) -> None:
    """Put back what a change, or its batch, touched; the rows of a batch in some order."""
    refuse_if(RefusedError(404, "change_not_found"), number > person.number)
    (asked,) = (change for change in person.log if change.number == number)
    undone = [c for c in person.log if asked.batch is not None and c.batch == asked.batch]
    undone = undone or [asked]
    purges = {c.row_id: c.number for c in person.log if c.kind == "purged"}
    purged = any(purges.get(c.row_id, 0) >= c.number for c in undone)
    refuse_if(RefusedError(409, "already_purged"), purged)
    wanted: dict[UUID, dict[str, Any]] = {}
    for change in reversed(undone):
        wanted[change.row_id] = wanted.get(change.row_id, {}) | _before(person, change, now)
    for task_id, values in wanted.items():
        _refuse_what_was_changed_again(person, task_id, values, undone[-1].number)
    person.undoes = undone[0].number
    person.batch = None if asked.batch is None else person.number + 1
    for task_id in sorted(wanted, key=lambda each: order.index(each) if each in order else 0):
        person.change(person.tasks[task_id], now, origin, wanted[task_id])
    person.undoes = person.batch = None


def _before(person: Person, change: Change, now: datetime) -> dict[str, Any]:
    """Give the values that come back: what was made, or restored, goes to the trash."""
    if change.kind in ("created", "restored"):
        return (change.before or {}) | {"deleted_at": now}
    return change.before or {}


def _refuse_what_was_changed_again(
    person: Person, task_id: UUID, values: dict[str, Any], last: int
) -> None:
    for name in values:
        later = [
            change.before[name]
            for change in person.log
            if change.number > last and change.row_id == task_id
            if change.before is not None and name in change.before
        ]
        # As the change left it is as the next one found it; since when it is in the trash, does not
        # matter.
        now = getattr(person.tasks[task_id], name)
        again = bool(later) and later[0] != now
        if name == "deleted_at":
            again = bool(later) and (later[0] is None) != (now is None)
        refuse_if(RefusedError(409, "already_changed"), again)
