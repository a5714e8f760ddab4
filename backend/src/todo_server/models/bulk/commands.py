"""Commands, each of which changes one task."""

from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar, cast

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from todo_server.models.bulk.targets import REF, BulkMove, ParentTarget, Resolve, TargetId
from todo_server.models.fields import ABSENT
from todo_server.models.task import READ_ONLY, Completion, Move, TaskCreate, TaskInput, TaskUpdate
from todo_server.models.task.input import schema_of_input
from todo_server.models.task.move import ONE_PLACE

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


def _place(move: BulkMove, resolve: Resolve, prefix: str = "") -> Move:
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
        StringConstraints(pattern=f"^{REF}$"),
        Field(description="A name of your own for later commands: `#` and it.", examples=["a"]),
    ] = ABSENT

    def task(self, resolve: Resolve) -> TaskCreate:
        """Give the task, as the single operation takes it."""
        task: TaskCreate = _refer(_part_of(self, TaskCreate), resolve)
        return task


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


class UpdateCommand(_CommandOnTask, TaskUpdate):
    """Change a task: absent members stay as they are, `null` clears what may be empty."""

    op: Annotated[Literal["update"], Field(description="What is done.")]
    parent_id: ParentTarget = None  # type: ignore[assignment]
    move: Annotated[BulkMove, Field(description="As alone.")] = ABSENT  # type: ignore[assignment]

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


class MoveCommand(_CommandOnTask, BulkMove):
    """Put a task somewhere else among the user's tasks: one of the four."""

    model_config = ConfigDict(json_schema_extra=_schema_of_move_command)  # type: ignore[assignment]

    op: Annotated[Literal["move"], Field(description="What is done.")]

    def change(self, resolve: Resolve) -> TaskUpdate:
        """Give what it changes, as above."""
        return TaskUpdate.model_construct({"move"}, move=_place(self, resolve))


class DeleteCommand(_CommandOnTask):
    """Put a task into the trash."""

    op: Annotated[Literal["delete"], Field(description="What is done.")]


class RestoreCommand(_CommandOnTask):
    """Take a task out of the trash."""

    op: Annotated[Literal["restore"], Field(description="What is done.")]


OneCommand: TypeAlias = (
    CreateCommand | UpdateCommand | CompleteCommand | MoveCommand | DeleteCommand | RestoreCommand
)
