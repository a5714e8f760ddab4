"""The log of changes: the table. The database writes it (`migrations/change_log.py`)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.models.fields import instant_field, text_field


class LoggedChange(SQLModel, table=True):
    """One change of one row: what was before, who asked for it, and what it undoes.

    A user's numbers go up by one with each change, in the order of commits: whoever has seen a
    number has seen, or can see, every change before it. The newest one is never pruned.
    """

    __tablename__ = "change"

    user_id: str = text_field(primary_key=True)
    number: int = Column(primary_key=True, sa_type=BigInteger)
    at: datetime = instant_field()
    kind: str = text_field()
    noun: str = text_field()
    row_id: UUID
    # The members that changed, as they were; null where there was nothing, or is nothing any more.
    before: dict[str, Any] | None = Column(sa_type=JSONB, nullable=True)
    # The request's id, a space, and the client by its own name.
    origin: str | None = text_field(nullable=True)
    # The number of the first change, of several that were made together.
    batch: int | None = Column(sa_type=BigInteger, nullable=True)
    undoes: int | None = Column(sa_type=BigInteger, nullable=True)

    __table_args__ = (Index("change_user_id_row_id_number_index", "user_id", "row_id", "number"),)
