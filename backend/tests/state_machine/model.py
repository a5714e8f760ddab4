"""What the server should be: what is a person's, and their log, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from tests.state_machine import rules
from tests.state_machine.answers import NOT_FOUND, Answer, refuse
from tests.state_machine.nouns import Row, Tag, Task, same_name

KEPT = timedelta(hours=24)
"""For how long a key stands for its first request."""

UNSET = {"time_zone": "UTC", "week_start": "monday", "email_reminders": False, "version": 1}
"""The settings of whoever has set nothing."""

_NEVER = datetime.min.replace(tzinfo=UTC)

Kind = TypeVar("Kind", bound=Row)


@dataclass
class Change:
    """A row of the log; `at` is None where the database's own clock says it."""

    number: int
    at: datetime | None
    kind: str
    noun: str
    row_id: UUID
    before: dict[str, Any] | None
    origin: str
    batch: int | None = None
    undoes: int | None = None


@dataclass
class Kept:
    """What was answered under a key."""

    request: tuple[Any, ...]
    answer: Answer
    at: datetime


@dataclass
class Person:
    """A user: what is theirs, and the log of it.

    Within a request its entries stand in whichever order; the server's is taken over after it.
    """

    id: str
    rows: dict[UUID, Row] = field(default_factory=dict)
    log: list[Change] = field(default_factory=list)
    keys: dict[str, Kept] = field(default_factory=dict)
    batch: int | None = None
    undoes: int | None = None
    now: datetime = _NEVER
    origin: str = ""
    at: datetime | None = None
    settled: int = 0
    calendar: dict[str, Any] = field(default_factory=dict)
    """What is told of the address of the calendar, where there is one: the last of `addresses`."""
    addresses: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=lambda: dict(UNSET))
    has_settings: bool = False

    @property
    def number(self) -> int:
        """The number of the newest change, which is never pruned."""
        return self.log[-1].number if self.log else 0

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Give all rows of a noun, also those in the trash."""
        return [row for row in self.rows.values() if isinstance(row, kind)]

    def live_of(self, kind: type[Kind]) -> list[Kind]:
        return [row for row in self.of(kind) if row.is_live]

    @property
    def tasks(self) -> dict[UUID, Task]:
        return {row.id: row for row in self.of(Task)}

    def live(self) -> list[Task]:
        return self.live_of(Task)

    def trash(self) -> list[Task]:
        return [task for task in self.of(Task) if not task.is_live]

    def is_live(self, row_id: UUID | None, kind: type[Row]) -> bool:
        row = None if row_id is None else self.rows.get(row_id)
        return isinstance(row, kind) and row.is_live

    def find(self, task_id: UUID) -> Task:
        """Give a live task; a RefusedError where there is none."""
        task = self.rows.get(task_id)
        if not isinstance(task, Task) or not task.is_live:
            refuse(NOT_FOUND)
        return task

    def find_trashed(self, task_id: UUID) -> Task:
        """The same of the trash."""
        task = self.rows.get(task_id)
        if not isinstance(task, Task) or task.is_live:
            refuse(NOT_FOUND)
        return task

    def tag(self, name: str) -> Tag | None:
        """Give the live tag of a name, in whichever case."""
        wanted = same_name(name)
        return next((tag for tag in self.live_of(Tag) if same_name(tag.name) == wanted), None)

    def add(self, row: Kind) -> Kind:
        self.add_several([row])
        return row

    def add_several(self, rows: Sequence[Row]) -> None:
        """Add several in one statement."""
        for row in rows:
            if isinstance(row, Task):
                row.derive()
        self.rows.update((row.id, row) for row in rows)
        entries = [(row, self.at or row.updated_at) for row in rows]
        for row in rows:
            rules.after_insert(self, row)
        for row, at in entries:
            self._write(row, at, "created", None)

    def change(self, row: Kind, values: dict[str, Any]) -> Kind:
        """Change a row, if it would be another one then; that is all that moves its version."""
        self.change_several([(row, values)])
        return row

    def change_several(self, wanted: Sequence[tuple[Row, dict[str, Any]]]) -> None:
        """Change several in one statement."""
        several = [(row, values, rules.later(row, self.now)) for row, values in wanted]
        self.change_several_by_rule(several)

    def change_by_rule(self, row: Row, values: dict[str, Any], updated_at: datetime) -> None:
        self.change_several_by_rule([(row, values, updated_at)])

    def change_several_by_rule(
        self, wanted: Sequence[tuple[Row, dict[str, Any], datetime]]
    ) -> None:
        changed = [(each[0], _set(*each)) for each in wanted]
        entries = [
            (row, self.at or row.updated_at, _kind(row, before), _logged(row, before))
            for row, before in changed
            if before
        ]
        for row, before in changed:
            if before:
                rules.after_update(self, row, before)
        for entry in entries:
            self._write(*entry)

    def purge(self, task: Task) -> None:
        """Remove a task for good: the log keeps that it was, and none of its values."""
        del self.rows[task.id]
        for part in self.of(Task):
            if part.parent_id == task.id:
                self.purge(part)
        rules.after_delete(self, task)
        for change in self.log:
            if change.row_id == task.id:
                change.before = None
        self._write(task, self.at, "purged", None)

    def kept(self, key: str | None, now: datetime) -> Kept | None:
        """Give what was answered under a key that has not come to its end."""
        kept = None if key is None else self.keys.get(key)
        return kept if kept is not None and kept.at > now - KEPT else None

    def _write(
        self, row: Row, at: datetime | None, kind: str, before: dict[str, Any] | None
    ) -> None:
        number = self.number + 1
        change = Change(number, at, kind, row.noun, row.id, before, self.origin)
        change.batch, change.undoes = self.batch, self.undoes
        self.log.append(change)


def _set(row: Row, values: dict[str, Any], updated_at: datetime) -> dict[str, Any]:
    """Change a row; gives what was before of that which is another thing now."""
    before = {name: getattr(row, name) for name in values if getattr(row, name) != values[name]}
    if not before:
        return before
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    row.updated_at = updated_at
    if isinstance(row, Task):
        row.derive()
    if isinstance(row, Task) and row.completed != (row.completed_at is not None):
        before.setdefault("completed_at", row.completed_at)
        row.completed_at = updated_at if row.completed else None
    return before


def _kind(row: Row, before: dict[str, Any]) -> str:
    if "deleted_at" not in before:
        return "updated"
    return "restored" if row.is_live else "deleted"


def _logged(row: Row, before: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in before.items() if row.is_logged(name)}
