"""What a user can do with one task. Answers are JSON in bytes, as PostgreSQL wrote it."""

import json
from collections.abc import Awaitable, Collection, Mapping
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import (
    ColumnElement,
    Table,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal_column,
    not_,
    null,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from todo_server.database import (
    OWNER_ID,
    Change,
    ChangeOne,
    Handle,
    Read,
    Row,
    TransactionHandle,
    Write,
    as_row,
    assignments,
    insert_owned,
    insert_statement,
    is_owners,
    json_columns,
    owner_view,
    parameters,
    read_statement,
    select_owned,
    sent_members,
    trash_view,
    write_statement,
)
from todo_server.domain.aliases import DisagreementError, settled
from todo_server.domain.recurrence import NoRuleError, RulesDisagreeError, rule_of
from todo_server.domain.uuid7 import uuid7
from todo_server.errors import (
    FieldError,
    TaskNotFoundError,
    ValidationFailedError,
    VersionConflictError,
)
from todo_server.models import Completion, Task, TaskCreate, TaskRead, TaskUpdate
from todo_server.services.one_row import NOW, Versioned, Versions, answered, changing, run_change
from todo_server.services.places import find_place, place_of_new
from todo_server.services.tasks.refusals import explained
from todo_server.services.tasks.repeating import Change as RunChange
from todo_server.services.tasks.repeating import complete

_tasks = owner_view(Task)
COLUMNS = json_columns(_tasks, TaskRead)

_task_id: ColumnElement[UUID] = bindparam("task_id", type_=Uuid)
_position: ColumnElement[str] = bindparam("position", type_=_tasks.c.position.type)


async def create_task(mine: Handle, task: TaskCreate, new_id: UUID | None = None) -> Versioned:
    """Create a task; ValidationFailedError where it names a row that there is not.

    Its id is made here, unless somebody knows it already who will speak of it.
    """
    task_id = new_id or uuid7(mine.now)
    values = {"task_id": task_id, "now": mine.now, "position": place_of_new(task_id), **vars(task)}
    if task.model_fields_set <= USUAL:
        return Versioned(await mine.run(_CREATE, **values))
    values["reminders"] = _stored(task.reminders)
    move = task.move
    if move is None:
        return Versioned(await explained(mine.run(_CREATE_WHOLE, **values)))

    async def steps(mine: TransactionHandle) -> Row:
        values["position"] = await find_place(mine, Task, task_id, move)
        return await mine.run(_CREATE_WHOLE, **values)

    return Versioned(await explained(mine.transaction(steps)))


async def create_tasks(mine: Handle, tasks: Mapping[UUID, TaskCreate]) -> list[Versioned]:
    """Create several tasks by their ids, in one statement; gives them in the order of the ids.

    Raises as `create_task`.
    """
    new = [
        {**vars(task), "id": task_id, "position": place_of_new(task_id)}
        for task_id, task in tasks.items()
    ]
    rows = await explained(mine.run(_CREATE_SEVERAL, now=mine.now, new=to_json(new).decode()))
    return [Versioned(row) for row in rows]


async def get_task(mine: Handle, task_id: UUID) -> Versioned:
    """Give one task; TaskNotFoundError if the user has none with this id, or in the trash."""
    row = await mine.run(_GET, task_id=task_id)
    if row is None:
        raise TaskNotFoundError
    return Versioned(row)


async def update_task(
    mine: Handle,
    task_id: UUID,
    change: TaskUpdate,
    versions: Versions = None,
    *,
    repeats: bool = False,
) -> Versioned:
    """Change what the request named, and nothing else. What repeats is completed as below.

    TaskNotFoundError as above, VersionConflictError if the task has none of these versions,
    ValidationFailedError where it names a row that there is not.
    """
    may_complete = "completed" in change.model_fields_set
    if change.model_fields_set <= USUAL and not change.flips:
        usual = sent_members(change, Task, USUAL)
        if not may_complete:
            return await _change(mine, _UPDATE, task_id, versions, **usual)
        update = _by(_UPDATE, task_id, versions, **usual)
        return _answered(await complete(mine, task_id, update, repeats=repeats))
    statement = _UPDATE_AND_FLIP if change.flips else _UPDATE_WHOLE
    values, move = sent_members(change, Task), change.move
    if change.reminders is not None:
        values["reminders"] = _stored(change.reminders)

    async def steps(mine: Handle) -> Row | None:
        try:
            if change.disputed:
                values.update(await _settled(mine, task_id, change, versions))
            position = move and await find_place(mine, Task, task_id, move)
        except ValidationFailedError:
            await require_task(mine, task_id, versions)
            raise
        return await _changed(mine, statement, task_id, versions, **values, position=position)

    is_one_step = move is None and not change.disputed

    def run(mine: Handle) -> Awaitable[Row | None]:
        return steps(mine) if is_one_step else mine.transaction(steps)

    changed = complete(mine, task_id, run, repeats=repeats) if may_complete else run(mine)
    return _answered(await explained(changed))


def _stored(reminders: list[dict[str, Any]]) -> str:
    """Write reminders as the parameter of a statement has them."""
    return to_json(reminders).decode()


async def _settled(
    mine: Handle, task_id: UUID, change: TaskUpdate, versions: Versions
) -> dict[str, Any]:
    """Decide what names disagree about by what the task has; raises as `update_task`."""
    task = await require_task(mine, task_id, versions)
    present = json.loads(task.body)
    values: dict[str, Any] = {}
    for name, said in change.disputed.items():
        try:
            value: Any
            if name == "recurrence":
                value = rule_of(dict(said), present[name])
            else:
                value = settled(name, said, present)
        except (DisagreementError, RulesDisagreeError, NoRuleError) as error:
            wrong = FieldError(name, "inconsistent", str(error))
            raise ValidationFailedError.of(wrong) from error
        values[name] = _stored(value) if name == "reminders" else value
    return values


async def require_task(mine: Handle, task_id: UUID, versions: Versions) -> Versioned:
    """Give the task; raises what comes before anything that is wrong with a change."""
    task = await get_task(mine, task_id)
    if versions is not None and task.number not in versions:
        raise VersionConflictError(task.body, task.version)
    return task


async def complete_task(
    mine: Handle,
    task_id: UUID,
    completion: Completion,
    versions: Versions = None,
    *,
    repeats: bool = False,
) -> Versioned:
    """Set whether a task is completed, or flip it in the database; raises as `update_task`.

    Where it repeats, its successor is made or taken away with it. Within a transaction that has to
    be told before (`repeats`).
    """
    if completion.completed is None:
        change = _by(_FLIP, task_id, versions)
    else:
        change = _by(_COMPLETE, task_id, versions, **vars(completion))
    return _answered(await complete(mine, task_id, change, repeats=repeats))


async def delete_task(mine: Handle, task_id: UUID, versions: Versions = None) -> None:
    """Put a task into the trash; raises as `update_task`."""
    await _change(mine, _DELETE, task_id, versions)


async def restore_task(mine: Handle, task_id: UUID, versions: Versions = None) -> Versioned:
    """Take a task out of the trash; TaskNotFoundError if it is not in there.

    It has no parent from then on, if that is not there any more, or a part itself.
    """
    return await _change(mine, _RESTORE, task_id, versions)


async def _change(
    mine: Handle,
    statement: ChangeOne,
    task_id: UUID,
    versions: Versions,
    **values: object,
) -> Versioned:
    return _answered(await _changed(mine, statement, task_id, versions, **values))


def _by(statement: ChangeOne, task_id: UUID, versions: Versions, **values: object) -> RunChange:
    return lambda mine: _changed(mine, statement, task_id, versions, **values)


def _changed(
    mine: Handle,
    statement: ChangeOne,
    task_id: UUID,
    versions: Versions,
    **values: object,
) -> Awaitable[Row | None]:
    values |= {"task_id": task_id, "now": mine.now}
    return run_change(mine, statement, versions, **values)


def _answered(row: Row | None) -> Versioned:
    return answered(row, TaskNotFoundError)


_task = select_owned(Task, *COLUMNS).where(_tasks.c.id == _task_id).subquery("task")
_GET: Read[Row | None] = read_statement(as_row(_task))
USUAL = frozenset(("title", "description", "completed"))
"""The members that every client sends; their statements do not mention the others."""


def _creating(names: Collection[str] | None) -> Change[Row]:
    own: dict[str, ColumnElement[Any]] = {
        "id": _task_id,
        "created_at": NOW,
        "updated_at": NOW,
        "position": _position,
    }
    return insert_statement(
        insert_owned(Task, {**own, **parameters(TaskCreate, Task, names)}), COLUMNS
    )


_CREATE, _CREATE_WHOLE = _creating(USUAL), _creating(None)


def _creating_several() -> Write[list[Row]]:
    """Insert as `_CREATE_WHOLE` does, a row for each element of a JSON array."""
    members: dict[str, ColumnElement[Any]] = {
        "id": _task_id,
        "position": _position,
        **parameters(TaskCreate, Task),
    }
    new = (
        func.jsonb_to_recordset(cast(bindparam("new", type_=Text), JSONB))
        .table_valued(*(column(name, each.type) for name, each in members.items()), name="new")
        .render_derived(with_types=True)
    )
    values = {"created_at": NOW, "updated_at": NOW} | {name: new.c[name] for name in members}
    rows = select(OWNER_ID, *values.values()).select_from(new).order_by(new.c.id)
    insertion = insert(_tasks).from_select(["user_id", *values], rows)
    made = insertion.returning(*COLUMNS).cte("made")
    written = as_row(made).subquery("written")
    (row,) = written.c
    in_order = postgresql.aggregate_order_by(row, row)  # its first part is the id
    return write_statement(select(func.array_agg(in_order)).select_from(written))


_CREATE_SEVERAL = _creating_several()


def _changing(
    values: Mapping[str, ColumnElement[Any]], *, repeatable: bool, rows: Table = _tasks
) -> ChangeOne:
    return changing(rows, _task_id, values, TaskRead, repeatable=repeatable)


_UPDATE = _changing(assignments(TaskUpdate, Task, USUAL), repeatable=True)
_WHOLE = {
    **assignments(TaskUpdate, Task),
    "position": func.coalesce(_position, _tasks.c.position),
}
_UPDATE_WHOLE = _changing(_WHOLE, repeatable=True)
_UPDATE_AND_FLIP = _changing({**_WHOLE, "completed": not_(_tasks.c.completed)}, repeatable=False)
_COMPLETE = _changing(dict(parameters(Completion, Task)), repeatable=True)
_FLIP = _changing({"completed": not_(_tasks.c.completed)}, repeatable=False)
# Not repeatable: there is nothing to be found once it is done.
_DELETE = _changing({"deleted_at": NOW}, repeatable=False)
_trash = trash_view(Task)


def _its_parent() -> ColumnElement[Any]:
    """Select the parent of a task in the trash, if it is one that may have parts, or null.

    In the statement, so that what is answered is what is there: a trigger would come behind it.
    """
    parents = _tasks.alias("parents")
    # By name: in ON CONFLICT, nothing is correlated, and the whole trash would be looked through.
    parent_id: ColumnElement[UUID] = literal_column(f"{_trash.name}.parent_id", Uuid)
    its = (parents.c.id == parent_id, parents.c.parent_id.is_(None))
    return select(parents.c.id).where(is_owners(parents), *its).scalar_subquery()


_RESTORED = {"deleted_at": null(), "parent_id": _its_parent()}
_RESTORE = _changing(_RESTORED, repeatable=False, rows=_trash)
