"""A webhook: its table, and the shapes in which clients write and read it."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError
from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Text
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.domain.webhook_url import MAX_URL, canonical_url
from todo_server.models.change import Changes
from todo_server.models.fields import (
    ABSENT,
    Instant,
    instant_field,
    text_field,
    user_id_check,
    without_nul,
)
from todo_server.models.notification import NotificationRead
from todo_server.models.noun_input import NounInput

MAX_WEBHOOKS = 10
"""Those that a user may have."""

REMINDERS, CHANGES = EVENTS = ("reminders", "changes")


class Webhook(SQLModel, table=True):
    """An address that one user wants to be told at, and the secret that signs what it is told."""

    __tablename__ = "webhook"

    user_id: str = text_field(primary_key=True)
    id: UUID = Column(primary_key=True)
    url: str = text_field()
    events: list[str] = Column(sa_type=ARRAY(Text))
    enabled: bool
    # Why it was disabled, in words, where it was not the user who did.
    error: str | None = text_field(nullable=True)
    # As they are, since they sign: what that means is in docs/security.md.
    secret: str = text_field()
    # Those before it, with a space between any two: who makes several in a day has one that signs.
    old_secret: str | None = text_field(nullable=True)
    old_secret_until: datetime | None = instant_field(nullable=True)
    # Up to which of the user's changes there are deliveries; null where it asks for none.
    number: int | None = Column(sa_type=BigInteger, nullable=True)
    created_at: datetime = instant_field()
    updated_at: datetime = instant_field()

    __table_args__ = (
        user_id_check(),
        CheckConstraint(
            "cardinality(events) BETWEEN 1 AND 2 AND events <@ ARRAY['reminders', 'changes']",
            name="events_known",
        ),
        CheckConstraint(f"char_length(url) BETWEEN 1 AND {MAX_URL}", name="url_length"),
    )


def _url(value: str) -> str:
    try:
        return canonical_url(
            without_nul(value), private_addresses=True
        )  # may they be? `services` knows
    except ValueError as error:
        raise PydanticCustomError("invalid_url", "{why}", {"why": str(error)}) from error


def _each_once(events: list[str]) -> list[str]:
    return [event for event in EVENTS if event in events]


Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_URL),
    AfterValidator(_url),
    Field(
        description="Where to: `https` or `http`, with no name and password in it, on port 80, 443 "
        "or from 1024 on. It is kept as browsers write it. It may not be an address of a private "
        "network, nor may its name lead to one, unless the server allows it.",
        examples=["https://example.com/hooks/todo"],
    ),
    WithJsonSchema({"type": "string", "format": "uri", "minLength": 1, "maxLength": MAX_URL}),
]
Event = Literal["reminders", "changes"]
Events = Annotated[
    list[Event],
    Field(
        min_length=1,
        description="What it is told of: `reminders` that fire, `changes` of what is the user's.",
        examples=[["reminders", "changes"]],
    ),
    AfterValidator(_each_once),
]


class WebhookInput(NounInput):
    """What writable shapes share: what is echoed is ignored."""

    read_only: ClassVar[tuple[str, ...]] = (
        "id",
        "user_id",
        "error",
        "created_at",
        "updated_at",
    )


class WebhookCreate(WebhookInput):
    """A new webhook."""

    url: Url
    events: Events = ["reminders"]  # noqa: RUF012 - pydantic copies it
    enabled: Annotated[bool, Field(description="Whether it is told anything; true if absent.")] = (
        True
    )


class WebhookUpdate(WebhookInput):
    """A change to a webhook: absent members stay as they are."""

    url: Url = ABSENT
    events: Events = ABSENT
    enabled: Annotated[
        bool,
        Field(description="`true` tries it again; `false` drops what waits to be sent."),
    ] = ABSENT


class WebhookRead(SQLModel):
    """A webhook as operations answer it."""

    id: Annotated[UUID, Field(description="UUID version 7, as with tasks.")]
    user_id: Annotated[str, Field(description="The owner's id.")]
    url: Annotated[str, Field(description="Where to.", examples=["https://example.com/hooks/todo"])]
    events: Annotated[
        list[Event], Field(description="What it is told of.", examples=[["reminders"]])
    ]
    enabled: Annotated[bool, Field(description="Whether it is told anything.")]
    error: Annotated[
        str | None,
        Field(
            description="Why the server has disabled it, if it has.",
            examples=["It answered 500, not 2xx."],
        ),
    ]
    created_at: Annotated[Instant, Field(description="When it was made.")]
    updated_at: Annotated[Instant, Field(description="When it last changed.")]


class WebhookMade(WebhookRead):
    """A webhook with its secret, which is answered this once."""

    secret: Annotated[
        str,
        Field(
            description="Verifies signatures, as Standard Webhooks has it: `whsec_` and base64. "
            "Keep it: it is answered this once.",
            examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
        ),
    ]


class ReminderMessage(BaseModel):
    """A reminder that has fired."""

    type: Literal["reminder"]
    timestamp: Annotated[Instant, Field(description="When it fired.")]
    data: Annotated[NotificationRead, Field(description="As notifications show it.")]


class ChangedSince(Changes):
    """What is different since a number, as `GET …/changes` answers it, and that number."""

    since: Annotated[
        int,
        Field(description="The `number` of the message before; else changes are missing.", ge=0),
    ]


class ChangesMessage(BaseModel):
    """Up to 100 changes."""

    type: Literal["changes"]
    timestamp: Annotated[Instant, Field(description="When the first attempt was due.")]
    data: Annotated[ChangedSince, Field(description="The rows, whole, as they are now.")]


class Tested(BaseModel):
    """Which webhook is tested."""

    webhook_id: Annotated[UUID, Field(description="Its id.")]


class TestMessage(BaseModel):
    """A test."""

    __test__ = False  # for pytest, which takes the name for one of its own

    type: Literal["test"]
    timestamp: Annotated[Instant, Field(description="When it was asked for.")]
    data: Annotated[Tested, Field(description="What is tested.")]
