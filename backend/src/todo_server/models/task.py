"""A task: the table, and the shapes in which clients write and read it."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from sqlalchemy import BigInteger, CheckConstraint, Computed, Index, Text, text
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.domain.identity import USER_ID_LENGTH
from todo_server.domain.text import NO_NUL_PATTERN, VISIBLE_PATTERN
from todo_server.models.fields import (
    ABSENT,
    instant_field,
    text_field,
    user_id_check,
    visible,
    without_defaults,
    without_nul,
)

TITLE_LENGTH = 500
DESCRIPTION_LENGTH = 5000
SORTED_TITLE_LENGTH = 200
"""Titles are ordered by this many characters: an index entry must fit a third of a page."""

_LIVE = "CASE WHEN deleted_at IS NULL THEN true ELSE NULL::boolean END"

# Members of a task that a client may echo back; they are ignored and never assigned.
READ_ONLY = ("id", "user_id", "version", "created_at", "updated_at")


def _sorted(name: str, *key: str) -> Index:
    where = text("live IS NOT NULL")
    return Index(name, "user_id", "completed", *key, postgresql_where=where)


class Task(SQLModel, table=True):
    """One thing that one user wants to do."""

    __tablename__ = "task"

    # The owner leads the key, so that a user's tasks lie together, newest last.
    user_id: str = text_field(primary_key=True)
    id: UUID = Column(primary_key=True)
    title: str = text_field()
    description: str | None = text_field(nullable=True)
    completed: bool = Column(sa_column_kwargs={"server_default": text("false")})
    created_at: datetime = instant_field()
    updated_at: datetime = instant_field()
    # Counted by the database, with every change and never otherwise (`change_log.py`).
    version: int = Column(sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")})
    deleted_at: datetime | None = instant_field(nullable=True)
    # True, or null in the trash, for the owner views: without statistics PostgreSQL takes nearly
    # all rows for such that are not null, and walks an index; of `deleted_at IS NULL` it takes
    # nearly none, and would read all rows of a user to sort them.
    live: bool | None = Column(
        sa_column_args=[Computed(_LIVE, persisted=True)],
    )
    # What titles are sorted by, stored: an expression of functions that are not leakproof, as lower
    # is, could not be compared by its index under row-level security (docs/decisions/0016).
    title_key: str = Column(
        sa_type=Text(collation="C"),
        sa_column_args=[Computed(f"left(lower(title), {SORTED_TITLE_LENGTH})", persisted=True)],
    )

    __table_args__ = (
        user_id_check(),
        CheckConstraint(f"char_length(title) BETWEEN 1 AND {TITLE_LENGTH}", name="title_length"),
        CheckConstraint(
            f"char_length(description) BETWEEN 1 AND {DESCRIPTION_LENGTH}",
            name="description_length",
        ),
        # One for each sort, with the status before the key: both statuses are merged where
        # all tasks are listed. Creation needs the primary key besides. What is in the trash is
        # not in them: a page would read past it.
        _sorted("task_user_id_completed_id_index", "id"),
        _sorted("task_user_id_completed_updated_at_id_index", "updated_at", "id"),
        _sorted("task_user_id_completed_title_key_id_index", "title_key", "id"),
        Index(
            "task_user_id_deleted_at_id_index",
            *("user_id", "deleted_at", "id"),
            postgresql_where=text("live IS NULL"),
        ),
    )


def _empty_is_none(value: str | None) -> str | None:
    return value or None


# Patterns are for the contract alone; here, each rule has a sentence of its own.
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_LENGTH),
    visible("A title"),
    Field(
        description="What is to be done: 1 to 500 characters after trimming, at least one visible.",
        examples=["Buy milk"],
        json_schema_extra={"pattern": VISIBLE_PATTERN},
    ),
]
Description = Annotated[
    Annotated[
        str,
        StringConstraints(max_length=DESCRIPTION_LENGTH),
        AfterValidator(without_nul),
        Field(json_schema_extra={"pattern": NO_NUL_PATTERN}),
    ]
    | None,
    AfterValidator(_empty_is_none),
    Field(
        description="More about it, up to 5,000 characters; an empty one becomes `null`.",
        examples=["Two litres, the blue one"],
    ),
]
Completed = Annotated[bool, Field(description="Whether it is done.", examples=[False])]


def _schema_of_input(schema: dict[str, Any], shape: type["TaskInput"]) -> None:
    """Document the read-only members, which may be sent and are ignored."""
    without_defaults(schema)
    for name in shape.read_only:
        schema["properties"][name] = {"readOnly": True, "description": "Ignored when sent."}


class TaskInput(SQLModel):
    """What all writable shapes share: strict types, no unknown members."""

    model_config = ConfigDict(  # type: ignore[assignment]
        extra="forbid", strict=True, json_schema_extra=_schema_of_input
    )
    read_only: ClassVar[tuple[str, ...]] = READ_ONLY
    # SQLModel's own is for tables; for a shape, it does the same by a detour through Python.
    __init__ = BaseModel.__init__

    @model_validator(mode="before")
    @classmethod
    def _ignore_read_only(cls, data: Any) -> Any:  # noqa: ANN401 - a body may be anything
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if name not in cls.read_only}
        return data


class TaskCreate(TaskInput):
    """A new task."""

    title: Title
    description: Description = None
    completed: Annotated[
        bool, Field(description="Whether it is done; `false` if absent.", examples=[False])
    ] = False


class TaskUpdate(TaskInput):
    """A change to a task: absent members stay as they are, `null` clears the description."""

    title: Title = ABSENT
    description: Description = None
    completed: Completed = ABSENT


class Completion(TaskInput):
    """Whether a task shall be completed; without the member, the present state is flipped."""

    completed: Annotated[
        bool,
        Field(description="`true` completes, `false` reopens: safe to retry.", examples=[True]),
    ] = ABSENT


class TaskRead(SQLModel):
    """A task as every operation answers it."""

    id: Annotated[UUID, Field(description="UUID version 7 (RFC 9562): newer tasks sort later.")]
    user_id: Annotated[
        str, Field(description="The owner's id.", min_length=1, max_length=USER_ID_LENGTH)
    ]
    title: Annotated[
        str,
        Field(
            description="What is to be done.",
            min_length=1,
            max_length=TITLE_LENGTH,
            examples=["Buy milk"],
        ),
    ]
    description: Annotated[str | None, Field(description="More about it, or `null`.")]
    completed: Completed
    created_at: Annotated[
        datetime,
        Field(description="When it was made: RFC 3339, UTC, six digits of a second."),
    ]
    updated_at: Annotated[
        datetime,
        Field(description="When it last changed; a request that changes nothing leaves it."),
    ]
    version: Annotated[
        int,
        Field(description="Goes up by one with every change; the `ETag` has it.", ge=1),
    ]


class TrashedTaskRead(TaskRead):
    """A task as the trash shows it."""

    deleted_at: Annotated[
        datetime,
        Field(description="When it was put into the trash: in the form of the other instants."),
    ]
