"""The statements that list tasks: flat in every order and status, and bounded in memory.

Each order walks an index that begins with the owner and the status; where all tasks are wanted, the
two statuses are merged (docs/decisions/0016). A new order is a line in `_KEYS`, a stored column and
an index.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Subquery,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    not_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.selectable import LateralFromClause
from sqlalchemy.types import TypeEngine

from todo_server.database import (
    Read,
    json_columns,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    utf8,
)
from todo_server.domain.task_query import Order, Sort, Status
from todo_server.models import Task, TaskRead

CHUNK = 4 * 1024 * 1024
"""Bytes of JSON that a listing without a limit answers from its first statement."""

Page: TypeAlias = tuple[bytes, bytes | None]
Whole: TypeAlias = tuple[bytes, bytes | None, bytes | None]

_tasks = owner_view(Task)
_TASK_ID: ColumnElement[Any] = bindparam("task_id", type_=Uuid)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without an offset")
    return instant.astimezone(UTC)


class _Key(NamedTuple):
    """What a sort compares before the id: a column that is stored, as a cursor has it, and back."""

    name: str
    type: TypeEngine[Any]
    read: Callable[[str], Any]


_KEYS = {
    Sort.CREATED: None,  # ids are of version 7: the order of creation
    Sort.UPDATED: _Key("updated_at", DateTime(timezone=True), _instant),
    Sort.TITLE: _Key("title_key", Text(), str),
}


def read_key(sort: Sort, texts: list[str]) -> dict[str, Any]:
    """Turn a cursor's key into parameters; a ValueError for what no cursor holds."""
    key = _KEYS[sort]
    if len(texts) != (key is not None):
        raise ValueError("a key of another sort")
    return {} if key is None else {"key": key.read(*texts)}


_NONE = literal_column("0", Integer)


@cache
def page_statement(status: Status, sort: Sort, order: Order, *, after: bool) -> Read[Page]:
    """Select [the JSON array, the position of its last row where more follow]."""
    limit: ColumnElement[int] = bindparam("limit", type_=Integer)
    rows = _rows(status, sort, order, limit, after=after)
    task = _as_read(rows)
    with_number = select(
        json_row(task).label("json"),
        *_position(sort, rows, task),
        func.row_number().over().label("number"),
    )
    numbered = with_number.select_from(rows.join(task, true())).subquery("numbered")
    array = func.json_agg(numbered.c.json).filter(numbered.c.number <= limit)
    return _answering(_array(array), _next_position(numbered, sort, limit))


@cache
def whole_statement(status: Status, sort: Sort, order: Order, *, after: bool) -> Read[Whole]:
    """Select [the first CHUNK of the JSON array, the position as above, the ids of the rest].

    Rows are weighed before their JSON is made, so that no more of it is made than one chunk would
    hold without escapes; then it is measured. The ids are 16 bytes each, in order.
    """
    limit: ColumnElement[int] = bindparam("limit", type_=Integer)
    chunk = literal_column(str(CHUNK), Integer)
    rows = _rows(status, sort, order, limit, after=after)
    so_far: dict[str, Any] = {"rows": (None, 0)}
    text = func.octet_length(rows.c.title) + func.coalesce(
        func.octet_length(rows.c.description), _NONE
    )
    weighed = select(
        rows,
        func.row_number().over(**so_far).label("number"),
        func.sum(text).over(**so_far).label("weight"),
    ).subquery("weighed")
    task = _as_read(weighed)
    with_json = select(
        case((weighed.c.weight <= chunk, json_row(task))).label("json"),
        *_position(sort, weighed, task),
        weighed.c.number,
    )
    # OFFSET 0, so that the JSON is made once, and not again wherever it is mentioned.
    made = with_json.select_from(weighed.join(task, true())).offset(_NONE).subquery("made")
    length = func.octet_length(cast(made.c.json, Text)) + literal_column("3")
    measured = select(made, func.sum(length).over(**so_far).label("length")).subquery("measured")
    fits = (measured.c.length <= chunk) & measured.c.json.is_not(None)
    listed = measured.c.number <= limit
    array = func.json_agg(measured.c.json).filter(fits, listed)
    rest = func.string_agg(func.uuid_send(measured.c.id), literal_column("''::bytea"))
    return _answering(
        _array(array), _next_position(measured, sort, limit), rest.filter(not_(fits), listed)
    )


@cache
def rest_statement(status: Status) -> Read[bytes]:
    """Select the JSON array of those of some ids that are still there, with this status."""
    wanted = (
        func.unnest(bindparam("ids", type_=ARRAY(Uuid)))
        .table_valued("id", with_ordinality="number", name="wanted")
        .render_derived()
    )
    # LIMIT 1, so that each is looked up by the primary key, however many rows there are.
    here = _with_status(status).where(_tasks.c.id == wanted.c.id).correlate(wanted)
    found = here.limit(literal_column("1")).lateral("found")
    rows = (
        select(*found.c)
        .select_from(wanted.join(found, true()))
        .order_by(wanted.c.number)
        .subquery("rows")
    )
    task = _as_read(rows)
    array = select(_array(func.json_agg(json_row(task)))).select_from(rows.join(task, true()))
    return read_statement(array)


def _rows(
    status: Status, sort: Sort, order: Order, limit: ColumnElement[int], *, after: bool
) -> Subquery:
    """Walk the index of a sort, from the position on, for one row more than the limit."""
    key, count = _KEYS[sort], limit + literal_column("1")
    if key is None:
        walk, columns = _by_creation(status, order, after=after)
        return walk.order_by(*columns).limit(count).subquery("rows")
    # One walk for each status, as its index has the status before the key; both are merged.
    statuses = (Status.PENDING, Status.COMPLETED) if status is Status.ALL else (status,)
    columns = [_tasks.c[key.name], _tasks.c.id]
    place = [bindparam("key", type_=key.type), _TASK_ID]
    walks = []
    for each in statuses:
        walk = _beyond(_with_status(each), columns, place if after else None, order)
        walks.append(walk.order_by(*_directed(columns, order)).limit(count))
    if len(walks) == 1:
        return walks[0].subquery("rows")
    both = union_all(*(walk.subquery("walk").select() for walk in walks)).subquery("both")
    directed = _directed([both.c[key.name], both.c.id], order)
    return select(both).order_by(*directed).limit(count).subquery("rows")


def _by_creation(
    status: Status, order: Order, *, after: bool
) -> tuple[Select[Any], list[ColumnElement[Any]]]:
    """Walk the primary key, or the index with the status before the id."""
    columns: list[ColumnElement[Any]] = [_tasks.c.id]
    place: list[ColumnElement[Any]] = [_TASK_ID]
    walk = select_owned(Task, *_tasks.c)
    if status is not Status.ALL:
        # As a range and as part of the order, which the primary key does not have: it would be
        # walked as well if the status were a mere filter, past all the tasks of the other one.
        done = literal_column("true" if status is Status.COMPLETED else "false", Boolean)
        columns, place = [_tasks.c.completed, *columns], [done, *place]
        # A walk begins at the position alone: PostgreSQL would begin at the bound beside it.
        if not after or order is Order.DESCENDING:
            walk = walk.where(_tasks.c.completed >= done)
        if not after or order is Order.ASCENDING:
            walk = walk.where(_tasks.c.completed <= done)
    return _beyond(walk, columns, place if after else None, order), _directed(columns, order)


def _with_status(status: Status) -> Select[Any]:
    rows = select_owned(Task, *_tasks.c)
    if status is Status.ALL:
        return rows
    done = _tasks.c.completed
    return rows.where(done if status is Status.COMPLETED else not_(done))


def _beyond(
    rows: Select[Any],
    columns: list[ColumnElement[Any]],
    place: list[ColumnElement[Any]] | None,
    order: Order,
) -> Select[Any]:
    if place is None:
        return rows
    here, there = tuple_(*columns), tuple_(*place)
    return rows.where(here < there if order is Order.DESCENDING else here > there)


def _directed(columns: list[ColumnElement[Any]], order: Order) -> list[ColumnElement[Any]]:
    return [c.desc() if order is Order.DESCENDING else c.asc() for c in columns]


def _as_read(rows: Subquery) -> LateralFromClause:
    return select(*json_columns(rows, TaskRead)).correlate(rows).lateral("task")


def _position(sort: Sort, rows: Subquery, task: LateralFromClause) -> list[ColumnElement[Any]]:
    """List what a cursor is made of: instants as they are answered, other keys as stored."""
    key = _KEYS[sort]
    of_key = (
        [] if key is None else [(task if key.name in task.c else rows).c[key.name].label("key")]
    )
    return [*of_key, rows.c.id]


def _next_position(
    numbered: Subquery, sort: Sort, limit: ColumnElement[int]
) -> ColumnElement[bytes]:
    names = ("id",) if _KEYS[sort] is None else ("key", "id")
    position = func.json_build_array(*(numbered.c[name] for name in names)).cast(Text)
    last = func.max(position).filter(numbered.c.number == limit)
    return utf8(case((func.count() > limit, last)))


def _array(json: ColumnElement[Any]) -> ColumnElement[bytes]:
    return utf8(func.coalesce(json, literal_column("'[]'")))


def _answering(*values: ColumnElement[bytes]) -> Read[Any]:
    return read_statement(select(postgresql.array(values)))
