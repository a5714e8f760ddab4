"""Lists of rows that a user keeps in an order of their own, whole, as there are never many."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Select, func, literal_column, select
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from todo_server.database import (
    Read,
    constant,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    utf8,
)
from todo_server.models import Task

_tasks = owner_view(Task)


def listing(
    model: type[SQLModel],
    columns: Sequence[ColumnElement[Any]],
    rows: FromClause | None = None,
    *conditions: ColumnElement[bool],
) -> Read[bytes]:
    """Make the statement that lists rows in their order; `rows` where they are joined to others."""
    source = owner_view(model) if rows is None else rows
    listed = select_owned(model, *columns).select_from(source).where(*conditions).subquery("listed")
    in_order = postgresql.aggregate_order_by(json_row(listed), listed.c.position, listed.c.id)
    array = func.coalesce(func.json_agg(in_order), literal_column("'[]'"))
    return read_statement(select(utf8(array)).select_from(listed))


def counting(by: ColumnElement[Any]) -> Select[Any]:
    """Begin to count the user's tasks by something, all of them in one walk."""
    completed = func.count().filter(_tasks.c.completed).label("completed")
    return select_owned(Task, by, func.count().label("total"), completed).group_by(by)


def counts(counted: FromClause) -> ColumnElement[Any]:
    """Give what `counting` has found, as `Counts` has it, or none."""
    none = literal_column("0", Integer)
    parts = (
        part
        for name in ("total", "completed")
        for part in (constant(name), func.coalesce(counted.c[name], none))
    )
    return func.json_build_object(*parts).label("tasks")
