"""A notification: its table, and the shapes in which clients read it and mark it as read."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.models.fields import (
    ABSENT,
    Instant,
    StrictShape,
    instant_field,
    row_id,
    text_field,
)

KINDS = ("reminder", "webhook_disabled")


class Notification(SQLModel, table=True):
    """One thing that a user is told."""

    __tablename__ = "notification"

    user_id: str = text_field(primary_key=True)
    id: UUID = Column(primary_key=True)
    kind: str = text_field()
    task_id: UUID | None = None
    # As it was when this came: what became of the task later, the task says.
    title: str = text_field()
    due_date: str | None = text_field(nullable=True)
    remind_at: datetime | None = instant_field(nullable=True)
    details: dict[str, Any] | None = Column(sa_type=JSONB, nullable=True)
    created_at: datetime = instant_field()
    read_at: datetime | None = instant_field(nullable=True)

    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        ForeignKeyConstraint(
            ["user_id", "task_id"], ["task.user_id", "task.id"], ondelete="CASCADE"
        ),
        Index(
            "notification_user_id_task_id_index",
            "user_id",
            "task_id",
            postgresql_where=text("task_id IS NOT NULL"),
        ),
        Index(
            "notification_user_id_id_index",
            "user_id",
            "id",
            postgresql_where=text("read_at IS NULL"),
        ),
    )


class NotificationRead(SQLModel):
    """A notification as operations answer it."""

    id: Annotated[UUID, Field(description="UUID version 7: by when it came.")]
    user_id: Annotated[str, Field(description="The owner's id.")]
    kind: Annotated[
        Literal["reminder", "webhook_disabled"],
        Field(description="What it is about; more kinds may come."),
    ]
    task_id: Annotated[
        UUID | None, Field(description="The task that it is about, also in the trash; or `null`.")
    ]
    title: Annotated[
        str, Field(description="The task's title, as it was when this came.", examples=["Buy milk"])
    ]
    due_date: Annotated[
        str | None, Field(description="The task's due date, as it was.", examples=["2026-11-30"])
    ]
    remind_at: Annotated[
        Instant | None, Field(description="For when the reminder was set.", examples=[None])
    ]
    details: Annotated[
        dict[str, Any] | None, Field(description="More, by `kind`; `null` of a reminder.")
    ]
    created_at: Annotated[Instant, Field(description="When it came.")]
    read_at: Annotated[
        Instant | None, Field(description="When it was marked as read; `null` while it is not.")
    ]


class NotificationUpdate(StrictShape):
    """What can be changed of a notification."""

    read: Annotated[bool, Field(description="Whether it has been read.", examples=[True])]


def _ids(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return [row_id(each) for each in value] if isinstance(value, list) else value


MAX_IDS = 100


class NotificationsRead(StrictShape):
    """Which notifications have been read: these, or one and all older ones; without both, all."""

    ids: Annotated[
        list[UUID],
        BeforeValidator(_ids),
        Field(max_length=MAX_IDS, description="These; ids of none are passed over."),
    ] = ABSENT
    up_to: Annotated[
        UUID,
        BeforeValidator(row_id),
        Field(description="This one and all that came before it: the newest that was shown."),
    ] = ABSENT

    @model_validator(mode="after")
    def _one_of_them(self) -> "NotificationsRead":
        if {"ids", "up_to"} <= self.model_fields_set:
            raise PydanticCustomError("exclusive", "Send 'ids' or 'up_to', not both")
        return self


class NotificationCounts(BaseModel):
    """What marking as read has done."""

    marked: Annotated[int, Field(description="How many were unread and are read now.", ge=0)]
    unread: Annotated[int, Field(description="How many are unread still.", ge=0)]
