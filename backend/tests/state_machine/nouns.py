"""The rows of the model: tasks, projects, tags and saved filters, live or in the trash."""

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.state_machine.answers import Answer, instant

INTERNAL = ("occurrence", "occurs_on", "rule_start", "rule_first")
"""Members of a task that are logged, and in no answer."""

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
    derived = ("subtasks_total", "subtasks_completed", "due_at")
    now: ClassVar[datetime]
    """When the last request was made."""
    zones: ClassVar[dict[str, str]] = {}
    """What people have set, by their ids."""

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
    start_date: str | None = None
    due_date: str | None = None
    time_zone: str | None = None
    due_at: datetime | None = None
    recurrence: str | None = None
    recurrence_basis: str = "due"
    series_id: UUID | None = None
    occurrence: int | None = None
    occurs_on: str | None = None
    rule_start: str | None = None
    rule_first: int | None = None
    reminders: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_overdue(self) -> bool:
        return not self.completed and self.due_at is not None and self.due_at < self.now

    @property
    def etag(self) -> str:
        return f'"{self.version}-overdue"' if self.is_overdue else super().etag

    def derive(self) -> None:
        """Make what follows from its dates, as the database does."""
        self.due_at = self.due_date and instant_of(  # type: ignore[assignment]
            self.due_date, self.time_zone or self.zones.get(self.user_id, "UTC")
        )

    def shown(self) -> dict[str, Any]:
        """As the API answers it."""
        subtasks = {"total": self.subtasks_total, "completed": self.subtasks_completed}
        status = "completed" if self.completed else "pending"
        own = {name: its for name, its in super().shown().items() if name not in INTERNAL}
        dates = {"due_at": shown(self.due_at), "overdue": self.is_overdue}
        rule = {"recurrence_pattern": "none", "is_recurring": False, "remind_at": None}
        return own | dates | rule | {"subtasks": subtasks, "status": status}


def instant_of(date: str, zone: str) -> datetime:
    """Tell when a date is over, or a time has come; in zones whose clocks do not change."""
    moment = datetime.fromisoformat(date)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    day = timedelta(days=1, microseconds=-1) if len(date) == len("2026-11-30") else timedelta()
    return moment.astimezone(UTC) + day


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
