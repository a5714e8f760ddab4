"""How a document of everything is taken in: the rows as an export has them, or one before it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from todo_server.domain.position import MAX_LENGTH, POSITION_PATTERN
from todo_server.domain.priority import Priority
from todo_server.models.color import Color
from todo_server.models.fields import row_id, without_defaults
from todo_server.models.noun_input import Name
from todo_server.models.saved_filter import Query
from todo_server.models.settings import ImportedSettings
from todo_server.models.tag import TagName
from todo_server.models.task.dates import (
    DueDate,
    Recurrence,
    RecurrenceBasis,
    StartDate,
    TimeZone,
)
from todo_server.models.task.members import (
    Category,
    Completed,
    Description,
    ParentId,
    PriorityWord,
    ProjectId,
    RowId,
    Tags,
    Title,
)
from todo_server.models.task.reminders import Reminders

FORMAT = "todo-server/1"
"""What the document is and which version of it; another number is another document."""

LATEST = "latest"
"""In the context of validation: the instant after which nothing can have happened."""

WRONG_PARAMETERS = "wrong_parameters"
"""In there, too: what gives a saved query's parameters that are wrong, each with code and reason.

Listings read them, and these are read further up.
"""

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_POSITION = re.compile(POSITION_PATTERN)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
"""What is not later is no instant to PostgreSQL, but `-infinity`."""

NO_INSTANT = "Use an instant as RFC 3339 has it, with an offset"


def _instant(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str) and _RFC_3339.fullmatch(value.upper()):
        try:
            instant = datetime.fromisoformat(value.upper()).astimezone(UTC)
            if instant > _EARLIEST:
                return instant
        except (ValueError, OverflowError):
            pass  # as any other text
    raise PydanticCustomError("datetime_parsing", NO_INSTANT)


def _instant_or_null(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return None if value is None else _instant(value)


def instant_if_text(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Refuse a text that is no instant; what is no text, no format speaks of."""
    return _instant(value) if isinstance(value, str) else value


def _not_later(value: datetime | None, info: ValidationInfo) -> datetime | None:
    if value is not None and info.context is not None and value > info.context[LATEST]:
        raise PydanticCustomError("in_future", "This instant lies in the future")
    return value


def _uuid(value: Any) -> Any:  # noqa: ANN401 - any JSON
    found = row_id(value)
    if not found.int:
        raise PydanticCustomError("uuid_parsing", "Use a UUID with hyphens, and not the nil one")
    return found


def _position(value: str | None) -> str | None:
    if value is not None and not _POSITION.fullmatch(value):
        raise PydanticCustomError("invalid", "Use a position as an export has it, or null")
    return value


def _agrees(value: datetime | None, info: ValidationInfo) -> datetime | None:
    if value is not None and info.data.get("completed") is False:
        raise PydanticCustomError("inconsistent", "It is not completed, and so has no such instant")
    return value


def _another(value: UUID | None, info: ValidationInfo) -> UUID | None:
    if value is not None and value == info.data.get("id"):
        raise PydanticCustomError("inconsistent", "A task is no part of itself")
    return value


def _of_its_kind(value: str | None, info: ValidationInfo) -> str | None:
    due_date = info.data.get("due_date") or ""
    if value is not None and info.data.get("recurrence") and len(value) != len(due_date):
        raise PydanticCustomError("inconsistent", "It is of another kind than the due date")
    return value


def _not_before_first(value: int | None, info: ValidationInfo) -> int | None:
    if value is not None and value < (info.data.get("rule_first") or 0):
        raise PydanticCustomError("inconsistent", "It comes before the first of its rule")
    return value


def _parameters(value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    wrong = info.context[WRONG_PARAMETERS](value) if info.context else ()
    if wrong:
        found = [
            InitErrorDetails(
                type=PydanticCustomError(code, "{reason}", {"reason": reason}),
                loc=(name,),
                input=None,
            )
            for name, code, reason in wrong
        ]
        raise ValidationError.from_exception_data("query", found)
    return value


PastInstant = Annotated[datetime, BeforeValidator(_instant), AfterValidator(_not_later)]
PastInstantOrNull = Annotated[
    datetime | None,
    BeforeValidator(_instant_or_null),
    AfterValidator(_not_later),
    WithJsonSchema({"type": ["string", "null"], "format": "date-time"}),
]
Id = Annotated[UUID, BeforeValidator(_uuid)]
_Ordinal = Annotated[int, Field(ge=1, le=2**31 - 1)] | None
_IN_SERIES = Field(
    description="Kept, so that dates and COUNT go on; begun anew if absent, or `null`."
)
Position = Annotated[
    Annotated[str, Field(max_length=MAX_LENGTH, json_schema_extra={"pattern": POSITION_PATTERN})]
    | None,
    AfterValidator(_position),
    Field(description="Kept; behind all that is older if absent, or `null`."),
]


# Not `readOnly`: a document has them.
_NOT_TAKEN_OVER = {"description": "Not taken over."}


def _schema_of_row(schema: dict[str, Any], shape: type["ImportedRow"]) -> None:
    """Document the members that may be there and are ignored."""
    without_defaults(schema)
    for name in shape.ignored:
        schema["properties"][name] = _NOT_TAKEN_OVER


def _schema_of_document(schema: dict[str, Any]) -> None:
    without_defaults(schema)
    for name in ("exported_at", "number", "account"):
        schema["properties"][name] = _NOT_TAKEN_OVER
    schema["properties"]["exported_at"] = _NOT_TAKEN_OVER | {"format": "date-time"}


class ImportedRow(BaseModel):
    """What all rows have."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_schema_of_row)
    ignored: ClassVar[tuple[str, ...]] = ("user_id", "version")
    """Members that are not taken over: whose it is says the path, versions begin anew."""

    id: Annotated[Id, Field(description="Kept. What is there already under it stays as it is.")]
    position: Position = None
    created_at: Annotated[PastInstant, Field(description="Kept.")]
    updated_at: Annotated[PastInstant, Field(description="Kept.")]

    @model_validator(mode="before")
    @classmethod
    def _ignore(cls, data: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if name not in cls.ignored}
        return data


class ImportedProject(ImportedRow):
    """A project as an export has it."""

    name: Name
    color: Color = None
    archived: Annotated[bool, Field(description="Whether it is put away.")] = False


class ImportedTag(ImportedRow):
    """A tag as an export has it; where there is one of this name, that one stays."""

    name: TagName
    color: Color = None


class ImportedFilter(ImportedRow):
    """A saved filter as an export has it."""

    name: Name
    query: Annotated[Query, AfterValidator(_parameters)]


class ImportedTask(ImportedRow):
    """A task as an export has it, to be taken in."""

    ignored: ClassVar[tuple[str, ...]] = (
        *ImportedRow.ignored,
        *("status", "subtasks", "due_at", "overdue"),
        *("recurrence_pattern", "is_recurring", "remind_at"),
    )

    title: Title
    description: Description = None
    completed: Completed = False
    completed_at: Annotated[
        PastInstantOrNull,
        AfterValidator(_agrees),
        Field(description="Kept; of one that is completed, `updated_at` if absent, or `null`."),
    ] = None
    priority: PriorityWord = Priority.MEDIUM.value
    tags: Tags = []
    category: Category = None
    project_id: Annotated[
        ProjectId,
        Field(description="Kept: a project that is there, or stands before; none if in the trash."),
    ] = None
    parent_id: Annotated[
        ParentId,
        AfterValidator(_another),
        Field(description="Kept: a task that is there, or stands before; none if in the trash."),
    ] = None
    start_date: StartDate = None
    due_date: DueDate = None
    time_zone: TimeZone = None
    recurrence: Recurrence = None
    recurrence_basis: RecurrenceBasis = "due"
    reminders: Reminders = []
    series_id: Annotated[RowId, Field(description="Kept, so that a series stays one.")] = None
    occurs_on: Annotated[DueDate, AfterValidator(_of_its_kind), _IN_SERIES] = None
    rule_start: Annotated[DueDate, AfterValidator(_of_its_kind), _IN_SERIES] = None
    rule_first: Annotated[_Ordinal, _IN_SERIES] = None
    occurrence: Annotated[_Ordinal, AfterValidator(_not_before_first), _IN_SERIES] = None


class ImportedTrash(ImportedTask):
    """A task of the trash; one without `deleted_at` was restored while it was exported."""

    deleted_at: Annotated[PastInstantOrNull, Field(description="Kept: it tells when it is purged.")]


class ImportedChange(BaseModel):
    """An entry of the log, which is not taken over: any object will do."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})


class Import(BaseModel):
    """What `export` answers; all members but `format` may be missing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_schema_of_document)

    format: Annotated[
        Literal["todo-server/1"], Field(description="What it is, and its version; best first.")
    ]
    exported_at: Annotated[Any, BeforeValidator(instant_if_text)] = None
    number: Any = None
    account: Any = None
    settings: ImportedSettings = ImportedSettings()
    projects: Annotated[
        list[ImportedProject], Field(description="The projects; before the tasks that are in them.")
    ] = []
    tags: Annotated[
        list[ImportedTag],
        Field(description="The tags; those that tasks name are made anyway."),
    ] = []
    filters: Annotated[list[ImportedFilter], Field(description="The saved filters.")] = []
    tasks: Annotated[
        list[ImportedTask], Field(description="The tasks; those that have subtasks before these.")
    ] = []
    trash: Annotated[list[ImportedTrash], Field(description="The trash, in the same order.")] = []
    changes: Annotated[
        list[ImportedChange], Field(description="The log, which is not taken over.")
    ] = []


class Imported(BaseModel):
    """What an import has done."""

    created: Annotated[
        int,
        Field(
            description="Rows that were not there: tasks, projects, tags and filters.",
            ge=0,
            examples=[2],
        ),
    ]
    left: Annotated[
        int,
        Field(
            description="Rows that were there already, by their ids or, of tags, by their names.",
            ge=0,
            examples=[0],
        ),
    ]
