"""Repeating tasks: completing one makes its successor, reopening takes that away, skipping moves.

Whoever completes or reopens a task does it by the statement that any task is completed by, which
the database refuses where the task repeats. Then it is done here, in a transaction: the change
itself, and what follows of it, as one batch of the log, so that one undo undoes both. A task
without a rule pays nothing for that.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from pydantic_core import to_json

from todo_server.database import (
    AS_IT_IS,
    Handle,
    IntegrityConstraintViolationError,
    Row,
    TransactionHandle,
)
from todo_server.domain.recurrence import Following, Repeating, following, moved
from todo_server.domain.uuid7 import uuid7
from todo_server.services.tasks.repeating_statements import (
    COPY,
    LET,
    LET_IN_BATCH,
    PARTS,
    REPEATING,
    STATE,
    SUCCESSOR,
    TAKE_AWAY,
)

Change: TypeAlias = Callable[[Handle], Awaitable[Row | None]]
"""Runs the statements of a change, in whichever transaction."""

_REFUSAL = "task_repeats"
"""The constraint that the database names (`migrations/series.py`)."""


_REPEATS = b'"is_recurring":true'
"""In the JSON of a task that repeats. No text of a user's can hold it: JSON escapes its quotes."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a task that repeats, or not."""

    members: dict[str, Any]

    @property
    def completed(self) -> bool:
        """Whether it is done."""
        return bool(self.members["completed"])

    @property
    def successor(self) -> str | None:
        """The id of the live one that comes after it."""
        found: str | None = self.members["successor"]
        return found

    def repeating(self) -> Repeating | None:
        """Give what says when it repeats; None if it does not."""
        its = self.members
        if its["recurrence"] is None:
            return None
        return Repeating(
            its["recurrence"],
            its["recurrence_basis"],
            its["due_date"],
            its["occurs_on"],
            its["rule_start"],
            its["occurrence"] - its["rule_first"] + 1,
        )


async def complete(
    mine: Handle, task_id: UUID, change: Change, *, repeats: bool = False
) -> Row | None:
    """Run a change that may complete a task or reopen it, with what follows where it repeats.

    With `repeats` it is known before that it may, as it has to be within a transaction.
    """
    if not repeats:
        try:
            row = await change(mine)
        except IntegrityConstraintViolationError as error:
            if error.constraint_name != _REFUSAL:
                raise
        else:
            is_plain = row is None or _REPEATS not in row[2]
            return row if is_plain else await _with_successor(mine, task_id, row)
    return await mine.transaction(lambda mine: _complete(mine, task_id, change, repeats=repeats))


async def repeating_of(mine: TransactionHandle, task_ids: Sequence[str]) -> set[str]:
    """Tell which of some tasks repeat, by their ids."""
    found = await mine.run(REPEATING, ids=json.dumps(task_ids))
    return set(json.loads(found))


async def state_of(mine: Handle, task_id: UUID) -> State | None:
    """Give what is known of a task; None if the user has none with this id."""
    found = await mine.run(STATE, task_id=task_id)
    return None if found is None else State(json.loads(found))


async def _complete(
    mine: TransactionHandle, task_id: UUID, change: Change, *, repeats: bool
) -> Row | None:
    """Run the change, and what follows; as a batch of its own, unless it is part of one."""
    await mine.run(LET if repeats else LET_IN_BATCH, repeats=str(task_id))
    before = await state_of(mine, task_id)
    row = await change(mine)
    after = await state_of(mine, task_id)
    if before is not None and after is not None and row is not None:
        if after.completed and not before.completed:
            await _make_successor(mine, after)
        elif before.completed and not after.completed and after.successor is not None:
            await mine.run(TAKE_AWAY, task_id=task_id, successor=UUID(after.successor))
    row = await _with_successor(mine, task_id, row)
    if repeats:
        await mine.run(LET, repeats="")
    return row


async def _make_successor(mine: TransactionHandle, state: State) -> None:
    """Make the task that comes after, with its parts, unless the rule is over or it is there."""
    task = state.repeating()
    if task is None or state.successor is not None:
        return
    coming = next(following(task, mine.now, state.members["zone"]), None)
    if coming is None:
        return
    found = await mine.run(PARTS, task_id=UUID(state.members["id"]))
    parts = json.loads(found)
    first, *others = sorted(uuid7(mine.now) for _ in range(len(parts) + 1))
    new = [_successor_row(state, coming, first)]
    new += [
        _part_row(part, coming, first, its_id) for part, its_id in zip(parts, others, strict=True)
    ]
    await mine.run(COPY, new=to_json(new).decode())


def _successor_row(state: State, coming: Following, its_id: UUID) -> dict[str, Any]:
    its = state.members
    return {
        **{name: its[name] for name in ("parent_id", "recurrence", "series_id", "rule_first")},
        "source": its["id"],
        "id": its_id,
        "occurrence": its["occurrence"] + 1,
        **moved_with(its, coming),
        "due_date": coming.due_date,
        "occurs_on": coming.due_date,
        "rule_start": coming.rule_start,
    }


def _part_row(
    part: dict[str, Any], coming: Following, parent_id: UUID, its_id: UUID
) -> dict[str, Any]:
    """Copy a part; one that repeats begins a series of its own."""
    return {
        "source": part["id"],
        "id": its_id,
        "parent_id": parent_id,
        "recurrence": part["recurrence"],
        "due_date": moved(part["due_date"], coming.days),
        **moved_with(part, coming),
    }


def moved_with(its: dict[str, Any], coming: Following) -> dict[str, Any]:
    """Move what lies at a distance from the due date, in days; reminders relative to it stay."""
    reminders = [
        {**each, "at": moved(each["at"], coming.days)} if each.get("at") else each
        for each in its["reminders"]
    ]
    return {"start_date": moved(its["start_date"], coming.days), "reminders": reminders}


async def _with_successor(mine: Handle, task_id: UUID, row: Row | None) -> Row | None:
    """Add to a completed task that repeats, in JSON, what comes after it, or null."""
    if row is None or row[-1] == AS_IT_IS.encode() or not _is_done_and_repeats(row[2]):
        return row
    found = await mine.run(SUCCESSOR, task_id=task_id)
    successor = b"null" if found is None else found[2]
    return [*row[:2], row[2][:-1] + b',"next_task":' + successor + b"}", *row[3:]]


def _is_done_and_repeats(task: bytes) -> bool:
    members = (_REPEATS, b'"completed":true')
    return all(each in task for each in members) and b',"next_task":' not in task
