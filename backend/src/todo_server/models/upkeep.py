"""Whose rows are to be looked after next: the table."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from todo_server.models.fields import instant_field, text_field


class Upkeep(SQLModel, table=True):
    """When something of a user's may have become old enough to be purged.

    It belongs to nobody, so that the one who purges finds whose turn it is; what is theirs, they
    reach as that user alone. The database adds a user with their first change (`change_log.py`).
    """

    __tablename__ = "upkeep"

    owner_id: str = text_field(primary_key=True)
    due_at: datetime = instant_field()

    __table_args__ = (Index("upkeep_due_at_index", "due_at"),)
