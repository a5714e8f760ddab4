"""What is to be sent to a user's own places, and what became of it: the table and its shape."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Identity, Index, text
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.models.fields import Instant, instant_field, text_field

STATUSES = ("waiting", "sending", "delivered", "failed")
CHANNELS = ("webhook", "mail")
EVENTS = ("reminder", "changes", "test")


class Delivery(SQLModel, table=True):
    """One message to one place: an outbox, and the memory of what was sent from it."""

    __tablename__ = "delivery"

    user_id: str = text_field(primary_key=True)
    # The `webhook-id` of the message, the same with every attempt.
    id: UUID = Column(
        primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )
    # In which order: 0 is before all. Of no meaning besides, as all users share the count.
    place: int = Column(sa_type=BigInteger, sa_column_args=[Identity()])
    channel: str = text_field()
    webhook_id: UUID | None = None
    event: str = text_field()
    notification_id: UUID | None = None
    # The changes after one number, and up to another one.
    since: int | None = Column(sa_type=BigInteger, nullable=True)
    until: int | None = Column(sa_type=BigInteger, nullable=True)
    status: str = text_field(sa_column_kwargs={"server_default": text("'waiting'")})
    attempts: int = Column(sa_column_kwargs={"server_default": text("0")})
    answered: int | None = None
    error: str | None = text_field(nullable=True)
    created_at: datetime = instant_field()
    # When it is attempted, or, while it is sent, is taken for lost; null when it is done with.
    next_at: datetime | None = instant_field(nullable=True)
    finished_at: datetime | None = instant_field(nullable=True)

    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="status_known"),
        CheckConstraint(f"event IN {EVENTS}", name="event_known"),
        CheckConstraint(
            f"channel IN {CHANNELS} AND (channel = 'webhook') = (webhook_id IS NOT NULL)",
            name="channel_known",
        ),
        ForeignKeyConstraint(
            ["user_id", "webhook_id"], ["webhook.user_id", "webhook.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["user_id", "notification_id"],
            ["notification.user_id", "notification.id"],
            ondelete="CASCADE",
        ),
        Index("delivery_user_id_webhook_id_place_index", "user_id", "webhook_id", "place"),
        Index(
            "delivery_user_id_channel_webhook_id_place_index",
            *("user_id", "channel", "webhook_id", "place"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
        # One batch of changes at a time.
        Index(
            "delivery_user_id_webhook_id_index",
            *("user_id", "webhook_id"),
            unique=True,
            postgresql_where=text("event = 'changes' AND next_at IS NOT NULL"),
        ),
        Index(
            "delivery_user_id_notification_id_index",
            *("user_id", "notification_id"),
            postgresql_where=text("notification_id IS NOT NULL"),
        ),
    )


class DeliveryRead(SQLModel):
    """A delivery as operations answer it."""

    id: Annotated[UUID, Field(description="The header `webhook-id`, the same in every attempt.")]
    event: Annotated[
        Literal["reminder", "changes", "test"], Field(description="What it tells: its `type`.")
    ]
    status: Annotated[
        Literal["waiting", "sending", "delivered", "failed"],
        Field(description="`waiting` for its turn or the next attempt; `failed` is for good."),
    ]
    attempts: Annotated[int, Field(description="How often it was begun to be sent.", ge=0)]
    answered: Annotated[
        int | None, Field(description="The status that was answered last.", examples=[204])
    ]
    error: Annotated[
        str | None,
        Field(description="What was wrong the last time.", examples=["It answered 500, not 2xx."]),
    ]
    created_at: Annotated[Instant, Field(description="When it came to be.")]
    next_at: Annotated[
        Instant | None, Field(description="When it is attempted next; `null` when it is done with.")
    ]
    finished_at: Annotated[Instant | None, Field(description="When it was delivered, or given up.")]
