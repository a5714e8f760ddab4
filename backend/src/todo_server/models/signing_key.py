"""A key that signs access tokens: the table."""

from datetime import datetime

from sqlmodel import SQLModel

from todo_server.models.fields import instant_field, text_field


class SigningKey(SQLModel, table=True):
    """A key that signs access tokens. It belongs to no user, and has no owner view."""

    __tablename__ = "signing_key"

    id: str = text_field(primary_key=True)
    private_jwk: str = text_field()
    created_at: datetime = instant_field()
    rotated_at: datetime | None = instant_field(nullable=True)
