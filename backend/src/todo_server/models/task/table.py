"""The table of tasks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.domain.dates import STORED_PATTERN
from todo_server.domain.priority import Priority
from todo_server.models.fields import (
    DERIVED,
    instant_field,
    live_field,
    text_field,
    trash_index,
    user_id_check,
    version_field,
)

TITLE_LENGTH = 500
DESCRIPTION_LENGTH = 5000
CATEGORY_LENGTH = 50
MAX_TAGS = 20
SORTED_TITLE_LENGTH = 200
"""Titles are ordered by this many characters: an index entry must fit a third of a page."""

_PRIORITIES = ", ".join(f"'{priority}'" for priority in Priority)


_IS_DUE = "live IS NOT NULL AND due_at IS NOT NULL"


def _sorted(name: str, *key: str, where: str = "live IS NOT NULL") -> Index:
    return Index(name, "user_id", "completed", *key, postgresql_where=text(where))


def _with(column: str) -> Index:
    """Index those few that have something."""
    where = text(f"{column} IS NOT NULL")
    return Index(f"task_user_id_{column}_index", "user_id", column, postgresql_where=where)


class Task(SQLModel, table=True):
    """One thing that one user wants to do."""

    __tablename__ = "task"

    # The owner leads the key, so that a user's tasks lie together, newest last.
    user_id: str = text_field(primary_key=True)
    id: UUID = Column(primary_key=True)
    title: str = text_field()
    description: str | None = text_field(nullable=True)
    completed: bool = Column(sa_column_kwargs={"server_default": text("false")})
    # The database sets it wherever `completed` moves (`task_rules.py`).
    completed_at: datetime | None = instant_field(nullable=True)
    priority: str = text_field(sa_column_kwargs={"server_default": text("'medium'")})
    tags: list[str] = Column(sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text("'{}'")})
    category: str | None = text_field(nullable=True)
    project_id: UUID | None = None
    parent_id: UUID | None = None
    # Where the user has put it among their tasks (`domain/position.py`).
    # In the kind that was sent (`domain/dates.py`); `due_at` follows (`date_rules.py`).
    start_date: str | None = text_field(nullable=True)
    due_date: str | None = text_field(nullable=True)
    time_zone: str | None = text_field(nullable=True)
    due_at: datetime | None = instant_field(nullable=True, sa_column_kwargs={"info": DERIVED})
    recurrence: str | None = text_field(nullable=True)
    recurrence_basis: str = text_field(sa_column_kwargs={"server_default": text("'due'")})
    series_id: UUID | None = None
    # Of a repeating task: which of its series it is, from 1 on, and the date that the rule gave it;
    # from which date the rule is counted, and which one of the series had that.
    occurrence: int | None = None
    occurs_on: str | None = text_field(nullable=True)
    rule_start: str | None = text_field(nullable=True)
    rule_first: int | None = None
    reminders: list[dict[str, Any]] = Column(
        sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")}
    )
    position: str = Column(sa_type=Text(collation="C"))
    created_at: datetime = instant_field()
    updated_at: datetime = instant_field()
    version: int = version_field()
    deleted_at: datetime | None = instant_field(nullable=True)
    # Counted by the database, with every change of a live subtask (`task_rules.py`).
    subtasks_total: int = Column(sa_column_kwargs={"server_default": text("0"), "info": DERIVED})
    subtasks_completed: int = Column(
        sa_column_kwargs={"server_default": text("0"), "info": DERIVED}
    )
    live: bool | None = live_field()
    # What titles are sorted by, stored: an expression of functions that are not leakproof, as lower
    # is, could not be compared by its index under row-level security (docs/decisions/0016).
    title_key: str = Column(
        sa_type=Text(collation="C"),
        sa_column_args=[Computed(f"left(lower(title), {SORTED_TITLE_LENGTH})", persisted=True)],
    )
    # What is searched, and the tags, in one case, made by the database (`task_rules.py`): generated
    # columns would be, too, but cost each statement, also where there is nothing to be made. The
    # text is null where lower case is enough, which search makes itself: of ASCII, without tags.
    tag_keys: list[str] = Column(
        sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text("'{}'"), "info": DERIVED}
    )
    search_text: str | None = text_field(nullable=True, sa_column_kwargs={"info": DERIVED})

    __table_args__ = (
        user_id_check(),
        CheckConstraint(f"char_length(title) BETWEEN 1 AND {TITLE_LENGTH}", name="title_length"),
        CheckConstraint(
            f"char_length(description) BETWEEN 1 AND {DESCRIPTION_LENGTH}",
            name="description_length",
        ),
        # As one, since each costs every statement.
        CheckConstraint(
            f"completed = (completed_at IS NOT NULL) AND priority IN ({_PRIORITIES})"
            f" AND cardinality(tags) <= {MAX_TAGS}"
            f" AND char_length(coalesce(category, ' ')) BETWEEN 1 AND {CATEGORY_LENGTH}"
            f" AND start_date ~ '{STORED_PATTERN}' AND due_date ~ '{STORED_PATTERN}'"
            " AND recurrence_basis IN ('due', 'completed') AND jsonb_typeof(reminders) = 'array'",
            name="members_valid",
        ),
        # To what is live: nothing is in a project that is in the trash.
        ForeignKeyConstraint(["user_id", "project_id"], ["project.user_id", "project.live_id"]),
        # One level deep, and nobody's below one in the trash: `task_rules.py`.
        ForeignKeyConstraint(
            ["user_id", "parent_id"], ["task.user_id", "task.id"], ondelete="CASCADE"
        ),
        # One for each sort, with the status before the key: both statuses are merged where
        # all tasks are listed. Creation needs the primary key besides. What is in the trash is
        # not in them: a page would read past it.
        _sorted("task_user_id_completed_id_index", "id"),
        _sorted("task_user_id_completed_updated_at_id_index", "updated_at", "id"),
        _sorted("task_user_id_completed_title_key_id_index", "title_key", "id"),
        # Of those that are due alone: others do not pay for it. What has no date is a walk of its
        # own, by the id.
        _sorted("task_user_id_completed_due_at_id_index", "due_at", "id", where=_IS_DUE),
        # One live task for each occurrence: whoever comes second has no successor to make.
        Index(
            "task_user_id_series_id_occurrence_index",
            *("user_id", "series_id", "occurrence"),
            unique=True,
            postgresql_where=text("live IS NOT NULL AND series_id IS NOT NULL"),
        ),
        _with("project_id"),
        _with("parent_id"),
        trash_index("task"),
    )
