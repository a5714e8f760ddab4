"""Keep webhooks and what is to be delivered to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("webhook_pkey")),
        sa.CheckConstraint(
            "char_length(user_id) BETWEEN 1 AND 255", name=op.f("webhook_user_id_length")
        ),
        sa.CheckConstraint(
            "cardinality(events) BETWEEN 1 AND 2 AND events <@ ARRAY['reminders', 'changes']",
            name=op.f("webhook_events_known"),
        ),
        sa.CheckConstraint("char_length(url) BETWEEN 1 AND 2000", name=op.f("webhook_url_length")),
    )
    op.create_table(
        "delivery",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("place", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("delivery_pkey")),
        sa.CheckConstraint(
            "status IN ('waiting', 'sending', 'delivered', 'failed')",
            name=op.f("delivery_status_known"),
        ),
        sa.CheckConstraint(
            "event IN ('reminder', 'changes', 'test')", name=op.f("delivery_event_known")
        ),
        sa.CheckConstraint(
            "channel IN ('webhook', 'mail') AND (channel = 'webhook') = (webhook_id IS NOT NULL)",
            name=op.f("delivery_channel_known"),
        ),
        _belonging_to("webhook"),
        _belonging_to("notification"),
    )
    op.create_index(
        "delivery_user_id_webhook_id_place_index", "delivery", ["user_id", "webhook_id", "place"]
    )
    op.create_index(
        "delivery_user_id_channel_webhook_id_place_index",
        "delivery",
        ["user_id", "channel", "webhook_id", "place"],
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        "delivery_user_id_webhook_id_index",
        "delivery",
        ["user_id", "webhook_id"],
        unique=True,
        postgresql_where=sa.text("event = 'changes' AND next_at IS NOT NULL"),
    )
    op.create_index(
        "delivery_user_id_notification_id_index",
        "delivery",
        ["user_id", "notification_id"],
        postgresql_where=sa.text("notification_id IS NOT NULL"),
    )
    op.add_column("change", sa.Column("followed", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("change", "followed")
    op.drop_table("delivery")
    op.drop_table("webhook")


def _belonging_to(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id", f"{table}_id"],
        [f"{table}.user_id", f"{table}.id"],
        name=op.f(f"delivery_user_id_{table}_id_fkey"),
        ondelete="CASCADE",
    )
