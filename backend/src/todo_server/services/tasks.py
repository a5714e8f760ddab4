"""What a user can do with their tasks. Answers are JSON in bytes, as PostgreSQL wrote it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql

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
from todo_server.domain.listing import (
    MAXIMUM,
    Listing,
    Order,
    Sort,
    Status,
    read_cursor,
    write_cursor,
)
from todo_server.domain.uuid7 import uuid7
from todo_server.errors import InvalidCursorError, TaskNotFoundError
from todo_server.models import Completion, Task, TaskCreate, TaskRead, TaskUpdate
from todo_server.models.task import SORTED_TITLE_LENGTH

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


async def list_tasks(identity: Identity, database: Database, listing: Listing) -> Page:
    """List the user's tasks; InvalidCursorError for a cursor that belongs elsewhere."""
    limit = listing.limit or MAXIMUM
    values: dict[str, Any] = {"limit": limit}
    if listing.cursor is not None:
        values |= _position(identity, listing)
    statement = _list_statement(
        listing.status, listing.sort, listing.order, after=listing.cursor is not None
    )
    body, position = await database.read(identity, statement, **values)
    if position is None:
        return Page(body, None)
    return Page(body, write_cursor(identity.user_id, listing, position.decode()))


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
    """Turn a cursor into the parameters of `_list_statement`."""
    try:
        *key, task_id = read_cursor(identity.user_id, listing)
        position: dict[str, Any] = {"task_id": UUID(task_id)}
        if listing.sort is Sort.UPDATED:
            position["key"] = _instant(*key)
        elif listing.sort is Sort.TITLE:
            (position["key"],) = key
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidCursorError from error
    return position


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without an offset")
    return instant.astimezone(UTC)


def _sort_key(sort: Sort, rows: Any) -> list[ColumnElement[Any]]:  # noqa: ANN401 - columns by name
    """By what a listing is ordered, ending with the id; each has its index, see models/task.py."""
    if sort is Sort.UPDATED:
        return [rows.updated_at, rows.id]
    if sort is Sort.TITLE:
        return [
            func.left(func.lower(rows.title), literal_column(str(SORTED_TITLE_LENGTH))),
            rows.id,
        ]
    return [rows.id]  # version 7: the order of creation


@cache
def _list_statement(status: Status, sort: Sort, order: Order, *, after: bool) -> Statement:
    """Select [the JSON array, the position of its last row where more follow]."""
    limit: ColumnElement[int] = bindparam("limit", type_=Integer)
    key = _sort_key(sort, _tasks.c)
    descending = order is Order.DESCENDING
    rows = select_mine(Task, *_columns)
    if status is not Status.ALL:
        done = _tasks.c.completed
        rows = rows.where(done if status is Status.COMPLETED else not_(done))
    if after:
        key_type = DateTime(timezone=True) if sort is Sort.UPDATED else Text
        position: list[ColumnElement[Any]] = [bindparam("key", type_=key_type), _task_id]
        here, there = tuple_(*key), tuple_(*position[-len(key) :])
        rows = rows.where(here < there if descending else here > there)
    rows = rows.order_by(*(column.desc() if descending else column.asc() for column in key))
    one_more = rows.limit(limit + literal_column("1")).subquery("task")
    numbered = select(
        json_row(one_more).label("json"), one_more, func.row_number().over().label("number")
    ).subquery("numbered")
    array = func.json_agg(numbered.c.json).filter(numbered.c.number <= limit)
    last = func.json_build_array(*_sort_key(sort, numbered.c)).cast(Text)
    last_where_more_follow = case(
        (func.count() > limit, func.max(last).filter(numbered.c.number == limit))
    )
    return compiled(
        reading(
            select(
                postgresql.array(
                    [
                        utf8(func.coalesce(array, literal_column("'[]'"))),
                        utf8(last_where_more_follow),
                    ]
                )
            )
        )
    )


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
