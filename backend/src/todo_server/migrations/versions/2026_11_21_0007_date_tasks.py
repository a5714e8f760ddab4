"""Give tasks dates, a time zone, a rule and reminders; keep what users have set."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from todo_server.migrations.instants import CREATE_INSTANT_OF

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BEFORE = (
    "completed = (completed_at IS NOT NULL)"
    " AND priority IN ('none', 'low', 'medium', 'high', 'urgent')"
    " AND cardinality(tags) <= 20"
    " AND char_length(coalesce(category, ' ')) BETWEEN 1 AND 50"
)
_DATE = r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ?)?$"
_VALID = (
    f"{_BEFORE} AND start_date ~ '{_DATE}' AND due_date ~ '{_DATE}'"
    " AND recurrence_basis IN ('due', 'completed') AND jsonb_typeof(reminders) = 'array'"
)


def upgrade() -> None:
    op.execute(CREATE_INSTANT_OF)
    op.create_table(
        "settings",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default=sa.text("'UTC'"), nullable=False),
        sa.Column("week_start", sa.Text(), server_default=sa.text("'monday'"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("settings_pkey")),
        sa.CheckConstraint(
            "char_length(user_id) BETWEEN 1 AND 255", name=op.f("settings_user_id_length")
        ),
        sa.CheckConstraint(
            "char_length(time_zone) BETWEEN 1 AND 64"
            " AND week_start IN ('monday', 'sunday', 'saturday')",
            name=op.f("settings_members_valid"),
        ),
    )
    added: tuple[sa.Column[Any], ...] = (
        sa.Column("start_date", sa.Text(), nullable=True),
        sa.Column("due_date", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recurrence", sa.Text(), nullable=True),
        sa.Column("recurrence_basis", sa.Text(), server_default=sa.text("'due'"), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("occurrence", sa.Integer(), nullable=True),
        sa.Column("occurs_on", sa.Text(), nullable=True),
        sa.Column("rule_start", sa.Text(), nullable=True),
        sa.Column("rule_first", sa.Integer(), nullable=True),
        sa.Column("reminders", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
    )
    for column in added:
        op.add_column("task", column)
    _require(_VALID)
    op.create_index(
        "task_user_id_completed_due_at_id_index",
        "task",
        ["user_id", "completed", "due_at", "id"],
        postgresql_where=sa.text("live IS NOT NULL AND due_at IS NOT NULL"),
    )
    op.create_index(
        "task_user_id_series_id_occurrence_index",
        "task",
        ["user_id", "series_id", "occurrence"],
        unique=True,
        postgresql_where=sa.text("live IS NOT NULL AND series_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("task_user_id_series_id_occurrence_index", "task")
    op.drop_index("task_user_id_completed_due_at_id_index", "task")
    _require(_BEFORE)
    for column in (
        *("reminders", "rule_first", "rule_start", "occurs_on", "occurrence", "series_id"),
        *("recurrence_basis", "recurrence", "due_at", "time_zone", "due_date", "start_date"),
    ):
        op.drop_column("task", column)
    op.drop_table("settings")
    op.execute("DROP FUNCTION instant_of(text, text, boolean)")


def _require(condition: str) -> None:
    op.drop_constraint(op.f("task_members_valid"), "task")
    op.create_check_constraint(op.f("task_members_valid"), "task", condition)
