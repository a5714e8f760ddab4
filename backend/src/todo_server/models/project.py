"""A project: its table, and the shapes in which clients write and read it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import CheckConstraint, Computed, Text, UniqueConstraint, Uuid, text
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
from todo_server.models.noun_input import NAME_LENGTH, Counts, Name, NounInput
from todo_server.models.task.move import Move

MAX_PROJECTS = 500
"""Those that a user may have; the database refuses more (`migrations/limits.py`)."""


class Project(SQLModel, table=True):
    """What several tasks of one user belong to."""

    __tablename__ = "project"

    user_id: str = text_field(primary_key=True)
    id: UUID = Column(primary_key=True)
    name: str = text_field()
    color: str | None = text_field(nullable=True)
    archived: bool = Column(sa_column_kwargs={"server_default": text("false")})
    position: str = Column(sa_type=Text(collation="C"))
    created_at: datetime = instant_field()
    updated_at: datetime = instant_field()
    version: int = version_field()
    deleted_at: datetime | None = instant_field(nullable=True)
    live: bool | None = live_field()
    # What tasks refer to, so that the database lets none be in a project that is in the trash.
    live_id: UUID | None = Column(
        sa_type=Uuid,
        nullable=True,
        sa_column_args=[
            Computed("CASE WHEN deleted_at IS NULL THEN id ELSE NULL::uuid END", persisted=True)
        ],
    )

    __table_args__ = (
        user_id_check(),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {NAME_LENGTH}", name="name_length"),
        color_check(),
        UniqueConstraint("user_id", "live_id"),
        trash_index("project"),
        {"info": {"limit": MAX_PROJECTS}},
    )


_ARCHIVED = "Whether it is put away: its tasks stay, and it is not listed with the others."


class ProjectCreate(NounInput):
    """A new project."""

    name: Name
    color: Color = None
    archived: Annotated[bool, Field(description=_ARCHIVED + " `false` if absent.")] = False
    move: Annotated[Move, Field(description="Where among the projects; behind all if absent.")] = (
        ABSENT
    )


class ProjectUpdate(NounInput):
    """A change to a project: absent members stay as they are."""

    name: Name = ABSENT
    color: Color = None
    archived: Annotated[bool, Field(description=_ARCHIVED)] = ABSENT
    move: Annotated[Move, Field(description="Where to among the projects.")] = ABSENT


class ProjectRead(SQLModel):
    """A project as operations answer it."""

    id: Annotated[UUID, Field(description="UUID version 7, as with tasks.")]
    user_id: Annotated[str, Field(description="The owner's id.")]
    name: Annotated[str, Field(description="Its name.", examples=["Household"])]
    color: Annotated[str | None, Field(description="`#rrggbb`, or `null`.", examples=["#2e7d32"])]
    archived: Annotated[bool, Field(description=_ARCHIVED, examples=[False])]
    position: Annotated[str, Field(description="Where it stands, as with tasks.")]
    created_at: Annotated[datetime, Field(description="When it was made, as with tasks.")]
    updated_at: Annotated[datetime, Field(description="When it last changed.")]
    version: Annotated[int, Field(description="Goes up by one with every change.", ge=1)]


class ListedProject(ProjectRead):
    """A project with how many tasks are in it."""

    tasks: Annotated[Counts, Field(description="How many tasks are in it.")]
