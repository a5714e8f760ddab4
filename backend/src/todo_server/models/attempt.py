"""How often something was tried: the table."""

from datetime import datetime

from sqlmodel import SQLModel

from todo_server.models.fields import instant_field, text_field


class Attempt(SQLModel, table=True):
    """How often something was tried that is limited, under a key that names nobody in clear."""

    __tablename__ = "attempt"

    key: str = text_field(primary_key=True)
    count: int
    expires_at: datetime = instant_field()
