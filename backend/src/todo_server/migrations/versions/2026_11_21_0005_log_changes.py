"""Count and log every change, keep what is deleted in the trash, and keys of requests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SORTS = {
    "task_user_id_completed_id_index": ["id"],
    "task_user_id_completed_updated_at_id_index": ["updated_at", "id"],
    "task_user_id_completed_title_key_id_index": ["title_key", "id"],
}


def upgrade() -> None:
    op.add_column(
        "task", sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column("task", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    # Writes the table anew; requests wait meanwhile (docs/operations.md says how long).
    op.add_column(
        "task",
        sa.Column(
            "live",
            sa.Boolean(),
            sa.Computed(
                "CASE WHEN deleted_at IS NULL THEN true ELSE NULL::boolean END", persisted=True
            ),
            nullable=True,
        ),
    )
    op.create_index(
        "task_user_id_deleted_at_id_index",
        "task",
        ["user_id", "deleted_at", "id"],
        postgresql_where=sa.text("live IS NULL"),
    )
    _sort(where=sa.text("live IS NOT NULL"))
    op.create_table(
        "change",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=True),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "number", name=op.f("change_pkey")),
    )
    op.create_index("change_user_id_row_id_number_index", "change", ["user_id", "row_id", "number"])
    op.create_table(
        "upkeep",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("upkeep_pkey")),
    )
    op.create_index("upkeep_due_at_index", "upkeep", ["due_at"])
    op.create_table(
        "idempotency_key",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("idempotency_key_pkey")),
    )
    op.create_index(
        "idempotency_key_user_id_created_at_index", "idempotency_key", ["user_id", "created_at"]
    )


def downgrade() -> None:
    for table in ("idempotency_key", "upkeep", "change"):
        op.drop_table(table)
    # There was no trash: what is in it is gone for good.
    op.execute("ALTER TABLE task NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM task WHERE deleted_at IS NOT NULL")
    op.execute("ALTER TABLE task FORCE ROW LEVEL SECURITY")
    op.drop_index("task_user_id_deleted_at_id_index", "task")
    _sort(where=None)
    op.drop_column("task", "live")
    op.drop_column("task", "deleted_at")
    op.drop_column("task", "version")


def _sort(where: sa.TextClause | None) -> None:
    for name, key in _SORTS.items():
        op.drop_index(name, "task")
        op.create_index(name, "task", ["user_id", "completed", *key], postgresql_where=where)
