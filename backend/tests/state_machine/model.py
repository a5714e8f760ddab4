"""What the server should be: a person's tasks, their trash and their log, in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

_MICROSECOND = timedelta(microseconds=1)


class RefusedError(Exception):
    """A request that is to be refused; `current` is the task that another version was asked of."""

    def __init__(self, status: int, code: str, current: "Task | None" = None) -> None:
        self.status, self.code, self.current = status, code, current
        super().__init__(f"{status} {code}")


KEPT = timedelta(hours=24)
"""For how long a key stands for its first request."""

INVALID = RefusedError(422, "validation_failed")
NOT_FOUND = RefusedError(404, "task_not_found")


def refuse_if(refusal: RefusedError, condition: bool) -> None:
    if condition:
        raise refusal


@dataclass
class Answer:
    """What a request is answered: a status, a body, and headers, of which None is one that is not
    there."""

    status: int
    body: Any = None
    headers: dict[str, str | None] = field(default_factory=dict)


@dataclass
class Task:
    """A task, live or in the trash."""

    user_id: str
    id: UUID
    created_at: datetime
    updated_at: datetime
    title: str
    description: str | None = None
    completed: bool = False
    version: int = 1
    deleted_at: datetime | None = None

    @property
    def etag(self) -> str:
        return f'"{self.version}"'

    def answer(self, status: int = 200, **headers: str | None) -> Answer:
        """As an operation answers it."""
        return Answer(status, self.shown(), {"etag": self.etag, **headers})

    def shown(self) -> dict[str, Any]:
        """As the API answers it."""
        return {
            "id": str(self.id),
            "user_id": self.user_id,
            "title": self.title,
            "description": self.description,
            "completed": self.completed,
            "created_at": instant(self.created_at),
            "updated_at": instant(self.updated_at),
            "version": self.version,
        }


@dataclass
class Change:
    """A row of the log; `at` is None where the database's own clock says it."""

    number: int
    at: datetime | None
    kind: str
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
    """A user: what is theirs, and the log of it."""

    id: str
    tasks: dict[UUID, Task] = field(default_factory=dict)
    log: list[Change] = field(default_factory=list)
    keys: dict[str, Kept] = field(default_factory=dict)
    batch: int | None = None
    undoes: int | None = None

    @property
    def number(self) -> int:
        """The number of the newest change, which is never pruned."""
        return self.log[-1].number if self.log else 0

    def live(self) -> list[Task]:
        return [task for task in self.tasks.values() if task.deleted_at is None]

    def trash(self) -> list[Task]:
        return [task for task in self.tasks.values() if task.deleted_at is not None]

    def find(self, task_id: UUID) -> Task:
        """Give a live task; a RefusedError where there is none."""
        task = self.tasks.get(task_id)
        if task is None or task.deleted_at is not None:
            raise NOT_FOUND
        return task

    def find_trashed(self, task_id: UUID) -> Task:
        """The same of the trash."""
        task = self.tasks.get(task_id)
        if task is None or task.deleted_at is None:
            raise NOT_FOUND
        return task

    def create(self, task_id: UUID, now: datetime, origin: str, values: dict[str, Any]) -> Task:
        return self.add(Task(self.id, task_id, now, now, **values), now, origin)

    def add(self, task: Task, now: datetime, origin: str) -> Task:
        self.tasks[task.id] = task
        self._write(task, now, "created", None, origin)
        return task

    def change(self, task: Task, now: datetime, origin: str, values: dict[str, Any]) -> Task:
        """Change a task, if it would be another one then; that is all that moves its version."""
        before = {
            name: getattr(task, name)
            for name, value in values.items()
            if getattr(task, name) != value
        }
        if not before:
            return task
        for name, value in values.items():
            setattr(task, name, value)
        task.version += 1
        task.updated_at = max(now, task.updated_at + _MICROSECOND)
        kind = "updated"
        if "deleted_at" in before:
            kind = "restored" if task.deleted_at is None else "deleted"
        self._write(task, task.updated_at, kind, before, origin)
        return task

    def purge(self, task: Task, origin: str) -> None:
        """Remove a task for good: the log keeps that it was, and none of its values."""
        del self.tasks[task.id]
        for change in self.log:
            if change.row_id == task.id:
                change.before = None
        self._write(task, None, "purged", None, origin)

    def kept(self, key: str | None, now: datetime) -> Kept | None:
        """Give what was answered under a key that has not come to its end."""
        kept = None if key is None else self.keys.get(key)
        return kept if kept is not None and kept.at > now - KEPT else None

    def _write(
        self,
        task: Task,
        at: datetime | None,
        kind: str,
        before: dict[str, Any] | None,
        origin: str,
    ) -> None:
        number = self.number + 1
        self.log.append(Change(number, at, kind, task.id, before, origin, self.batch, self.undoes))


def instant(at: datetime) -> str:
    """Write an instant as the API does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
