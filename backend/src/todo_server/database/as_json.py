"""How PostgreSQL writes rows as JSON, which travels to the client as it is (decision 0005)."""

from typing import Any, TypeAlias

from sqlalchemy import DateTime, FromClause, Select, Text, cast, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import NamedFromClause
from sqlmodel import SQLModel

from todo_server.database.statement import constant

Row: TypeAlias = list[bytes]
"""A row as a statement gives it: its id, its version and its JSON; a further word where one is."""


def json_columns(rows: FromClause, shape: type[SQLModel]) -> list[ColumnElement[Any]]:
    """List the columns of a shape as PostgreSQL shall write them into JSON.

    Instants are RFC 3339 in UTC with `Z` and six digits of a second: PostgreSQL's own form
    depends on the session's time zone and drops trailing zeros.
    """
    return [_json_column(rows.c[name]) for name in shape.model_fields]


def _json_column(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, DateTime):
        utc = func.timezone(constant("UTC"), column)
        return func.to_char(utc, constant('YYYY-MM-DD"T"HH24:MI:SS.US"Z"')).label(column.name)
    return column


def json_row(rows: NamedFromClause) -> ColumnElement[Any]:
    """Turn each row of a subquery into JSON."""
    return func.row_to_json(rows.table_valued())


def as_row(rows: NamedFromClause, *also: ColumnElement[Any]) -> Select[Any]:
    """Select each row as a `Row`."""
    parts = [rows.c.id, rows.c.version, json_row(rows), *also]
    return select(postgresql.array([utf8(part) for part in parts])).select_from(rows)


def utf8(json: ColumnElement[Any]) -> ColumnElement[bytes]:
    """Turn what can be text into bytes: JSON travels to the client as it is, never decoded here."""
    return func.convert_to(cast(json, Text), constant("UTF8"))
