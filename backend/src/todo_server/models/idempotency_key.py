"""A key under which a client may send a request again: the table."""

from datetime import datetime

from sqlalchemy import ARRAY, Index, LargeBinary
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.models.fields import instant_field, text_field


class IdempotencyKey(SQLModel, table=True):
    """What was asked for under a key, by its checksum, and what the database answered.

    It is written with the change itself, so that there is never one without the other.
    """

    __tablename__ = "idempotency_key"

    user_id: str = text_field(primary_key=True)
    key: str = text_field(primary_key=True)
    fingerprint: bytes = Column(sa_type=LargeBinary)
    result: list[bytes | None] = Column(sa_type=ARRAY(LargeBinary))
    created_at: datetime = instant_field()

    __table_args__ = (Index("idempotency_key_user_id_created_at_index", "user_id", "created_at"),)
