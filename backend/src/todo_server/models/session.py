"""A session: the tables, and the shapes in which one is opened, prolonged, shown and ended."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.models.account import PASSWORD_MAX_LENGTH, AccountRead, Email, Password
from todo_server.models.fields import (
    ABSENT,
    Instant,
    StrictShape,
    instant_field,
    text_field,
    without_defaults,
)


class Session(SQLModel, table=True):
    """One sign-in, on one device; access ends with it."""

    __tablename__ = "session"

    user_id: str = text_field(primary_key=True)
    id: UUID = Column(primary_key=True)
    created_at: datetime = instant_field()
    expires_at: datetime = instant_field()

    __table_args__ = (ForeignKeyConstraint(["user_id"], ["account.user_id"], ondelete="CASCADE"),)


class RefreshToken(SQLModel, table=True):
    """A refresh token by its SHA-256; all of a session form a family, one of them unspent."""

    __tablename__ = "refresh_token"

    user_id: str = text_field(primary_key=True)
    digest: bytes = Column(primary_key=True, sa_type=LargeBinary)
    session_id: UUID
    created_at: datetime = instant_field()
    spent_at: datetime | None = instant_field(nullable=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "session_id"], ["session.user_id", "session.id"], ondelete="CASCADE"
        ),
        Index("refresh_token_user_id_session_id_index", "user_id", "session_id"),
    )


RefreshTokenText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Field(description="As the last answer had it; each can be used once."),
]


class SignIn(StrictShape):
    """What an account signs in with."""

    email: Email
    password: Password


class PasswordGrant(BaseModel):
    """OAuth2's form for signing in (RFC 6749, section 4.3); what else it has is ignored."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    username: Annotated[
        str,
        StringConstraints(max_length=254),
        Field(
            description="The email address.",
            examples=["ada@example.com"],
            json_schema_extra={"format": "email"},
        ),
    ]
    password: Annotated[
        str,
        StringConstraints(min_length=1, max_length=PASSWORD_MAX_LENGTH),
        Field(
            description="The password of the account.",
            examples=["correct horse battery"],
            json_schema_extra={"format": "password"},
        ),
    ]
    grant_type: Annotated[
        str,
        StringConstraints(pattern="^password$"),
        Field(description="`password`, if it is sent.", examples=["password"]),
    ] = ABSENT


class Refresh(StrictShape):
    """A refresh token to exchange."""

    refresh_token: RefreshTokenText


class SignOut(StrictShape):
    """Which sessions to end."""

    everywhere: Annotated[
        bool,
        Field(description="`true` ends all sessions of the account, `false` (or absent) this one."),
    ] = False


class SessionRead(BaseModel):
    """Who is asking, and since when."""

    id: Annotated[UUID, Field(description="The session's id; refreshing keeps it.")]
    created_at: Annotated[Instant, Field(description="When its user signed in.")]
    expires_at: Annotated[
        Instant, Field(description="When it ends, unless its tokens are refreshed before.")
    ]
    user: AccountRead
