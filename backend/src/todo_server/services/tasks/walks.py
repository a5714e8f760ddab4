"""The rows of a listing: each order walks an index, from the position on, and reads no more.

The index begins with the owner and the status; where all tasks are wanted, the two statuses are
merged (docs/decisions/0016). Rows whose key is null come last in both directions: they are a walk
of their own, after those that have one.
"""

from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    bindparam,
    literal_column,
    not_,
    select,
    tuple_,
    union_all,
)

from todo_server.database import owner_view, select_owned, trash_view
from todo_server.domain.sorting import Key, Order
from todo_server.domain.task_filters import Status
from todo_server.models import Task
from todo_server.services.tasks.filters import FILTERS
from todo_server.services.tasks.keys import ID, key_of, may_be_null, parameter_of

_tasks, _trash = owner_view(Task), trash_view(Task)

LIMIT: ColumnElement[int] = bindparam("limit", type_=Integer)
SKIPPED: ColumnElement[int] = bindparam("skipped", type_=Integer)
"""How many to show, and how many are before them: a walk goes to one row more than both."""


class Start(Enum):
    """Where a walk begins."""

    BEGINNING = 0
    AFTER_KEY = 1
    AFTER_NULL = 2


class Shape(NamedTuple):
    """What makes the statement of one question for tasks another than that of the next."""

    status: Status = Status.ALL
    column: str = ID
    order: Order = Order.DESCENDING
    start: Start = Start.BEGINNING
    filters: tuple[str, ...] = ()
    trashed: bool = False

    @property
    def keys(self) -> tuple[Key, ...]:
        """What the rows are compared by, the id last."""
        by_id = Key(ID, self.order)
        return (by_id,) if self.column == ID else (Key(self.column, self.order), by_id)

    @property
    def names(self) -> tuple[str, ...]:
        """What the keys are called in the rows, but for the id."""
        return () if self.column == ID else (self.column,)


WALKED = frozenset(
    index.columns[2].name
    for index in Task.__table__.indexes  # type: ignore[attr-defined]
    if [column.name for column in index.columns][:2] == ["user_id", "completed"]
)
"""What an index has behind the owner and the status."""


def rows_of(shape: Shape, count: ColumnElement[int]) -> Subquery:
    """Walk to so many rows."""
    if shape.trashed or shape.column == ID:
        walk, columns = _by_deletion(shape) if shape.trashed else _by_creation(shape)
        return walk.order_by(*_directed(columns, shape.order)).limit(count).subquery("rows")
    # One walk for each status, as its index has the status before the key; all are merged.
    key = key_of(shape.column)
    columns = [key, _tasks.c.id]
    walks = [
        with_status(status, shape.filters)
        .where(*conditions)
        .order_by(*_directed(columns, shape.order))
        .limit(count)
        for status in _statuses(shape.status)
        for conditions in _parts(shape, key)
    ]
    if len(walks) == 1:
        return walks[0].subquery("rows")
    all_of_them = union_all(*(walk.subquery("walk").select() for walk in walks)).subquery("all")
    by_key, by_id = _directed([all_of_them.c[shape.column], all_of_them.c.id], shape.order)
    if may_be_null(shape.column) and shape.order is Order.DESCENDING:
        # No index has this order, so that what was walked is sorted: a page for each walk.
        by_key = by_key.nulls_last()
    return select(all_of_them).order_by(by_key, by_id).limit(count).subquery("rows")


def rows_with_ids(wanted: Any, shape: Shape) -> Select[Any]:  # noqa: ANN401 - a function's rows
    """Look up each of some ids, where it still is what was asked for."""
    rows = _trash if shape.trashed else _tasks
    here = in_trash() if shape.trashed else with_status(shape.status, shape.filters)
    # LIMIT 1, so that each is looked up by the primary key, however many rows there are.
    return here.where(rows.c.id == wanted.c.id).correlate(wanted).limit(literal_column("1"))


def _by_creation(shape: Shape) -> tuple[Select[Any], list[ColumnElement[Any]]]:
    """Walk the primary key, or the index with the status before the id."""
    columns: list[ColumnElement[Any]] = [_tasks.c.id]
    place: list[ColumnElement[Any]] = [parameter_of(ID, "task_id")]
    walk = _filtered(shape.filters)
    is_first = shape.start is Start.BEGINNING
    if shape.status is not Status.ALL:
        # As a range and as part of the order, which the primary key does not have: it would be
        # walked as well if the status were a mere filter, past all the tasks of the other one.
        done = literal_column("true" if shape.status is Status.COMPLETED else "false", Boolean)
        columns, place = [_tasks.c.completed, *columns], [done, *place]
        # A walk begins at the position alone: PostgreSQL would begin at the bound beside it.
        if is_first or shape.order is Order.DESCENDING:
            walk = walk.where(_tasks.c.completed >= done)
        if is_first or shape.order is Order.ASCENDING:
            walk = walk.where(_tasks.c.completed <= done)
    return (walk if is_first else walk.where(_beyond(columns, place, shape.order))), columns


def _by_deletion(shape: Shape) -> tuple[Select[Any], list[ColumnElement[Any]]]:
    """Walk the trash, whose one index has no status before the key."""
    columns: list[ColumnElement[Any]] = [_trash.c[shape.column], _trash.c.id]
    if shape.start is Start.BEGINNING:
        return in_trash(), columns
    # Nothing in there lies beyond a key that is null, which no cursor of ours has.
    place = [parameter_of(shape.column, "key_1"), parameter_of(ID, "task_id")]
    return in_trash().where(_beyond(columns, place, shape.order)), columns


def in_trash(*columns: ColumnElement[Any]) -> Select[Any]:
    """Select what is in the user's trash: those columns, or all."""
    return select_owned(Task, *(columns or _trash.c), trashed=True)


def _parts(shape: Shape, key: ColumnElement[Any]) -> list[list[ColumnElement[bool]]]:
    """Give the conditions of each walk: of the rows with a key, and of those without."""
    task_id, nullable = parameter_of(ID, "task_id"), may_be_null(shape.column)
    without_key: list[ColumnElement[bool]] = [key.is_(None)]
    if shape.start is Start.AFTER_NULL:
        return [[*without_key, _beyond([_tasks.c.id], [task_id], shape.order)]]
    # Also where a comparison says as much: an index of those with a key is found by this alone.
    with_key: list[ColumnElement[bool]] = [key.is_not(None)] if nullable else []
    if shape.start is Start.AFTER_KEY:
        place = [parameter_of(shape.column, "key_1"), task_id]
        with_key.append(_beyond([key, _tasks.c.id], place, shape.order))
    return [with_key, without_key] if nullable else [with_key]


def _statuses(status: Status) -> tuple[Status, ...]:
    return (Status.PENDING, Status.COMPLETED) if status is Status.ALL else (status,)


def with_status(
    status: Status, filters: tuple[str, ...], *columns: ColumnElement[Any]
) -> Select[Any]:
    """Select the user's tasks with a status that pass filters: those columns, or all."""
    rows = _filtered(filters, *columns)
    if status is Status.ALL:
        return rows
    done = _tasks.c.completed
    return rows.where(done if status is Status.COMPLETED else not_(done))


def _filtered(filters: tuple[str, ...], *columns: ColumnElement[Any]) -> Select[Any]:
    rows = select_owned(Task, *(columns or _tasks.c))
    return rows.where(*(FILTERS[name] for name in filters))


def _beyond(
    columns: list[ColumnElement[Any]], place: list[ColumnElement[Any]], order: Order
) -> ColumnElement[bool]:
    here, there = tuple_(*columns), tuple_(*place)
    return here < there if order is Order.DESCENDING else here > there


def _directed(columns: list[ColumnElement[Any]], order: Order) -> list[ColumnElement[Any]]:
    return [c.desc() if order is Order.DESCENDING else c.asc() for c in columns]
