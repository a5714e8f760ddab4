"""Everything of a user as one document: how it is written, and how it is taken in again."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError
from sqlmodel import SQLModel

from todo_server.models.account import AccountRead
from todo_server.models.fields import Instant, without_defaults
from todo_server.models.task import Completed, Description, TaskRead, Title

FORMAT = "todo-server/1"
"""What the document is and which version of it; another number is another document."""

LATEST = "latest"
"""In the context of validation: the instant after which nothing can have happened."""

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_IGNORED = ("user_id", "version")
"""Members of a row that are not taken over: whose it is says the path, versions begin anew."""


_EARLIEST = datetime.min.replace(tzinfo=UTC)
"""What is not later is no instant to PostgreSQL, but `-infinity`."""


def _instant(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str) and _RFC_3339.fullmatch(value.upper()):
        try:
            instant = datetime.fromisoformat(value.upper()).astimezone(UTC)
            if instant > _EARLIEST:
                return instant
        except (ValueError, OverflowError):
            pass  # as any other text
    raise PydanticCustomError(
        "datetime_parsing", "Use an instant as RFC 3339 has it, with an offset"
    )


def _not_later(value: datetime, info: ValidationInfo) -> datetime:
    if info.context is not None and value > info.context[LATEST]:
        raise PydanticCustomError("in_future", "This instant lies in the future")
    return value


def _uuid(value: Any) -> Any:  # noqa: ANN401 - any JSON
    found = UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else None
    if not found or not found.int:
        raise PydanticCustomError("uuid_parsing", "Use a UUID with hyphens, and not the nil one")
    return found


PastInstant = Annotated[datetime, BeforeValidator(_instant), AfterValidator(_not_later)]
_OR_NULL = WithJsonSchema({"type": ["string", "null"], "format": "date-time"})
Id = Annotated[UUID, BeforeValidator(_uuid)]


def _schema_of_row(schema: dict[str, Any]) -> None:
    """Document the members that may be there and are ignored."""
    without_defaults(schema)
    for name in _IGNORED:
        schema["properties"][name] = {"readOnly": True, "description": "Ignored when sent."}


def _schema_of_document(schema: dict[str, Any]) -> None:
    without_defaults(schema)
    for name in ("exported_at", "number", "account"):
        schema["properties"][name] = {"readOnly": True, "description": "Ignored when sent."}


class ImportedTask(BaseModel):
    """A task as an export has it, to be taken in."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_schema_of_row)

    id: Annotated[Id, Field(description="Kept. What is there already under it stays as it is.")]
    title: Title
    description: Description = None
    completed: Completed = False
    created_at: Annotated[PastInstant, Field(description="Kept.")]
    updated_at: Annotated[PastInstant, Field(description="Kept.")]

    @model_validator(mode="before")
    @classmethod
    def _ignore(cls, data: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if name not in _IGNORED}
        return data


class ImportedTrash(ImportedTask):
    """A task of the trash; one without `deleted_at` was restored while it was exported."""

    deleted_at: Annotated[
        PastInstant | None, _OR_NULL, Field(description="Kept: it tells when it is purged.")
    ]


class ImportedChange(BaseModel):
    """An entry of the log, which is not taken over: any object will do."""


class Import(BaseModel):
    """What `export` answers; all members but `format` may be missing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_schema_of_document)

    format: Annotated[
        Literal["todo-server/1"], Field(description="What it is, and its version; best first.")
    ]
    exported_at: Any = None
    number: Any = None
    account: Any = None
    tasks: Annotated[list[ImportedTask], Field(description="The tasks.")] = []
    trash: Annotated[list[ImportedTrash], Field(description="The trash.")] = []
    changes: Annotated[
        list[ImportedChange], Field(description="The log, which is not taken over.")
    ] = []


class Imported(BaseModel):
    """What an import has done."""

    created: Annotated[int, Field(description="Tasks that were not there.", ge=0, examples=[2])]
    left: Annotated[
        int,
        Field(description="Tasks whose id was there already: as they were.", ge=0, examples=[0]),
    ]


class ExportedTrash(TaskRead):
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
    noun: Annotated[str, Field(description="Of what: `task`.")]
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
    tasks: Annotated[list[TaskRead], Field(description="All tasks, the oldest first.")]
    trash: Annotated[
        list[ExportedTrash], Field(description="The trash, what was deleted first first.")
    ]
    changes: Annotated[
        list[ExportedChange], Field(description="The log, as far back as it is kept.")
    ]
