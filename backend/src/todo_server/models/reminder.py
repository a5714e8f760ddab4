"""An instant at which a user is to be reminded of a task: the table."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.models.fields import instant_field, text_field


class Reminder(SQLModel, table=True):
    """One instant of one task.

    The database keeps them as the task has it; one that has fired stays, so that the same instant
    never fires twice.
    """

    __tablename__ = "reminder"

    user_id: str = text_field(primary_key=True)
    task_id: UUID = Column(primary_key=True)
    remind_at: datetime = instant_field(primary_key=True)
    fired_at: datetime | None = instant_field(nullable=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "task_id"], ["task.user_id", "task.id"], ondelete="CASCADE"
        ),
        Index(
            "reminder_user_id_remind_at_index",
            "user_id",
            "remind_at",
            postgresql_where=text("fired_at IS NULL"),
        ),
    )
