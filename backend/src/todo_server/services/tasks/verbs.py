"""What a user can do with one task. Answers are JSON in bytes, as PostgreSQL wrote it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
)

from todo_server.database import (
    Change,
    Handle,
    Read,
    Write,
    assignments,
    change_one,
    delete_owned,
    insert_owned,
    insert_statement,
    json_columns,
    json_row,
    owner_view,
    parameters,
    read_statement,
    select_owned,
    sent_members,
    utf8,
    write_statement,
)
from todo_server.domain.uuid7 import uuid7
from todo_server.errors import TaskNotFoundError
from todo_server.models import Completion, Task, TaskCreate, TaskRead, TaskUpdate

_tasks = owner_view(Task)
COLUMNS = json_columns(_tasks, TaskRead)

_task_id: ColumnElement[UUID] = bindparam("task_id", type_=Uuid)
_now: ColumnElement[datetime] = bindparam("now", type_=DateTime(timezone=True))


async def create_task(mine: Handle, task: TaskCreate) -> tuple[UUID, bytes]:
    """Create a task; gives its id and the task."""
    task_id = uuid7(mine.now)
    return task_id, await mine.run(_CREATE, task_id=task_id, now=mine.now, **vars(task))


async def get_task(mine: Handle, task_id: UUID) -> bytes:
    """Give one task; TaskNotFoundError if the user has none with this id."""
    return _found(await mine.run(_GET, task_id=task_id))


async def update_task(mine: Handle, task_id: UUID, change: TaskUpdate) -> bytes:
    """Change what the request named, and nothing else; TaskNotFoundError as above."""
    return _found(
        await mine.run(_UPDATE, task_id=task_id, now=mine.now, **sent_members(change, Task))
    )


async def complete_task(mine: Handle, task_id: UUID, completion: Completion) -> bytes:
    """Set whether a task is completed, or flip it in the database; TaskNotFoundError as above."""
    if completion.completed is None:
        return _found(await mine.run(_FLIP, task_id=task_id, now=mine.now))
    return _found(await mine.run(_COMPLETE, task_id=task_id, now=mine.now, **vars(completion)))


async def delete_task(mine: Handle, task_id: UUID) -> None:
    """Delete a task for good; TaskNotFoundError as above."""
    if await mine.run(_DELETE, task_id=task_id) is None:
        raise TaskNotFoundError


def _found(body: bytes | None) -> bytes:
    if body is None:
        raise TaskNotFoundError
    return body


_task = select_owned(Task, *COLUMNS).where(_tasks.c.id == _task_id).subquery("task")
_GET: Read[bytes | None] = read_statement(select(utf8(json_row(_task))))
_CREATE = insert_statement(
    insert_owned(
        Task,
        {"id": _task_id, "created_at": _now, "updated_at": _now, **parameters(TaskCreate, Task)},
    ),
    COLUMNS,
)


def _change(values: dict[str, ColumnElement[object]], *, repeatable: bool) -> Change[bytes | None]:
    """Update a task; `updated_at` moves if a value does, and always forwards."""
    changes = or_(*(_tasks.c[name].is_distinct_from(value) for name, value in values.items()))
    later = func.greatest(_now, _tasks.c.updated_at + literal_column("interval '1 microsecond'"))
    updated_at = case((changes, later), else_=_tasks.c.updated_at)
    return change_one(
        Task, {"id": _task_id}, {**values, "updated_at": updated_at}, COLUMNS, repeatable=repeatable
    )


_UPDATE = _change(assignments(TaskUpdate, Task), repeatable=True)
_COMPLETE = _change(dict(parameters(Completion, Task)), repeatable=True)
_FLIP = _change({"completed": not_(_tasks.c.completed)}, repeatable=False)
_DELETE: Write[UUID | None] = write_statement(
    delete_owned(Task).where(_tasks.c.id == _task_id).returning(_tasks.c.id)
)
