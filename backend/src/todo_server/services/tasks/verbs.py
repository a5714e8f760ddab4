"""What a user can do with one task. Answers are JSON in bytes, as PostgreSQL wrote it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Table,
    Uuid,
    bindparam,
    case,
    column,
    func,
    insert,
    literal_column,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql

from todo_server.database import (
    AS_IT_IS,
    OWNER_ID,
    ChangeOne,
    Handle,
    Read,
    Row,
    Write,
    as_row,
    assignments,
    change_one,
    insert_owned,
    insert_statement,
    json_columns,
    owner_view,
    parameters,
    read_statement,
    select_owned,
    sent_members,
    trash_view,
    write_statement,
)
from todo_server.domain.uuid7 import uuid7
from todo_server.errors import TaskNotFoundError, VersionConflictError
from todo_server.models import Completion, Task, TaskCreate, TaskRead, TaskUpdate
from todo_server.services.tasks.versioned import Versioned

Versions = Sequence[int] | None
"""The versions of which a task must have one to be changed, as a client asked; None is any."""

_tasks = owner_view(Task)
COLUMNS = json_columns(_tasks, TaskRead)

_task_id: ColumnElement[UUID] = bindparam("task_id", type_=Uuid)
_now: ColumnElement[datetime] = bindparam("now", type_=DateTime(timezone=True))


async def create_task(mine: Handle, task: TaskCreate) -> Versioned:
    """Create a task."""
    task_id = uuid7(mine.now)
    return Versioned(await mine.run(_CREATE, task_id=task_id, now=mine.now, **vars(task)))


async def create_tasks(mine: Handle, tasks: Mapping[UUID, TaskCreate]) -> list[Versioned]:
    """Create several tasks by their ids, in one statement; gives them in the order of the ids."""
    values = {name: [getattr(task, name) for task in tasks.values()] for name in _NEW}
    rows = await mine.run(_CREATE_SEVERAL, task_ids=list(tasks), now=mine.now, **values)
    return [Versioned(row) for row in rows]


async def get_task(mine: Handle, task_id: UUID) -> Versioned:
    """Give one task; TaskNotFoundError if the user has none with this id, or in the trash."""
    row = await mine.run(_GET, task_id=task_id)
    if row is None:
        raise TaskNotFoundError
    return Versioned(row)


async def update_task(
    mine: Handle, task_id: UUID, change: TaskUpdate, versions: Versions = None
) -> Versioned:
    """Change what the request named, and nothing else.

    TaskNotFoundError as above, VersionConflictError if the task has none of these versions.
    """
    return await _change(mine, _UPDATE, task_id, versions, **sent_members(change, Task))


async def complete_task(
    mine: Handle, task_id: UUID, completion: Completion, versions: Versions = None
) -> Versioned:
    """Set whether a task is completed, or flip it in the database; raises as `update_task`."""
    if completion.completed is None:
        return await _change(mine, _FLIP, task_id, versions)
    return await _change(mine, _COMPLETE, task_id, versions, **vars(completion))


async def delete_task(mine: Handle, task_id: UUID, versions: Versions = None) -> None:
    """Put a task into the trash; raises as `update_task`."""
    await _change(mine, _DELETE, task_id, versions)


async def restore_task(mine: Handle, task_id: UUID, versions: Versions = None) -> Versioned:
    """Take a task out of the trash; TaskNotFoundError if it is not in there."""
    return await _change(mine, _RESTORE, task_id, versions)


async def _change(
    mine: Handle,
    statement: ChangeOne,
    task_id: UUID,
    versions: Versions,
    **values: object,
) -> Versioned:
    values |= {"task_id": task_id, "now": mine.now}
    if versions is None:
        row = await mine.run(statement.always, **values)
    else:
        row = await mine.run(statement.of_versions, if_version=versions, **values)
    if row is None:
        raise TaskNotFoundError
    changed = Versioned(row)
    if row[-1] == AS_IT_IS.encode():
        raise VersionConflictError(changed.body, changed.version)
    return changed


_task = select_owned(Task, *COLUMNS).where(_tasks.c.id == _task_id).subquery("task")
_GET: Read[Row | None] = read_statement(as_row(_task))
_CREATE = insert_statement(
    insert_owned(
        Task,
        {"id": _task_id, "created_at": _now, "updated_at": _now, **parameters(TaskCreate, Task)},
    ),
    COLUMNS,
)


_NEW = parameters(TaskCreate, Task)


def _creating_several() -> Write[list[Row]]:
    """Insert as `_CREATE` does, a row for each element of its parameters."""
    several = {"task_ids": _task_id, **_NEW}
    new = (
        func.unnest(*(bindparam(n, type_=ARRAY[Any](each.type)) for n, each in several.items()))
        .table_valued(*(column(name, each.type) for name, each in several.items()), name="new")
        .render_derived()
    )
    values = {"id": new.c.task_ids, "created_at": _now, "updated_at": _now}
    values |= {name: new.c[name] for name in _NEW}
    rows = select(OWNER_ID, *values.values()).select_from(new).order_by(new.c.task_ids)
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
    """Update a task; `updated_at` moves if a value does, and always forwards."""
    changes = or_(*(rows.c[name].is_distinct_from(value) for name, value in values.items()))
    later = func.greatest(_now, rows.c.updated_at + literal_column("interval '1 microsecond'"))
    updated_at = case((changes, later), else_=rows.c.updated_at)
    values = {**values, "updated_at": updated_at}
    return change_one(rows, {"id": _task_id}, values, TaskRead, repeatable=repeatable)


_UPDATE = _changing(assignments(TaskUpdate, Task), repeatable=True)
_COMPLETE = _changing(dict(parameters(Completion, Task)), repeatable=True)
_FLIP = _changing({"completed": not_(_tasks.c.completed)}, repeatable=False)
# Not repeatable: there is nothing to be found once it is done.
_DELETE = _changing({"deleted_at": _now}, repeatable=False)
_RESTORE = _changing({"deleted_at": null()}, repeatable=False, rows=trash_view(Task))
