"""The log of changes: the table, which the database writes itself, and what clients read of it.

`migrations/change_log.py` has the triggers that write it.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, Index, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.models.fields import Instant, instant_field, text_field
from todo_server.models.project import ProjectRead
from todo_server.models.saved_filter import FilterRead
from todo_server.models.tag import TagRead
from todo_server.models.task import TaskRead

_NOT_MEMBERS = ("user_id", "id", "version", "created_at", "updated_at")


def logged_members(table: Table) -> list[str]:
    """List the columns whose values the log keeps; an undo puts them back, and no others."""
    return [
        c.name
        for c in table.c
        if c.computed is None and c.name not in _NOT_MEMBERS and not c.info.get("derived")
    ]


class LoggedChange(SQLModel, table=True):
    """One change of one row: what was before, who asked for it, and what it undoes.

    A user's numbers go up by one with each change, in the order of commits: whoever has seen a
    number has seen, or can see, every change before it. The newest one is never pruned.
    """

    __tablename__ = "change"

    user_id: str = text_field(primary_key=True)
    number: int = Column(primary_key=True, sa_type=BigInteger)
    at: datetime = instant_field()
    kind: str = text_field()
    noun: str = text_field()
    row_id: UUID
    # The members that changed, as they were; null where there was nothing, or is nothing any more.
    before: dict[str, Any] | None = Column(sa_type=JSONB, nullable=True)
    # The request's id, a space, and the client by its own name.
    origin: str | None = text_field(nullable=True)
    # The number of the first change, of several that were made together.
    batch: int | None = Column(sa_type=BigInteger, nullable=True)
    undoes: int | None = Column(sa_type=BigInteger, nullable=True)
    # Whether a webhook is told of changes, as far as the newest one has it; each inherits it.
    followed: bool | None = None

    __table_args__ = (Index("change_user_id_row_id_number_index", "user_id", "row_id", "number"),)


class Changes(BaseModel):
    """What is different now, or all there is: one page."""

    number: Annotated[
        int,
        Field(description="Where to go on with `since`, once `cursor` is `null`.", ge=0),
    ]
    more: Annotated[bool, Field(description="Whether there is more at once: another page.")]
    cursor: Annotated[
        str | None,
        Field(description="The next page of all there is; `null` on the last one, and later."),
    ]
    tasks: Annotated[list[TaskRead], Field(description="The tasks, whole, as they are now.")]
    projects: Annotated[list[ProjectRead], Field(description="The projects, likewise.")]
    tags: Annotated[list[TagRead], Field(description="The tags, likewise.")]
    filters: Annotated[list[FilterRead], Field(description="The saved filters, likewise.")]
    removed: Annotated[
        list[UUID],
        Field(description="The ids of what is not there any more: in the trash, or purged."),
    ]


class MemberChange(BaseModel):
    """What one member was, and what it became."""

    model_config = ConfigDict(populate_by_name=True)

    before: Annotated[Any, Field(alias="from", description="The value before; any JSON.")]
    to: Annotated[Any, Field(description="The value after; any JSON.")]


class TaskChange(BaseModel):
    """One change of a task, as its history shows it."""

    number: Annotated[int, Field(description="Which of the user's changes: for `undo`.", ge=1)]
    at: Annotated[Instant, Field(description="When it was made.")]
    kind: Annotated[
        Literal["created", "updated", "deleted", "restored"],
        Field(description="What was done; `deleted` is into the trash."),
    ]
    version: Annotated[int, Field(description="The task's version since then.", ge=1)]
    changes: Annotated[
        dict[str, MemberChange],
        Field(description="The members that it changed, by their names."),
    ]
    request_id: Annotated[str | None, Field(description="The `X-Request-ID` of who asked for it.")]
    client: Annotated[str | None, Field(description="The `User-Agent` of who asked for it.")]
    batch: Annotated[
        int | None,
        Field(description="The number of the first change, of several that were made together."),
    ]
    undoes: Annotated[
        int | None,
        Field(description="The number of the change that it undid; of a batch, of its first."),
    ]
