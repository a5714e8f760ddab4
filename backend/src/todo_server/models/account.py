"""Accounts of the server's own: the tables, and the shapes in which clients write and read them."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.domain.text import VISIBLE_PATTERN, has_nul, is_blank
from todo_server.models.fields import (
    instant_field,
    text_field,
    user_id_check,
    without_defaults,
)

PASSWORD_MAX_LENGTH = 1024
PASSWORD_MIN_LENGTH = 8
"""In the contract; the setting may ask for more."""


class Account(SQLModel, table=True):
    """A person who signs in here, under an address written in one way only."""

    __tablename__ = "account"

    user_id: str = text_field(primary_key=True)
    email: str = text_field()
    name: str = text_field()
    password_hash: str = text_field()
    created_at: datetime = instant_field()

    # The pair is what an address refers to, and follows.
    __table_args__ = (user_id_check(), UniqueConstraint("user_id", "email"))


class Address(SQLModel, table=True):
    """By which address an account is found, before anybody is signed in: one address, one account.

    The one table in which all users are looked up. It has no facts of its own: an address changes
    and ends with its account, as the database sees to.
    """

    __tablename__ = "address"

    email: str = text_field(primary_key=True)
    account_id: str = text_field()

    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "email"],
            ["account.user_id", "account.email"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        Index("address_account_id_index", "account_id"),
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


class SigningKey(SQLModel, table=True):
    """A key that signs access tokens. It belongs to no user, and has no owner view."""

    __tablename__ = "signing_key"

    id: str = text_field(primary_key=True)
    private_jwk: str = text_field()
    created_at: datetime = instant_field()
    rotated_at: datetime | None = instant_field(nullable=True)


class Attempt(SQLModel, table=True):
    """How often something was tried that is limited, under a key that names nobody in clear."""

    __tablename__ = "attempt"

    key: str = text_field(primary_key=True)
    count: int
    expires_at: datetime = instant_field()


def _address(value: str) -> str:
    """Write an address in one way: two that people take for the same are the same."""
    value = unicodedata.normalize("NFKC", value).strip().lower()
    # First what bounds its length, which has grown: there are ligatures of eighteen letters.
    if not re.fullmatch(r"[^\s@]{1,64}@[^\s@]{1,253}", value) or any(map(is_blank, value)):
        raise PydanticCustomError("email", "Use an address like name@example.com")
    return value


def _name(value: str) -> str:
    if is_blank(value) or has_nul(value):
        raise PydanticCustomError("blank", "A name needs at least one visible character")
    return value


def _password(value: str) -> str:
    # The same keys on another keyboard give another form of the same characters.
    return unicodedata.normalize("NFKC", value)


Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=254),
    AfterValidator(_address),
    Field(
        description="The email address; upper and lower case are the same.",
        examples=["ada@example.com"],
        json_schema_extra={"format": "email"},
    ),
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_name),
    Field(
        description="What to call the person: at least one visible character.",
        examples=["Ada"],
        json_schema_extra={"pattern": VISIBLE_PATTERN},
    ),
]
Password = Annotated[
    str,
    StringConstraints(min_length=1, max_length=PASSWORD_MAX_LENGTH),
    AfterValidator(_password),
    Field(
        description="The password of the account.",
        examples=["correct horse battery"],
        json_schema_extra={"format": "password"},
    ),
]
NewPassword = Annotated[
    Password,
    Field(
        description="At least 8 characters (a server may ask for more), of any script, and not a "
        "common password.",
        # For the contract alone: here, the setting decides.
        json_schema_extra={"format": "password", "minLength": PASSWORD_MIN_LENGTH},
    ),
]
RefreshTokenText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Field(description="As the last answer had it; each can be used once."),
]


# Absent members are told from null, which is refused, by their being None.
_ABSENT: Any = Field(default=None)


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=without_defaults)


class SignUp(_Input):
    """A new account."""

    email: Email
    name: Name
    password: NewPassword


class SignIn(_Input):
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
    ] = _ABSENT


class Refresh(_Input):
    """A refresh token to exchange."""

    refresh_token: RefreshTokenText


class SignOut(_Input):
    """Which sessions to end."""

    everywhere: Annotated[
        bool,
        Field(description="`true` ends all sessions of the account, `false` (or absent) this one."),
    ] = False


class AccountUpdate(_Input):
    """A change to the account; absent members stay as they are."""

    current_password: Password
    email: Email = _ABSENT
    name: Name = _ABSENT
    password: NewPassword = _ABSENT


class AccountDelete(_Input):
    """The consent of the account's owner."""

    current_password: Password


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# With six digits of a second, always; pydantic's own form has none where they are zeros.
Instant = Annotated[
    datetime,
    PlainSerializer(_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class AccountRead(BaseModel):
    """An account as it is shown to its owner."""

    id: Annotated[str, Field(description="The user's id, in paths and as a task's `user_id`.")]
    email: Annotated[str, Field(description="The email address, in lower case.")]
    name: Annotated[str, Field(description="What to call the person.")]
    created_at: Annotated[Instant, Field(description="When the account was made.")]


AccessToken = Annotated[str, Field(description="For the header `Authorization: Bearer …`.")]
TokenType = Annotated[Literal["bearer"], Field(description="How to send it (RFC 6750).")]
ExpiresIn = Annotated[int, Field(description="Seconds until the access token expires.")]
NextRefreshToken = Annotated[str, Field(description="Exchange it for the next pair, once.")]


def _always_there(schema: dict[str, Any]) -> None:
    """Document a member with a default as what it is in an answer: there."""
    without_defaults(schema)
    schema["required"] = list(schema["properties"])


class Tokens(BaseModel):
    """What signing in gives."""

    model_config = ConfigDict(json_schema_extra=_always_there)

    access_token: AccessToken
    token_type: TokenType = "bearer"  # noqa: S105 - what OAuth2 calls it
    expires_in: ExpiresIn
    refresh_token: NextRefreshToken
    user_id: Annotated[str, Field(description="The same as `user.id`.")]
    user_name: Annotated[str, Field(description="The same as `user.name`.")]
    user: AccountRead


def _absent_not_null(schema: dict[str, Any]) -> None:
    """Document members that are left out of an answer where there is nothing to say."""
    without_defaults(schema)
    for member in schema["properties"].values():
        member.update(member.pop("anyOf", [{}])[0])


class AccountChanged(AccountRead):
    """The account as it is now, and the tokens of a new session where the password was changed."""

    model_config = ConfigDict(json_schema_extra=_absent_not_null)

    access_token: AccessToken | None = None
    token_type: TokenType | None = None
    expires_in: ExpiresIn | None = None
    refresh_token: NextRefreshToken | None = None


class SessionRead(BaseModel):
    """Who is asking, and since when."""

    id: Annotated[UUID, Field(description="The session's id; refreshing keeps it.")]
    created_at: Annotated[Instant, Field(description="When its user signed in.")]
    expires_at: Annotated[
        Instant, Field(description="When it ends, unless its tokens are refreshed before.")
    ]
    user: AccountRead
