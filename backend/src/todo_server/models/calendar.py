"""The address of a user's calendar: the table, and the shapes in which it is shown and made."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field, WithJsonSchema
from sqlalchemy import Date, LargeBinary
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.models.fields import Instant, instant_field, text_field, user_id_check
from todo_server.models.task.shapes import Progress, TaskRead


class CalendarAddress(SQLModel, table=True):
    """The one address at which a user's tasks can be read as a calendar, by its SHA-256."""

    __tablename__ = "calendar_address"

    user_id: str = text_field(primary_key=True)
    digest: bytes = Column(sa_type=LargeBinary)
    created_at: datetime = instant_field()
    # So that a day of reading costs one change.
    read_on: date | None = Column(sa_type=Date, nullable=True)

    __table_args__ = (user_id_check(),)


class CalendarTask(SQLModel):
    """What a calendar has of a task."""

    derived: ClassVar[dict[str, Any]] = {"subtasks": TaskRead.derived["subtasks"]}

    id: UUID
    title: str
    description: str | None
    completed: bool
    completed_at: datetime | None
    priority: str
    tags: list[str]
    category: str | None
    parent_id: UUID | None
    start_date: str | None
    due_date: str | None
    time_zone: str | None
    recurrence: str | None
    recurrence_basis: str
    rule_start: str | None
    occurs_on: str | None
    reminders: list[dict[str, Any]]
    subtasks: Progress
    created_at: datetime
    updated_at: datetime
    version: int


class CalendarRead(BaseModel):
    """Whether there is an address of the user's calendar."""

    active: Annotated[bool, Field(description="Whether the calendar can be read at an address.")]
    created_at: Annotated[
        Instant | None,
        WithJsonSchema({"type": ["string", "null"], "format": "date-time"}),
        Field(description="When the address was made; `null` where there is none."),
    ]
    read_on: Annotated[
        date | None,
        Field(description="The day, in UTC, on which it was last read there; `null` if never."),
    ]


class CalendarMade(CalendarRead):
    """The new address of a user's calendar, which is shown this once."""

    url: Annotated[
        str,
        Field(
            description="The address, by the host that was asked. Whoever knows it can read the "
            "tasks.",
            examples=["https://todo.example.com/api/calendar/YWRh.Nn5c1RkuT0y.ics"],
        ),
    ]
    path: Annotated[
        str,
        Field(
            description="The path in it, where a proxy has its own name for the host.",
            examples=["/api/calendar/YWRh.Nn5c1RkuT0y.ics"],
        ),
    ]
