"""The rows of the model: tasks, projects, tags and saved filters, live or in the trash."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from tests.state_machine.answers import Answer, instant

_NOT_LOGGED = ("user_id", "id", "version", "created_at", "updated_at")


@dataclass(kw_only=True)
class Row:
    """What all nouns have."""

    noun: ClassVar[str]
    derived: ClassVar[tuple[str, ...]] = ()
    """What the database counts: of no row's own changes one."""

    user_id: str
    id: UUID
    created_at: datetime
    updated_at: datetime
    position: str = ""
    version: int = 1
    deleted_at: datetime | None = None

    @property
    def etag(self) -> str:
        return f'"{self.version}"'

    @property
    def is_live(self) -> bool:
        return self.deleted_at is None

    def is_logged(self, name: str) -> bool:
        """Tell whether the log keeps what a member was."""
        return name not in _NOT_LOGGED and name not in self.derived

    def answer(self, status: int = 200, **headers: str | None) -> Answer:
        """As an operation answers it."""
        return Answer(status, self.shown(), {"etag": self.etag, **headers})

    def shown(self) -> dict[str, Any]:
        """As the API answers it."""
        return {
            name: shown(value)
            for name, value in vars(self).items()
            if name not in self.derived and name != "deleted_at"
        }


def shown(value: Any) -> Any:
    """Write a value as JSON has it."""
    if isinstance(value, datetime):
        return instant(value)
    return str(value) if isinstance(value, UUID) else value


@dataclass(kw_only=True)
class Task(Row):
    """A task."""

    noun = "task"
    derived = ("subtasks_total", "subtasks_completed")

    title: str
    description: str | None = None
    completed: bool = False
    completed_at: datetime | None = None
    priority: str = "medium"
    tags: list[str] = field(default_factory=list)
    category: str | None = None
    project_id: UUID | None = None
    parent_id: UUID | None = None
    subtasks_total: int = 0
    subtasks_completed: int = 0

    def shown(self) -> dict[str, Any]:
        """As the API answers it."""
        subtasks = {"total": self.subtasks_total, "completed": self.subtasks_completed}
        status = "completed" if self.completed else "pending"
        return super().shown() | {"subtasks": subtasks, "status": status}


@dataclass(kw_only=True)
class Project(Row):
    """A project."""

    noun = "project"

    name: str
    color: str | None = None
    archived: bool = False


@dataclass(kw_only=True)
class Tag(Row):
    """A tag; its id is its own once the server has told it."""

    noun = "tag"

    name: str
    color: str | None = None


@dataclass(kw_only=True)
class SavedFilter(Row):
    """A saved filter."""

    noun = "filter"

    name: str
    query: dict[str, str]


NOUNS: tuple[type[Row], ...] = (Task, Project, Tag, SavedFilter)


def same_name(name: str) -> str:
    """Write the name of a tag as all spellings of it are."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
