"""Create the table task."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("completed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "char_length(user_id) BETWEEN 1 AND 255", name=op.f("task_user_id_length")
        ),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 500", name=op.f("task_title_length")),
        sa.CheckConstraint(
            "char_length(description) BETWEEN 1 AND 5000", name=op.f("task_description_length")
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("task_pkey")),
    )
    op.create_index("task_user_id_completed_id_index", "task", ["user_id", "completed", "id"])
    op.create_index("task_user_id_updated_at_id_index", "task", ["user_id", "updated_at", "id"])
    op.create_index(
        "task_user_id_title_id_index",
        "task",
        ["user_id", sa.text('"left"(lower(title), 200)'), "id"],
    )


def downgrade() -> None:
    op.drop_table("task")
