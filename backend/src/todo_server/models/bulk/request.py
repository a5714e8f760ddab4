"""A request of several commands, and how what is wrong with one of them is told."""

from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from todo_server.errors import FieldError, ValidationFailedError
from todo_server.models.bulk.commands import (
    CompleteCommand,
    DeleteCommand,
    OneCommand,
    RestoreCommand,
)
from todo_server.models.bulk.targets import TaskId
from todo_server.models.fields import StrictShape

MAX_COMMANDS = 100

_OPERATIONS = "create, update, complete, move, delete or restore"


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
