"""Several changes of tasks in one request: the shapes in which clients write them."""

import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar, cast
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from todo_server.errors import FieldError, ValidationFailedError
from todo_server.models.fields import ABSENT, StrictShape, without_defaults
from todo_server.models.task import (
    READ_ONLY,
    ChangedTaskRead,
    Completion,
    Move,
    TaskCreate,
    TaskInput,
    TaskRead,
    TaskUpdate,
)
from todo_server.models.task.input import schema_of_input
from todo_server.models.task.move import ONE_PLACE, require_one_place, schema_of_move

MAX_COMMANDS = 100

_REF = "[A-Za-z0-9_-]{1,64}"
_UUID = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_IS_UUID, _IS_TARGET = re.compile(_UUID), re.compile(f"{_UUID}|#{_REF}")
_OPERATIONS = "create, update, complete, move, delete or restore"


def _task_id(value: str) -> str:
    if not _IS_UUID.fullmatch(value):
        raise PydanticCustomError("uuid_parsing", "Use a UUID with hyphens")
    return value


def _target(value: str) -> str:
    if not _IS_TARGET.fullmatch(value):
        raise PydanticCustomError(
            "uuid_parsing", "Use a UUID with hyphens, or '#' and the 'ref' of an earlier command"
        )
    return value


TaskId = Annotated[str, AfterValidator(_task_id), Field(json_schema_extra={"format": "uuid"})]
TargetId = Annotated[
    str,
    AfterValidator(_target),
    Field(
        description="The task's id; or `#` and the `ref` of an earlier command, which made it.",
        examples=["#a"],
        json_schema_extra={"pattern": f"^({_UUID}|#{_REF})$"},
    ),
]


ParentTarget = Annotated[
    Annotated[str, AfterValidator(_target)] | None,
    BeforeValidator(lambda value: None if value == "" else value),
    Field(
        description="The task that it is a part of, or `null`; or `#` and a `ref`, as with `id`.",
        json_schema_extra={"pattern": f"^({_UUID}|#{_REF})$"},
    ),
]


class BulkMove(StrictShape):
    """A place among the user's tasks: one of the four."""

    model_config = ConfigDict(json_schema_extra=schema_of_move)

    after: Annotated[TargetId, Field(description="Behind this task.")] = ABSENT
    before: Annotated[TargetId, Field(description="In front of it.")] = ABSENT
    first: Annotated[Literal[True], Field(description="In front of all.")] = ABSENT
    last: Annotated[Literal[True], Field(description="Behind all.")] = ABSENT

    @model_validator(mode="after")
    def _one(self) -> "BulkMove":
        require_one_place(self)
        return self


Resolve: TypeAlias = Callable[[str, str], UUID]
"""Gives the task that is named by a text, in a field: by its id, or by a `ref`."""

Part = TypeVar("Part", bound=TaskInput)


def _part_of(command: TaskInput, shape: type[Part]) -> Part:
    """Give the members of a command that a shape has, as they were sent."""
    names = shape.model_fields
    values = {name: getattr(command, name) for name in names}
    part: Any = shape.model_construct(command.model_fields_set & names.keys(), **values)
    if command.disputed:
        object.__setattr__(part, "disputed", command.disputed)
    return cast("Part", part)


def _refer(
    part: Any,  # noqa: ANN401 - TaskCreate or TaskUpdate
    resolve: Resolve,
) -> Any:  # noqa: ANN401 - as above
    """Put ids where other tasks are named."""
    if part.parent_id is not None:
        part.parent_id = resolve(part.parent_id, "parent_id")
    if part.move is not None:
        part.move = _place(part.move, resolve, "move.")
    return part


def _place(move: "BulkMove | MoveCommand", resolve: Resolve, prefix: str = "") -> Move:
    ((name, value),) = (
        (name, getattr(move, name)) for name in BulkMove.model_fields.keys() & move.model_fields_set
    )
    place: Any = resolve(value, prefix + name) if isinstance(value, str) else value
    return Move.model_construct({name}, **{name: place})


class CreateCommand(TaskCreate):
    """Create a task."""

    parent_id: ParentTarget = None  # type: ignore[assignment]
    move: Annotated[BulkMove, Field(description="As alone.")] = ABSENT  # type: ignore[assignment]

    op: Annotated[Literal["create"], Field(description="What is done.")]
    ref: Annotated[
        str,
        StringConstraints(pattern=f"^{_REF}$"),
        Field(description="A name of your own for later commands: `#` and it.", examples=["a"]),
    ] = ABSENT

    def task(self, resolve: Resolve) -> TaskCreate:
        """Give the task, as the single operation takes it."""
        task: TaskCreate = _refer(_part_of(self, TaskCreate), resolve)
        return task

    @property
    def is_plain(self) -> bool:
        """Tell whether nothing of it may be refused by what there is besides the task."""
        named = (self.project_id, self.parent_id, self.move, self.time_zone)
        return all(each is None for each in named)


def _whole(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Take 3.0 for 3, as JSON Schema does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class _CommandOnTask(TaskInput):
    """What all others have: which task, and in which version."""

    read_only: ClassVar[tuple[str, ...]] = tuple(name for name in READ_ONLY if name != "id")

    id: TargetId
    if_version: Annotated[
        int,
        Field(
            description="The version that it must have, as with `If-Match`; any if absent.",
            ge=1,
            le=2**63 - 1,
        ),
        BeforeValidator(_whole),
    ] = ABSENT

    @property
    def is_plain(self) -> bool:
        """Tell whether nothing of it may be refused by what there is besides the task."""
        return True


class UpdateCommand(_CommandOnTask, TaskUpdate):
    """Change a task: absent members stay as they are, `null` clears what may be empty."""

    op: Annotated[Literal["update"], Field(description="What is done.")]
    parent_id: ParentTarget = None  # type: ignore[assignment]
    move: Annotated[BulkMove, Field(description="As alone.")] = ABSENT  # type: ignore[assignment]

    @property
    def is_plain(self) -> bool:
        """Tell whether nothing of it may be refused by what there is besides the task."""
        return all(each is None for each in (self.project_id, self.parent_id, self.time_zone))

    def change(self, resolve: Resolve) -> TaskUpdate:
        """Give what it changes, as the single operation takes it."""
        change: TaskUpdate = _refer(_part_of(self, TaskUpdate), resolve)
        return change


class CompleteCommand(_CommandOnTask, Completion):
    """Complete or reopen a task; without `completed`, its state is flipped."""

    op: Annotated[Literal["complete"], Field(description="What is done.")]

    def change(self) -> Completion:
        """Give what it changes, as above."""
        return _part_of(self, Completion)


def _schema_of_move_command(schema: dict[str, Any], shape: type[TaskInput]) -> None:
    schema_of_input(schema, shape)
    schema.update(ONE_PLACE)


class MoveCommand(_CommandOnTask):
    """Put a task somewhere else among the user's tasks: one of the four."""

    model_config = ConfigDict(json_schema_extra=_schema_of_move_command)  # type: ignore[assignment]

    op: Annotated[Literal["move"], Field(description="What is done.")]
    after: Annotated[TargetId, Field(description="Behind this task.")] = ABSENT
    before: Annotated[TargetId, Field(description="In front of it.")] = ABSENT
    first: Annotated[Literal[True], Field(description="In front of all.")] = ABSENT
    last: Annotated[Literal[True], Field(description="Behind all.")] = ABSENT

    @model_validator(mode="after")
    def _one(self) -> "MoveCommand":
        require_one_place(self)
        return self

    def change(self, resolve: Resolve) -> TaskUpdate:
        """Give what it changes, as above."""
        return TaskUpdate.model_construct({"move"}, move=_place(self, resolve))


class DeleteCommand(_CommandOnTask):
    """Put a task into the trash."""

    op: Annotated[Literal["delete"], Field(description="What is done.")]


class RestoreCommand(_CommandOnTask):
    """Take a task out of the trash."""

    op: Annotated[Literal["restore"], Field(description="What is done.")]


def _without_tag(
    value: Any,  # noqa: ANN401 - any JSON
    read: ValidatorFunctionWrapHandler,
) -> Any:  # noqa: ANN401 - as the handler gives it
    """Name what is wrong as the client knows it: without the name of the alternative."""
    try:
        return read(value)
    except ValidationError as error:
        raise ValidationError.from_exception_data(
            error.title, [_named(each) for each in error.errors()]
        ) from error


def _named(error: Any) -> InitErrorDetails:  # noqa: ANN401 - ErrorDetails
    kind, message, where = error["type"], error["msg"], error["loc"][1:]
    if kind.startswith("union_tag"):
        kind, message, where = "invalid", f"Use {_OPERATIONS}", ("op",)
    elif kind == "model_attributes_type":
        kind, message = "dict_type", "Use a JSON object"
    return {"type": PydanticCustomError(kind, message), "loc": where, "input": None}


def _read_command(
    value: Any,  # noqa: ANN401 - any JSON
    read: ValidatorFunctionWrapHandler,
    info: ValidationInfo,
) -> Any:  # noqa: ANN401 - as the handler gives it
    """Give a command; what is wrong with it instead, where the others are done without it."""
    try:
        return _without_tag(value, read)
    except ValidationError as error:
        if info.data.get("atomic", True):
            raise
        return ValidationFailedError.of(*(_field_error(each) for each in error.errors()))


def _field_error(error: Any) -> FieldError:  # noqa: ANN401 - ErrorDetails
    # A name that somebody made up may hold anything, surrogates included.
    field = ".".join(map(str, error["loc"])).encode(errors="replace").decode()[:100]
    return FieldError(field, error["type"], error["msg"])


OneCommand: TypeAlias = (
    CreateCommand | UpdateCommand | CompleteCommand | MoveCommand | DeleteCommand | RestoreCommand
)
Command = Annotated[OneCommand, Field(discriminator="op"), WrapValidator(_read_command)]
Atomic = Annotated[
    bool,
    Field(
        description="`true` if absent: all is done, or nothing. `false` does what can be done.",
        examples=[True],
    ),
]


class BulkCommands(StrictShape):
    """Commands, done in their order."""

    # Before the commands, which are read by what it says.
    atomic: Atomic = True
    commands: Annotated[
        list[Command],
        Field(description="1 to 100 commands.", min_length=1, max_length=MAX_COMMANDS),
    ]


class BulkAction(StrictShape):
    """The same for several tasks."""

    atomic: Atomic = True
    task_ids: Annotated[
        list[TaskId],
        Field(description="1 to 100 ids.", min_length=1, max_length=MAX_COMMANDS),
    ]
    action: Annotated[
        Literal["complete", "reopen", "delete", "restore"],
        Field(description="What is done with each.", examples=["complete"]),
    ]

    def as_commands(self) -> list[OneCommand]:
        """Give it as commands, one for each task."""
        if self.action == "delete":
            return [DeleteCommand(op="delete", id=each) for each in self.task_ids]
        if self.action == "restore":
            return [RestoreCommand(op="restore", id=each) for each in self.task_ids]
        done = self.action == "complete"
        return [CompleteCommand(op="complete", id=each, completed=done) for each in self.task_ids]


def _alternative(value: Any) -> str:  # noqa: ANN401 - any JSON
    is_action = isinstance(value, dict) and "commands" not in value and "task_ids" in value
    return "task_ids" if is_action else "commands"


Bulk = Annotated[
    Annotated[BulkCommands, Tag("commands")] | Annotated[BulkAction, Tag("task_ids")],
    Discriminator(_alternative),
    WrapValidator(_without_tag),
]


class BulkDetail(BaseModel):
    """One thing that is wrong with one field of a command."""

    field: Annotated[str, Field(description="As in `commands.3.title`.")]
    code: Annotated[str, Field(description="What is wrong, for programs.")]
    message: Annotated[str, Field(description="What is wrong, for people.")]


class BulkResult(BaseModel):
    """What became of one command: the task, or why nothing was done; neither of what is deleted."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    status: Annotated[
        int,
        Field(description="As the operation answers it alone.", ge=200, le=499, examples=[201]),
    ]
    task: Annotated[
        ChangedTaskRead | SkipJsonSchema[None], Field(description="As it was after the command.")
    ] = None
    error: Annotated[
        str | SkipJsonSchema[None],
        Field(description="The code of the error.", examples=["task_not_found"]),
    ] = None
    message: Annotated[
        str | SkipJsonSchema[None], Field(description="What went wrong, for people.")
    ] = None
    details: Annotated[
        list[BulkDetail] | SkipJsonSchema[None],
        Field(description="What is wrong, field by field."),
    ] = None
    current: Annotated[
        TaskRead | SkipJsonSchema[None],
        Field(description="With `version_conflict` alone: what the task is now."),
    ] = None


class BulkResults(BaseModel):
    """What became of each command."""

    results: Annotated[
        list[BulkResult], Field(description="One for each command or id, in their order.")
    ]
