"""The shapes in which clients write and read a task."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from sqlmodel import SQLModel

from todo_server.domain.aliases import (
    ALIASES,
    ANSWERED,
    DUE_TIME,
    DUE_TIME_SCHEMA,
    DisagreementError,
    Either,
    Said,
    resolve,
    settled_of_new,
)
from todo_server.domain.identity import USER_ID_LENGTH
from todo_server.domain.priority import Priority
from todo_server.domain.recurrence import RULE_NAME_SCHEMAS, needs_present, read_names, rule_of
from todo_server.models.fields import ABSENT, without_defaults
from todo_server.models.task.dates import (
    Basis,
    DueDate,
    Recurrence,
    RecurrenceBasis,
    StartDate,
    TimeZone,
)
from todo_server.models.task.derived import DATES, DERIVED_MEMBERS, Seldom
from todo_server.models.task.members import (
    Category,
    Completed,
    Description,
    ParentId,
    PriorityWord,
    ProjectId,
    Tags,
    Title,
)
from todo_server.models.task.move import Move
from todo_server.models.task.reminders import Reminders
from todo_server.models.task.table import TITLE_LENGTH

# Members of a task that a client may echo back; they are ignored and never assigned.
READ_ONLY = (
    "id",
    "user_id",
    "version",
    "created_at",
    "updated_at",
    "completed_at",
    "position",
    "subtasks",
    "due_at",
    "overdue",
    "is_recurring",
    "recurrence_pattern",
    "series_id",
)
_SPECIAL = frozenset(READ_ONLY) | ALIASES.keys() | {DUE_TIME} | RULE_NAME_SCHEMAS.keys()


def schema_of_input(schema: dict[str, Any], shape: type["TaskInput"]) -> None:
    """Document the read-only members, which may be sent and are ignored, and the other names."""
    without_defaults(schema)
    for name in shape.read_only:
        schema["properties"][name] = {"readOnly": True, "description": "Ignored when sent."}
    for name, alias in ALIASES.items():
        if alias.member in schema["properties"]:
            about = f"Another name of `{alias.member}`."
            schema["properties"][name] = {"description": about, **alias.schema}
    if "recurrence" in schema["properties"]:
        for name, its in RULE_NAME_SCHEMAS.items():
            about = "Another name of `recurrence`, or of a part of it: docs/compatibility.md."
            schema["properties"][name] = {"description": about, **its}
    if "due_date" in schema["properties"]:
        about = "A time of day for a `due_date` that has none."
        schema["properties"][DUE_TIME] = {"description": about, **DUE_TIME_SCHEMA}


class TaskInput(SQLModel):
    """What all writable shapes share: strict types, no unknown members, other names."""

    model_config = ConfigDict(  # type: ignore[assignment]
        extra="forbid", strict=True, json_schema_extra=schema_of_input
    )
    read_only: ClassVar[tuple[str, ...]] = READ_ONLY
    disputed: ClassVar[Mapping[str, Said]] = {}
    """Of one body: members about which its names disagree, and what each says."""
    # SQLModel's own is for tables; for a shape, it does the same by a detour through Python.
    __init__ = BaseModel.__init__

    @model_validator(mode="wrap")
    @classmethod
    def _read(
        cls,
        data: Any,  # noqa: ANN401 - a body may be anything
        read: ModelWrapValidatorHandler["TaskInput"],
    ) -> "TaskInput":
        if not isinstance(data, dict) or _SPECIAL.isdisjoint(data):  # as nearly always
            return read(data)
        members = {name: value for name, value in data.items() if name not in cls.read_only}
        members, unknown = resolve(members)
        wrong = {name: (why.code, str(why)) for name, why in unknown.items()}
        said: dict[str, Any] = {}
        if "recurrence" in cls.model_fields and not RULE_NAME_SCHEMAS.keys().isdisjoint(data):
            said, no_rules = cls._take_rule(members, data)
            wrong |= {
                name: (getattr(why, "code", "invalid"), str(why)) for name, why in no_rules.items()
            }
        if wrong:
            raise cls._refusal(wrong)
        shape = cls._settle(read, members)
        if said:
            object.__setattr__(shape, "disputed", {**shape.disputed, "recurrence": [*said.items()]})
        return shape

    @classmethod
    def _take_rule(
        cls, members: dict[str, Any], data: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, ValueError]]:
        """Put the rule that several names speak of into the members, by its own name.

        Gives what they say where it takes what the task has, to know which of them counts.
        """
        for name in RULE_NAME_SCHEMAS:
            members.pop(name, None)
        names = ("recurrence", *RULE_NAME_SCHEMAS)
        said, wrong = read_names({name: data[name] for name in names if name in data})
        if wrong:
            return {}, dict(wrong)
        if not issubclass(cls, TaskCreate) and needs_present(said):
            members["recurrence"] = None  # until it is known
            return said, {}
        try:
            if issubclass(cls, TaskCreate):
                members.setdefault("recurrence", None)
                if "recurrence" in said or "recurrence" not in data:
                    members["recurrence"] = rule_of(said, None, is_new=True)
            elif "recurrence" not in said:
                rules = {name: rule for name, rule in said.items() if name != "is_recurring"}
                if rules:
                    members["recurrence"] = rule_of(rules, None)
        except ValueError as error:
            return {}, {"recurrence": error}
        return {}, {}

    @classmethod
    def _settle(
        cls, read: ModelWrapValidatorHandler["TaskInput"], members: dict[str, Any]
    ) -> "TaskInput":
        """Read what names disagree about, with each value in turn.

        Of a new task, what is not the default counts; of one that is there, whoever has it says
        (`settled`). Whether it is completed can be null for that: 'not what it is'.
        """
        disputes = {name: its for name, its in members.items() if isinstance(its, Either)}
        members = {name: its for name, its in members.items() if name not in disputes}
        if not disputes:
            return read(members)
        first = {name: its.said[0][1] for name, its in disputes.items()}
        shape = read(members | first)
        fields = shape.__class__.model_fields
        for name, its in disputes.items():
            said = [
                (by, getattr(read(members | first | {name: value}), name)) for by, value in its.said
            ]
            if name == "completed":
                shape.__dict__[name] = None if fields[name].default is None else True
            elif isinstance(shape, TaskCreate):
                shape.__dict__[name] = cls._settled(name, said, fields[name].default)
            else:
                object.__setattr__(shape, "disputed", {**shape.disputed, name: said})
        return shape

    @classmethod
    def _settled(cls, name: str, said: Said, default: Any) -> Any:  # noqa: ANN401 - any member
        try:
            return settled_of_new(name, said, default)
        except DisagreementError as error:
            raise cls._refusal({name: ("inconsistent", str(error))}) from error

    @classmethod
    def _refusal(cls, wrong: dict[str, tuple[str, str]]) -> ValidationError:
        errors = [
            InitErrorDetails(
                type=PydanticCustomError(code, "{reason}", {"reason": reason}),
                loc=(name,),
                input=None,
            )
            for name, (code, reason) in wrong.items()
        ]
        return ValidationError.from_exception_data(cls.__name__, errors)


class TaskCreate(TaskInput):
    """A new task."""

    title: Title
    description: Description = None
    completed: Annotated[
        bool, Field(description="Whether it is done; `false` if absent.", examples=[False])
    ] = False
    priority: PriorityWord = Priority.MEDIUM.value
    tags: Tags = []
    category: Category = None
    project_id: ProjectId = None
    parent_id: ParentId = None
    start_date: StartDate = None
    due_date: DueDate = None
    time_zone: TimeZone = None
    recurrence: Recurrence = None
    recurrence_basis: RecurrenceBasis = "due"
    reminders: Reminders = []
    move: Annotated[
        Move, Field(description="Where among the user's tasks; behind all if absent.")
    ] = ABSENT


class TaskUpdate(TaskInput):
    """A change to a task: absent members stay as they are, `null` clears what may be empty."""

    title: Title = ABSENT
    description: Description = None
    completed: Completed = ABSENT
    priority: PriorityWord = ABSENT
    tags: Tags = ABSENT
    category: Category = None
    project_id: ProjectId = None
    parent_id: ParentId = None
    start_date: StartDate = None
    due_date: DueDate = None
    time_zone: TimeZone = None
    recurrence: Recurrence = None
    recurrence_basis: RecurrenceBasis = ABSENT
    reminders: Reminders = ABSENT
    move: Annotated[Move, Field(description="Where to among the user's tasks.")] = ABSENT

    @property
    def flips(self) -> bool:
        """Tell whether it shall be completed where it is not, and the other way round."""
        return self.completed is None and "completed" in self.model_fields_set


class Completion(TaskInput):
    """Whether a task shall be completed; without the member, the present state is flipped."""

    read_only: ClassVar[tuple[str, ...]] = (*READ_ONLY, *ANSWERED)

    completed: Annotated[
        bool,
        Field(description="`true` completes, `false` reopens: safe to retry.", examples=[True]),
    ] = ABSENT


class Progress(BaseModel):
    """How many subtasks there are, and how many are done."""

    total: Annotated[int, Field(description="All that are not in the trash.", ge=0)]
    completed: Annotated[int, Field(description="Those that are completed.", ge=0)]


class TaskRead(SQLModel):
    """A task as every operation answers it."""

    derived: ClassVar[dict[str, Any]] = DERIVED_MEMBERS
    """What no column has: how it is made of those that a row has."""
    bare: ClassVar[tuple[str, ...]] = (
        *("status", "priority", "position", "start_date", "due_date", "time_zone"),
        *("recurrence", "recurrence_pattern", "recurrence_basis"),
    )
    """Texts without a character that JSON escapes."""
    seldom: ClassVar[Seldom] = DATES
    """Members that follow each other, and are mostly the same."""

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
    status: Annotated[
        Literal["pending", "completed"], Field(description="The same as `completed`, in a word.")
    ]
    completed_at: Annotated[
        datetime | None,
        WithJsonSchema({"type": ["string", "null"], "format": "date-time"}),
        Field(description="When it was completed, or `null`; as the other two."),
    ]
    priority: Annotated[Priority, Field(description="How much it matters.", examples=["medium"])]
    tags: Annotated[list[str], Field(description="The names of its tags, as they were sent.")]
    category: Annotated[str | None, Field(description="A label of the user's own, or `null`.")]
    project_id: Annotated[UUID | None, Field(description="The project that it is in, or `null`.")]
    parent_id: Annotated[UUID | None, Field(description="The task it is a part of, or `null`.")]
    position: Annotated[
        str,
        Field(
            description="Where the user has put it: compared character by character, by their "
            "code points, and of no other meaning.",
            examples=["z019aa3f47c007e3a8f523d1f0c"],
        ),
    ]
    subtasks: Annotated[Progress, Field(description="How far its parts are.")]
    start_date: Annotated[
        str | None, Field(description="When it can begin, or `null`: as it was sent.")
    ]
    due_date: Annotated[
        str | None,
        Field(
            description="When it has to be done, or `null`: a date, a local time or an instant, as "
            "it was sent.",
            examples=["2026-11-30"],
        ),
    ]
    time_zone: Annotated[
        str | None,
        Field(description="The time zone of its dates; `null` is the user's own."),
    ]
    due_at: Annotated[
        datetime | None,
        WithJsonSchema({"type": ["string", "null"], "format": "date-time"}),
        Field(description="The instant that `due_date` is; of a date, the end of its day."),
    ]
    overdue: Annotated[
        bool, Field(description="Whether it is not completed, and `due_at` is over.")
    ]
    recurrence: Annotated[
        str | None, Field(description="How it repeats: a rule (RFC 5545), or `null`.")
    ]
    recurrence_pattern: Annotated[
        Literal["none", "daily", "weekly", "monthly", "yearly", "custom"],
        Field(description="The same in a word; `custom` for what none of the others says."),
    ]
    is_recurring: Annotated[bool, Field(description="Whether it repeats.")]
    recurrence_basis: Annotated[
        Basis, Field(description="From what the next date is counted.", examples=["due"])
    ]
    reminders: Annotated[
        list[dict[str, Any]], Field(description="When it reminds, in the order sent.")
    ]
    remind_at: Annotated[str | None, Field(description="When it reminds first, or `null`.")]
    series_id: Annotated[
        UUID | None,
        Field(description="Of a repeating task, the id of the first of its series, or `null`."),
    ]
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


class ChangedTaskRead(TaskRead):
    """A task as the operations answer it that may complete it."""

    model_config = ConfigDict(json_schema_extra=without_defaults)  # type: ignore[assignment]

    next_task: Annotated[
        TaskRead | None,
        Field(
            description="Of a repeating task that is completed, alone: the task that comes after "
            "it, or `null` where it was the last."
        ),
    ] = None


class TrashedTaskRead(TaskRead):
    """A task as the trash shows it."""

    deleted_at: Annotated[
        datetime,
        Field(description="When it was put into the trash: in the form of the other instants."),
    ]
