"""Keep instants to remind of, notifications, and when something of a user's is due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "settings",
        sa.Column("email_reminders", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "reminder",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "task_id", "remind_at", name=op.f("reminder_pkey")),
        _of_task("reminder"),
    )
    op.create_index(
        "reminder_user_id_remind_at_index",
        "reminder",
        ["user_id", "remind_at"],
        postgresql_where=sa.text("fired_at IS NULL"),
    )
    op.create_table(
        "notification",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_date", sa.Text(), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("notification_pkey")),
        sa.CheckConstraint(
            "kind IN ('reminder', 'webhook_disabled')", name=op.f("notification_kind_known")
        ),
        _of_task("notification"),
    )
    for name, column, where in (
        ("task_id", "task_id", "task_id IS NOT NULL"),
        ("id", "id", "read_at IS NULL"),
    ):
        op.create_index(
            f"notification_user_id_{name}_index",
            "notification",
            ["user_id", column],
            postgresql_where=sa.text(where),
        )
    op.create_table(
        "dispatch",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("errand", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "errand", name=op.f("dispatch_pkey")),
    )
    op.create_index("dispatch_errand_due_at_index", "dispatch", ["errand", "due_at"])


def downgrade() -> None:
    for table in ("dispatch", "notification", "reminder"):
        op.drop_table(table)
    op.drop_column("settings", "email_reminders")


def _of_task(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id", "task_id"],
        ["task.user_id", "task.id"],
        name=op.f(f"{table}_user_id_task_id_fkey"),
        ondelete="CASCADE",
    )
