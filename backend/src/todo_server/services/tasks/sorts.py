"""The rows of a listing in an order that no index has: the user's own are read, and sorted.

A page costs what its user has, not what it shows (docs/decisions/0028). Keys go in a direction of
their own each, and rows that lack one come last in both; ids break ties.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Subquery, and_, false, or_, select

from todo_server.domain.sorting import Key, Order
from todo_server.domain.task_filters import Status
from todo_server.services.tasks.keys import ID, key_of, may_be_null, parameter_of
from todo_server.services.tasks.walks import with_status


class SortedShape(NamedTuple):
    """What makes the statement of one such question another than that of the next."""

    status: Status
    keys: tuple[Key, ...]
    is_after: bool = False
    """Whether it begins behind a position."""
    filters: tuple[str, ...] = ()
    trashed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What the keys are called in the rows, but for the id."""
        return tuple(f"key_{number}" for number in range(1, len(self.keys)))


def rows_of(shape: SortedShape, count: ColumnElement[int]) -> Subquery:
    """Sort, and give so many rows."""
    made = [
        key_of(key.column).label(name) for key, name in zip(shape.keys, shape.names, strict=False)
    ]
    own = with_status(shape.status, shape.filters)
    rows = own.add_columns(*made).subquery("own")
    columns: list[ColumnElement[Any]] = [rows.c[name] for name in (*shape.names, ID)]
    ordered = [
        (column.desc() if key.order is Order.DESCENDING else column.asc()).nulls_last()
        for key, column in zip(shape.keys, columns, strict=True)
    ]
    listed = select(rows).order_by(*ordered).limit(count)
    if shape.is_after:
        listed = listed.where(_is_behind(shape, columns))
    return listed.subquery("rows")


def _is_behind(shape: SortedShape, columns: list[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Tell whether a row comes behind the position, by the first key that is not equal."""
    ways: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, column, name in zip(shape.keys, columns, (*shape.names, "task_id"), strict=True):
        there = parameter_of(key.column, name)
        behind = column < there if key.order is Order.DESCENDING else column > there
        if may_be_null(key.column):
            behind = or_(behind, and_(column.is_(None), there.is_not(None)))
        ways.append(and_(*equal, behind))
        equal.append(column.is_not_distinct_from(there))
    return or_(false(), *ways)
