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
from todo_server.models.bulk import (
    CompleteCommand,
    CreateCommand,
    DeleteCommand,
    OneCommand,
    UpdateCommand,
)
from todo_server.services.batches import BEGIN_BATCH
from todo_server.services.tasks import verbs
from todo_server.services.tasks.versioned import Versioned

Outcome: TypeAlias = Versioned | TodoServerError | None
"""What a command gave: the task, why it did nothing, or None of one that was deleted."""

Asked: TypeAlias = OneCommand | ValidationFailedError
"""A command; or what is wrong with it, where the others are done without it."""


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
        outcomes = await _Bulk(mine, atomic=atomic, name=name).run(commands)
        return [write(*each) for each in zip(commands, outcomes, strict=True)]

    return await mine.transaction(steps)


class _Bulk:
    """Commands that are being run."""

    def __init__(self, mine: Handle, *, atomic: bool, name: Callable[[int, str], str]) -> None:
        self._mine = mine
        self._atomic, self._name = atomic, name
        self._made: dict[str, UUID] = {}  # by their refs
        self._outcomes: list[Outcome] = []

    async def run(self, commands: Sequence[Asked]) -> list[Outcome]:
        ids = iter(sorted(uuid7(self._mine.now) for _ in commands))
        for is_new, group in groupby(commands, lambda each: isinstance(each, CreateCommand)):
            if is_new:
                await self._create([each for each in group if isinstance(each, CreateCommand)], ids)
                continue
            for command in group:
                try:
                    self._outcomes.append(await self._change(command))
                except TodoServerError as error:
                    self._refuse(error)
        return self._outcomes

    async def _create(self, commands: list[CreateCommand], ids: Iterator[UUID]) -> None:
        """Create several in one statement; those whose `ref` is taken are refused."""
        first = len(self._outcomes)
        new: dict[UUID, CreateCommand] = {}
        for command, task_id in zip(commands, ids, strict=False):
            if command.ref in self._made:
                self._refuse(_wrong("ref", "repeated", "An earlier command has this 'ref'"))
                continue
            new[task_id] = command
            self._outcomes.append(None)
            if command.ref is not None:
                self._made[command.ref] = task_id
        places = [at for at in range(first, len(self._outcomes)) if self._outcomes[at] is None]
        tasks = await verbs.create_tasks(self._mine, new) if new else []
        for at, task in zip(places, tasks, strict=True):
            self._outcomes[at] = task

    async def _change(self, command: Asked) -> Outcome:
        if isinstance(command, ValidationFailedError):
            raise command
        assert not isinstance(command, CreateCommand)  # noqa: S101 - see `run`
        task_id = self._target(command.id)
        versions = None if command.if_version is None else [command.if_version]
        match command:
            case UpdateCommand():
                return await verbs.update_task(self._mine, task_id, command.change(), versions)
            case CompleteCommand():
                return await verbs.complete_task(self._mine, task_id, command.change(), versions)
            case DeleteCommand():
                await verbs.delete_task(self._mine, task_id, versions)
                return None
            case _:
                return await verbs.restore_task(self._mine, task_id, versions)

    def _target(self, named: str) -> UUID:
        if not named.startswith("#"):
            return UUID(named)
        if named[1:] not in self._made:
            message = "No earlier command with this 'ref' made a task"
            raise TaskNotFoundError(details=(FieldError("id", "unknown_ref", message),))
        return self._made[named[1:]]

    def _refuse(self, error: TodoServerError) -> None:
        """Take an error for the outcome of a command, or raise it, with the command's number."""
        if isinstance(error, (UnavailableError, UnauthenticatedError)):
            raise error
        number = len(self._outcomes)
        field = "if_version" if isinstance(error, VersionConflictError) else "id"
        details = error.details or (FieldError(field, error.code, error.message),)
        error.details = tuple(replace(d, field=self._name(number, d.field)) for d in details)
        if self._atomic:
            error.message = f"{self._name(number, '')}: {error.message}"
            raise error
        self._outcomes.append(error)


def _wrong(field: str, code: str, message: str) -> ValidationFailedError:
    return ValidationFailedError.of(FieldError(field, code, message))
