"""Give tasks a priority, tags, a category, a project, subtasks and a place; keep filters."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from todo_server.migrations.fold import CREATE_FOLD, CREATE_LOWER_KEY, CREATE_LOWER_KEYS

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NOUNS = ("filter", "tag", "project")
_IS_LIVE = "CASE WHEN deleted_at IS NULL THEN true ELSE NULL::boolean END"
_VALID = (
    "completed = (completed_at IS NOT NULL)"
    " AND priority IN ('none', 'low', 'medium', 'high', 'urgent')"
    " AND cardinality(tags) <= 20"
    " AND char_length(coalesce(category, ' ')) BETWEEN 1 AND 50"
)
# As `task_rules.py` makes it of what is written from then on.
_SEARCH_TEXT = (
    "CASE WHEN octet_length(title) <> char_length(title)"
    " OR octet_length(description) <> char_length(description)"
    " THEN fold(title || chr(31) || coalesce(description, '') || chr(31)) END"
)


def upgrade() -> None:
    for function in (CREATE_FOLD, CREATE_LOWER_KEY, CREATE_LOWER_KEYS):
        op.execute(function)
    _make_noun(
        "project",
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "live_id",
            sa.Uuid(),
            sa.Computed("CASE WHEN deleted_at IS NULL THEN id ELSE NULL::uuid END", persisted=True),
            nullable=True,
        ),
        sa.UniqueConstraint("user_id", "live_id", name=op.f("project_user_id_live_id_unique")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("project_name_length")),
        color=True,
    )
    _make_noun(
        "tag",
        sa.Column(
            "name_key", sa.Text(), sa.Computed("lower_key(name)", persisted=True), nullable=False
        ),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 50", name=op.f("tag_name_length")),
        color=True,
    )
    op.create_index(
        "tag_user_id_name_key_index",
        "tag",
        ["user_id", "name_key"],
        unique=True,
        postgresql_where=sa.text("live IS NOT NULL"),
    )
    _make_noun(
        "filter",
        sa.Column("query", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("filter_name_length")),
        sa.CheckConstraint("jsonb_typeof(query) = 'object'", name=op.f("filter_query_object")),
        color=False,
    )
    _widen_task()


def downgrade() -> None:
    for name in ("project_id", "parent_id"):
        op.drop_index(f"task_user_id_{name}_index", "task")
        op.drop_constraint(op.f(f"task_user_id_{name}_fkey"), "task")
    op.drop_constraint(op.f("task_members_valid"), "task")
    for column in (
        *("search_text", "tag_keys", "subtasks_completed", "subtasks_total", "position"),
        *("parent_id", "project_id", "category", "tags", "priority", "completed_at"),
    ):
        op.drop_column("task", column)
    for table in _NOUNS:
        op.drop_table(table)
    op.execute("ALTER TABLE change NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM change WHERE noun IN ('filter', 'tag', 'project')")
    op.execute("ALTER TABLE change FORCE ROW LEVEL SECURITY")
    for name in ("lower_keys(text[])", "lower_key(text)", "fold(text)"):
        op.execute(f"DROP FUNCTION {name}")


def _make_noun(name: str, *own: sa.Column[Any] | sa.Constraint, color: bool) -> None:
    columns = [each for each in own if isinstance(each, sa.Column)]
    constraints = [each for each in own if not isinstance(each, sa.Column)]
    if color:
        columns.append(sa.Column("color", sa.Text(), nullable=True))
        of_color = sa.CheckConstraint("color ~ '^#[0-9a-f]{6}$'", name=op.f(f"{name}_color_form"))
        constraints.append(of_color)
    op.create_table(
        name,
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        *columns,
        sa.Column("position", sa.Text(collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live", sa.Boolean(), sa.Computed(_IS_LIVE, persisted=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f(f"{name}_pkey")),
        sa.CheckConstraint(
            "char_length(user_id) BETWEEN 1 AND 255", name=op.f(f"{name}_user_id_length")
        ),
        *constraints,
    )
    op.create_index(
        f"{name}_user_id_deleted_at_id_index",
        name,
        ["user_id", "deleted_at", "id"],
        postgresql_where=sa.text("live IS NULL"),
    )


def _widen_task() -> None:
    # It writes the table anew; requests wait meanwhile (docs/operations.md says how long). What
    # rows have from before is made as a generated column would be, which sees every user's rows.
    op.execute(
        f"""
        ALTER TABLE task
            ADD COLUMN completed_at timestamptz
                GENERATED ALWAYS AS (CASE WHEN completed THEN updated_at END) STORED,
            ADD COLUMN priority text NOT NULL DEFAULT 'medium',
            ADD COLUMN tags text[] NOT NULL DEFAULT '{{}}',
            ADD COLUMN category text,
            ADD COLUMN project_id uuid,
            ADD COLUMN parent_id uuid,
            ADD COLUMN position text COLLATE "C" NOT NULL
                GENERATED ALWAYS AS ('z' || left(replace(id::text, '-', ''), 26)) STORED,
            ADD COLUMN subtasks_total integer NOT NULL DEFAULT 0,
            ADD COLUMN subtasks_completed integer NOT NULL DEFAULT 0,
            ADD COLUMN tag_keys text[] NOT NULL DEFAULT '{{}}',
            ADD COLUMN search_text text GENERATED ALWAYS AS ({_SEARCH_TEXT}) STORED
        """
    )
    for column in ("completed_at", "position", "search_text"):
        op.execute(f"ALTER TABLE task ALTER COLUMN {column} DROP EXPRESSION")
    op.create_check_constraint(op.f("task_members_valid"), "task", _VALID)
    op.create_foreign_key(
        op.f("task_user_id_project_id_fkey"),
        *("task", "project"),
        ["user_id", "project_id"],
        ["user_id", "live_id"],
    )
    op.create_foreign_key(
        op.f("task_user_id_parent_id_fkey"),
        *("task", "task"),
        ["user_id", "parent_id"],
        ["user_id", "id"],
        ondelete="CASCADE",
    )
    for name in ("project_id", "parent_id"):
        op.create_index(
            f"task_user_id_{name}_index",
            "task",
            ["user_id", name],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
