"""Many changes of tasks in one transaction, each by the verb that makes it alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TypeAlias
from uuid import UUID

from todo_server.database import Handle, TransactionHandle
from todo_server.domain.uuid7 import uuid7
from todo_server.errors import (
    FieldError,
    TaskNotFoundError,
    TodoServerError,
    UnauthenticatedError,
    UnavailableError,
    ValidationFailedError,
    VersionConflictError,
)
from todo_server.models import TaskCreate
from todo_server.models.bulk import (
    CompleteCommand,
    CreateCommand,
    DeleteCommand,
    MoveCommand,
    OneCommand,
    RestoreCommand,
    UpdateCommand,
)
from todo_server.services.batches import BEGIN_BATCH
from todo_server.services.one_row import Versioned
from todo_server.services.tasks import verbs
from todo_server.services.tasks.repeating import repeating_of

Outcome: TypeAlias = Versioned | TodoServerError | None
"""What a command gave: the task, why it did nothing, or None of one that was deleted."""

Asked: TypeAlias = OneCommand | ValidationFailedError
"""A command; or what is wrong with it, where the others are done without it."""

_NAMING = ("project_id", "parent_id", "time_zone")
"""Members for which a change may be refused by what there is besides the task."""
_CREATED_NAMING = (*_NAMING, "move")


async def run_commands(
    mine: Handle,
    commands: Sequence[Asked],
    write: Callable[[Asked, Outcome], bytes],
    *,
    atomic: bool,
    name: Callable[[int, str], str],
) -> list[bytes]:
    """Run commands in their order, in one transaction; gives of each what `write` makes of it.

    With `atomic` the first that fails raises what the verb does, and nothing is done; its fields
    are called what `name` makes of the command's number and the field. Without, it is an outcome.
    """

    async def steps(mine: TransactionHandle) -> list[bytes]:
        await mine.run(BEGIN_BATCH)
        repeating = await _repeating(mine, commands)
        outcomes = await _Bulk(mine, repeating, atomic=atomic, name=name).run(commands)
        return [write(*each) for each in zip(commands, outcomes, strict=True)]

    return await mine.transaction(steps)


async def _repeating(mine: TransactionHandle, commands: Sequence[Asked]) -> set[str]:
    """Tell which of the tasks that are to be completed or reopened repeat, or will by a command."""
    completed = [each.id for each in commands if _may_complete(each)]  # type: ignore[union-attr]
    if not completed:
        return set()
    if any(_may_make_one(each) for each in commands):
        return set(completed)  # it costs more, and is right for any
    return await repeating_of(mine, [each for each in completed if not each.startswith("#")])


def _may_complete(command: Asked) -> bool:
    is_update = isinstance(command, UpdateCommand) and "completed" in command.model_fields_set
    return is_update or isinstance(command, CompleteCommand)


def _may_make_one(command: Asked) -> bool:
    """Tell whether there may be a repeating task more after a command."""
    if isinstance(command, RestoreCommand):
        return True
    if not isinstance(command, CreateCommand | UpdateCommand):
        return False
    return command.recurrence is not None or "recurrence" in command.disputed


class _Bulk:
    """Commands that are being run."""

    def __init__(
        self,
        mine: TransactionHandle,
        repeating: set[str],
        *,
        atomic: bool,
        name: Callable[[int, str], str],
    ) -> None:
        self._mine, self._repeating = mine, repeating
        self._atomic, self._name = atomic, name
        self._made: dict[str, UUID] = {}  # by their refs
        self._outcomes: list[Outcome] = []

    async def run(self, commands: Sequence[Asked]) -> list[Outcome]:
        ids = iter(sorted(uuid7(self._mine.now) for _ in commands))
        for together, group in groupby(commands, self._is_created_with_others):
            if together:
                await self._create([each for each in group if isinstance(each, CreateCommand)], ids)
                continue
            for command in group:
                try:
                    self._outcomes.append(await self._change(command, ids))
                except TodoServerError as error:
                    self._refuse(error)
        return self._outcomes

    def _is_created_with_others(self, command: Asked) -> bool:
        # Where one is refused by what there is, so would be all that are created with it.
        return isinstance(command, CreateCommand) and self._is_safe(command)

    def _is_safe(self, command: OneCommand) -> bool:
        """Tell whether it cannot fail in such a way that the transaction cannot go on after it.

        Where nothing goes on after a failure, tags are: there may be too many of them.
        """
        naming = _CREATED_NAMING if isinstance(command, CreateCommand) else _NAMING
        is_plain = all(getattr(command, name, None) is None for name in naming)
        has_tags = isinstance(command, CreateCommand | UpdateCommand) and bool(command.tags)
        return is_plain and (self._atomic or not has_tags)

    async def _create(self, commands: list[CreateCommand], ids: Iterator[UUID]) -> None:
        """Create several in one statement; those whose `ref` is taken are refused."""
        first = len(self._outcomes)
        new: dict[UUID, TaskCreate] = {}
        for command, task_id in zip(commands, ids, strict=False):
            try:
                new[task_id] = self._noted(command, task_id)
                self._outcomes.append(None)
            except ValidationFailedError as error:
                self._refuse(error)
        places = [at for at in range(first, len(self._outcomes)) if self._outcomes[at] is None]
        tasks = await self._created(new, places) if new else []
        for at, task in zip(places, tasks, strict=True):
            self._outcomes[at] = task

    async def _created(self, new: dict[UUID, TaskCreate], places: list[int]) -> list[Versioned]:
        """Create tasks; one by one where there are tags too many, which tells whose."""
        if not any(task.tags for task in new.values()):
            return await verbs.create_tasks(self._mine, new)
        try:
            return await self._mine.attempt(lambda: verbs.create_tasks(self._mine, new))
        except ValidationFailedError:
            return [
                await self._created_alone(task_id, task, at)
                for (task_id, task), at in zip(new.items(), places, strict=True)
            ]

    async def _created_alone(self, task_id: UUID, task: TaskCreate, number: int) -> Versioned:
        try:
            return await verbs.create_task(self._mine, task, task_id)
        except ValidationFailedError as error:
            raise self._named(error, number) from error

    def _noted(self, command: CreateCommand, task_id: UUID) -> TaskCreate:
        """Give the task, and keep its `ref` for later commands; refuses one that is taken."""
        if command.ref in self._made:
            message = "An earlier command has this 'ref'"
            raise ValidationFailedError.of(FieldError("ref", "repeated", message))
        task = command.task(self._target)
        if command.ref is not None:
            self._made[command.ref] = task_id
        return task

    async def _change(self, command: Asked, ids: Iterator[UUID]) -> Outcome:
        if isinstance(command, ValidationFailedError):
            raise command
        if self._atomic or self._is_safe(command):
            return await self._verb(command, ids)
        return await self._mine.attempt(lambda: self._verb(command, ids))

    async def _verb(self, command: OneCommand, ids: Iterator[UUID]) -> Outcome:
        if isinstance(command, CreateCommand):
            task_id = next(ids)
            task = self._noted(command, task_id)
            try:
                return await verbs.create_task(self._mine, task, task_id)
            except TodoServerError:
                self._made.pop(command.ref, None)
                raise
        task_id = self._target(command.id)
        versions = None if command.if_version is None else [command.if_version]
        repeats = command.id in self._repeating
        match command:
            case UpdateCommand():
                change = command.change(self._target)
                return await verbs.update_task(
                    self._mine, task_id, change, versions, repeats=repeats
                )
            case MoveCommand():
                change = command.change(self._target)
                try:
                    return await verbs.update_task(self._mine, task_id, change, versions)
                except ValidationFailedError as error:  # in which it has the places itself
                    own = (replace(d, field=d.field.removeprefix("move.")) for d in error.details)
                    raise ValidationFailedError.of(*own) from error
            case CompleteCommand():
                return await verbs.complete_task(
                    self._mine, task_id, command.change(), versions, repeats=repeats
                )
            case DeleteCommand():
                await verbs.delete_task(self._mine, task_id, versions)
                return None
            case _:
                return await verbs.restore_task(self._mine, task_id, versions)

    def _target(self, named: str, field: str = "id") -> UUID:
        if not named.startswith("#"):
            return UUID(named)
        if named[1:] not in self._made:
            wrong = FieldError(
                field, "unknown_ref", "No earlier command with this 'ref' made a task"
            )
            if field == "id":
                raise TaskNotFoundError(details=(wrong,))
            raise ValidationFailedError.of(wrong)
        return self._made[named[1:]]

    def _refuse(self, error: TodoServerError) -> None:
        """Take an error for the outcome of a command, or raise it, with the command's number."""
        if isinstance(error, (UnavailableError, UnauthenticatedError)):
            raise error
        named = self._named(error, len(self._outcomes))
        if self._atomic:
            raise named
        self._outcomes.append(named)

    def _named(self, error: TodoServerError, number: int) -> TodoServerError:
        """Say of which command it is."""
        field = "if_version" if isinstance(error, VersionConflictError) else "id"
        details = error.details or (FieldError(field, error.code, error.message),)
        error.details = tuple(replace(d, field=self._name(number, d.field)) for d in details)
        if self._atomic:
            error.message = f"{self._name(number, '')}: {error.message}"
        return error
