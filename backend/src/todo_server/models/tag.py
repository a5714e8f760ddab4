"""A tag: its table, and the shapes in which clients write and read it.

Which task has which tags stands with the task, as names; here is what belongs to the tag itself.
The database makes the row when a task names a tag for the first time (`task_rules.py`).
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from sqlalchemy import CheckConstraint, Computed, Index, Text, text
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.models.color import Color, color_check
from todo_server.models.fields import (
    ABSENT,
    instant_field,
    live_field,
    text_field,
    trash_index,
    user_id_check,
    version_field,
)
from todo_server.models.noun_input import Counts, NounInput
from todo_server.models.task.members import TAG_LENGTH, TAG_PATTERN, tag_name
from todo_server.models.task.move import Move

MAX_TAGS_OF_USER = 1_000
"""Those that a user may have; the database refuses more (`migrations/limits.py`)."""


class Tag(SQLModel, table=True):
    """One tag of one user."""

    __tablename__ = "tag"

    user_id: str = text_field(primary_key=True)
    id: UUID = Column(primary_key=True)
    name: str = text_field()
    color: str | None = text_field(nullable=True)
    position: str = Column(sa_type=Text(collation="C"))
    created_at: datetime = instant_field()
    updated_at: datetime = instant_field()
    version: int = version_field()
    deleted_at: datetime | None = instant_field(nullable=True)
    live: bool | None = live_field()
    name_key: str = Column(
        sa_type=Text, sa_column_args=[Computed("lower_key(name)", persisted=True)]
    )

    __table_args__ = (
        user_id_check(),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {TAG_LENGTH}", name="name_length"),
        color_check(),
        Index(
            "tag_user_id_name_key_index",
            *("user_id", "name_key"),
            unique=True,
            postgresql_where=text("live IS NOT NULL"),
        ),
        trash_index("tag"),
        {"info": {"limit": MAX_TAGS_OF_USER}},
    )


TagName = Annotated[
    str,
    AfterValidator(tag_name),
    Field(
        description="1 to 50 characters, without a comma; in another case it is the same tag.",
        examples=["Errands"],
        min_length=1,
        json_schema_extra={"pattern": TAG_PATTERN},
    ),
]


class TagCreate(NounInput):
    """A new tag."""

    name: TagName
    color: Color = None
    move: Annotated[Move, Field(description="Where among the tags; behind all if absent.")] = ABSENT


class TagUpdate(NounInput):
    """A change to a tag: absent members stay as they are; a new name is given to its tasks, too."""

    name: TagName = ABSENT
    color: Color = None
    move: Annotated[Move, Field(description="Where to among the tags.")] = ABSENT


class TagMerge(NounInput):
    """What a tag is merged into."""

    into: Annotated[TagName, Field(description="The tag that its tasks have from then on.")]


class TagRead(SQLModel):
    """A tag as operations answer it."""

    id: Annotated[UUID, Field(description="What delta sync and the log call it.")]
    user_id: Annotated[str, Field(description="The owner's id.")]
    name: Annotated[str, Field(description="Its name, as it was first sent.", examples=["home"])]
    color: Annotated[str | None, Field(description="`#rrggbb`, or `null`.", examples=["#2e7d32"])]
    position: Annotated[str, Field(description="Where it stands, as with tasks.")]
    created_at: Annotated[datetime, Field(description="When it was made, as with tasks.")]
    updated_at: Annotated[datetime, Field(description="When it last changed.")]
    version: Annotated[int, Field(description="Goes up by one with every change.", ge=1)]


class ListedTag(TagRead):
    """A tag with how many tasks have it."""

    tasks: Annotated[Counts, Field(description="How many tasks have it.")]
