"""Store what titles are sorted by, and index every sort by status."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Writes the table anew; requests wait meanwhile (docs/operations.md says how long).
    op.add_column(
        "task",
        sa.Column(
            "title_key",
            sa.Text(collation="C"),
            sa.Computed("left(lower(title), 200)", persisted=True),
            nullable=False,
        ),
    )
    op.drop_index("task_user_id_title_id_index", table_name="task")
    op.drop_index("task_user_id_updated_at_id_index", table_name="task")
    for key in ("updated_at", "title_key"):
        op.create_index(
            f"task_user_id_completed_{key}_id_index", "task", ["user_id", "completed", key, "id"]
        )


def downgrade() -> None:
    for key in ("updated_at", "title_key"):
        op.drop_index(f"task_user_id_completed_{key}_id_index", table_name="task")
    op.drop_column("task", "title_key")
    op.create_index("task_user_id_updated_at_id_index", "task", ["user_id", "updated_at", "id"])
    op.create_index(
        "task_user_id_title_id_index",
        "task",
        ["user_id", sa.text('"left"(lower(title), 200)'), "id"],
    )
