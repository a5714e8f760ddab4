"""An account of the server's own: the table, and the shapes in which clients write and read it."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError
from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from todo_server.domain.text import VISIBLE_PATTERN, is_blank
from todo_server.models.fields import (
    ABSENT,
    Instant,
    StrictShape,
    instant_field,
    text_field,
    user_id_check,
    visible,
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


def _address(value: str) -> str:
    """Write an address in one way: two that people take for the same are the same."""
    value = unicodedata.normalize("NFKC", value).strip().lower()
    # First what bounds its length, which has grown: there are ligatures of eighteen letters.
    if not re.fullmatch(r"[^\s@]{1,64}@[^\s@]{1,253}", value) or any(map(is_blank, value)):
        raise PydanticCustomError("email", "Use an address like name@example.com")
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
    visible("A name"),
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


class SignUp(StrictShape):
    """A new account."""

    email: Email
    name: Name
    password: NewPassword


class AccountUpdate(StrictShape):
    """A change to the account; absent members stay as they are."""

    current_password: Password
    email: Email = ABSENT
    name: Name = ABSENT
    password: NewPassword = ABSENT


class AccountDelete(StrictShape):
    """The consent of the account's owner."""

    current_password: Password


class AccountRead(BaseModel):
    """An account as it is shown to its owner."""

    id: Annotated[str, Field(description="The user's id, in paths and as a task's `user_id`.")]
    email: Annotated[str, Field(description="The email address, in lower case.")]
    name: Annotated[str, Field(description="What to call the person.")]
    created_at: Annotated[Instant, Field(description="When the account was made.")]
