"""Everything of a user as one document, as `export` writes it; `imported.py` has the way back."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, WithJsonSchema
from sqlmodel import SQLModel

from todo_server.models.account import AccountRead
from todo_server.models.fields import Instant
from todo_server.models.project import ProjectRead
from todo_server.models.saved_filter import FilterRead
from todo_server.models.settings import SettingsRead
from todo_server.models.tag import TagRead
from todo_server.models.task import TaskRead

_OR_NULL = WithJsonSchema({"type": ["string", "null"], "format": "date-time"})


class ExportedTask(TaskRead):
    """A task, with where it stands in its series, so that an import goes on from there."""

    occurrence: Annotated[int | None, Field(description="Which one of its series it is, from 1.")]
    occurs_on: Annotated[
        str | None, Field(description="The date that the rule gave it, wherever it was moved.")
    ]
    rule_start: Annotated[
        str | None, Field(description="From which date the rule is counted: it has the wanted day.")
    ]
    rule_first: Annotated[int | None, Field(description="Which one of the series that date is of.")]


class ExportedTrash(ExportedTask):
    """A task in the trash."""

    deleted_at: Annotated[
        datetime | None,
        _OR_NULL,
        Field(description="When it was deleted; null if it was restored during the export."),
    ]


class ExportedChange(SQLModel):
    """An entry of the log of changes."""

    number: Annotated[int, Field(description="The user's number of this change.", ge=1)]
    at: Annotated[datetime, Field(description="When it was made.")]
    kind: Annotated[
        str, Field(description="`created`, `updated`, `deleted`, `restored` or `purged`.")
    ]
    noun: Annotated[str, Field(description="Of what: `task`, `project`, `tag` or `filter`.")]
    row_id: Annotated[UUID, Field(description="Its id.")]
    before: Annotated[
        dict[str, Any] | None,
        Field(description="The members that changed, as they were; null once it is purged."),
    ]
    origin: Annotated[
        str | None, Field(description="The request's id, a space, and the client's `User-Agent`.")
    ]
    batch: Annotated[
        int | None, Field(description="The number of the first of those made together.")
    ]
    undoes: Annotated[int | None, Field(description="The number of the change that it undoes.")]


class Export(BaseModel):
    """Everything of a user."""

    format: Annotated[Literal["todo-server/1"], Field(description="What it is, and its version.")]
    exported_at: Annotated[Instant, Field(description="When the export began.")]
    number: Annotated[int, Field(description="The user's newest change when it began.", ge=0)]
    account: Annotated[
        AccountRead | None, Field(description="Null where another server keeps the accounts.")
    ]
    settings: Annotated[SettingsRead, Field(description="What the user has set.")]
    projects: Annotated[list[ProjectRead], Field(description="All projects, the oldest first.")]
    tags: Annotated[list[TagRead], Field(description="All tags, likewise.")]
    filters: Annotated[list[FilterRead], Field(description="All saved filters, likewise.")]
    tasks: Annotated[
        list[ExportedTask],
        Field(description="All tasks, the oldest first: those without a parent, then subtasks."),
    ]
    trash: Annotated[
        list[ExportedTrash],
        Field(description="The trash, what was deleted first first; in the same two parts."),
    ]
    changes: Annotated[
        list[ExportedChange], Field(description="The log, as far back as it is kept.")
    ]
