"""Whose reminders or deliveries are due next: the table."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from todo_server.models.fields import instant_field, text_field


class Dispatch(SQLModel, table=True):
    """When the next errand of a kind is to be run for a user.

    It belongs to nobody, so that a dispatcher finds whose turn it is, and nothing else of theirs;
    what is theirs, it reaches as that user alone. The database adds them (`migrations/waking.py`).
    """

    __tablename__ = "dispatch"

    owner_id: str = text_field(primary_key=True)
    errand: str = text_field(primary_key=True)
    due_at: datetime = instant_field()

    __table_args__ = (Index("dispatch_errand_due_at_index", "errand", "due_at"),)
