"""What a user can do with their tasks. Answers are JSON in bytes, as PostgreSQL wrote it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Text,
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
    Database,
    Statement,
    changing,
    compiled,
    delete_mine,
    insert_mine,
    json_columns,
    json_of_changed,
    json_row,
    mine,
    reading,
    select_mine,
    utf8,
)
from todo_server.domain.identity import Identity
from todo_server.domain.listing import MAXIMUM, PAGE_MAXIMUM, Listing, read_cursor, write_cursor
from todo_server.domain.uuid7 import uuid7
from todo_server.errors import InvalidCursorError, TaskNotFoundError
from todo_server.models import Completion, Task, TaskCreate, TaskRead, TaskUpdate
from todo_server.services import task_listing

_tasks = mine(Task)
_columns = json_columns(_tasks, TaskRead)

_task_id: ColumnElement[UUID] = bindparam("task_id", type_=Uuid)
_title: ColumnElement[str] = bindparam("title", type_=Text)
_description: ColumnElement[str | None] = bindparam("description", type_=Text)
_completed: ColumnElement[bool] = bindparam("completed", type_=Boolean)
_now: ColumnElement[datetime] = bindparam("now", type_=DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Page:
    """A JSON array of tasks, and the cursor to the next page where there is one."""

    body: bytes
    next_cursor: str | None
    rest: bytes = b""
    """What the array lacks where all of a long list was asked for: ids of 16 bytes, in order."""


async def list_tasks(identity: Identity, database: Database, listing: Listing) -> Page:
    """List the user's tasks; InvalidCursorError for a cursor that belongs elsewhere."""
    shape = (listing.status, listing.sort, listing.order)
    after = listing.cursor is not None
    values = {"limit": listing.limit or MAXIMUM, **(_position(identity, listing) if after else {})}
    rest: bytes | None = None
    if listing.limit is None:
        statement = task_listing.whole_statement(*shape, after=after)
        body, position, rest = await database.read(identity, statement, **values)
    else:
        statement = task_listing.page_statement(*shape, after=after)
        body, position = await database.read(identity, statement, **values)
    cursor = position and write_cursor(identity.user_id, listing, position.decode())
    return Page(body, cursor, rest or b"")


async def read_rest(
    identity: Identity, database: Database, listing: Listing, rest: bytes
) -> AsyncIterator[bytes]:
    """Read what a long list lacks, as JSON arrays of one page each, in order.

    Each is read when it is asked for, and no connection is held in between. What was deleted, or
    has left the listed status, is missing.
    """
    statement = task_listing.rest_statement(listing.status)
    for start in range(0, len(rest), PAGE_MAXIMUM * 16):
        ids = _ids(rest[start : start + PAGE_MAXIMUM * 16])
        yield await database.read(identity, statement, ids=ids)


def _ids(packed: bytes) -> list[UUID]:
    return [UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)]


async def create_task(
    identity: Identity, database: Database, task: TaskCreate
) -> tuple[UUID, bytes]:
    """Create a task; gives its id and the task."""
    now = datetime.now(UTC)
    task_id = uuid7(now)
    body = await database.change(
        identity,
        _CREATE,
        repeatable=False,
        task_id=task_id,
        now=now,
        title=task.title,
        description=task.description,
        completed=task.completed,
    )
    return task_id, body


async def get_task(identity: Identity, database: Database, task_id: UUID) -> bytes:
    """Give one task; TaskNotFoundError if the user has none with this id."""
    return _found(await database.read(identity, _GET, task_id=task_id))


async def update_task(
    identity: Identity, database: Database, task_id: UUID, change: TaskUpdate
) -> bytes:
    """Change what the request named, and nothing else; TaskNotFoundError as above."""
    given = change.model_fields_set
    body = await database.change(
        identity,
        _UPDATE,
        repeatable=True,
        task_id=task_id,
        now=datetime.now(UTC),
        title=change.title,
        description=change.description,
        set_description="description" in given,
        completed=change.completed,
    )
    return _found(body)


async def complete_task(
    identity: Identity, database: Database, task_id: UUID, completion: Completion
) -> bytes:
    """Set whether a task is completed, or flip it in the database; TaskNotFoundError as above."""
    body = await database.change(
        identity,
        _COMPLETE,
        repeatable=completion.completed is not None,
        task_id=task_id,
        now=datetime.now(UTC),
        completed=completion.completed,
    )
    return _found(body)


async def delete_task(identity: Identity, database: Database, task_id: UUID) -> None:
    """Delete a task for good; TaskNotFoundError as above."""
    _found(await database.write(identity, _DELETE, task_id=task_id))


def _found(body: bytes | None) -> bytes:
    if body is None:
        raise TaskNotFoundError
    return body


def _position(identity: Identity, listing: Listing) -> dict[str, Any]:
    """Turn a cursor into the parameters of a listing's statement."""
    try:
        *key, task_id = read_cursor(identity.user_id, listing)
        return {"task_id": UUID(task_id), **task_listing.read_key(listing.sort, key)}
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidCursorError from error


_task = select_mine(Task, *_columns).where(_tasks.c.id == _task_id).subquery("task")
_GET = compiled(reading(select(utf8(json_row(_task)))))

_CREATE = compiled(
    json_of_changed(
        insert_mine(
            Task,
            {
                "id": _task_id,
                "title": _title,
                "description": _description,
                "completed": _completed,
                "created_at": _now,
                "updated_at": _now,
            },
        ),
        _columns,
    )
)


def _change(**values: ColumnElement[Any]) -> Statement:
    """Update a task; `updated_at` moves if a value does, and always forwards."""
    changes = or_(*(_tasks.c[name].is_distinct_from(value) for name, value in values.items()))
    later = func.greatest(_now, _tasks.c.updated_at + literal_column("interval '1 microsecond'"))
    values["updated_at"] = case((changes, later), else_=_tasks.c.updated_at)
    return compiled(changing(Task, {"id": _task_id}, values, _columns))


# A parameter that is NULL leaves its column; only the description can be set to NULL itself.
_UPDATE = _change(
    title=func.coalesce(_title, _tasks.c.title),
    description=case(
        (bindparam("set_description", type_=Boolean), _description), else_=_tasks.c.description
    ),
    completed=func.coalesce(_completed, _tasks.c.completed),
)
_COMPLETE = _change(completed=func.coalesce(_completed, not_(_tasks.c.completed)))
_DELETE = compiled(delete_mine(Task).where(_tasks.c.id == _task_id).returning(_tasks.c.id))
