"""How PostgreSQL writes rows as JSON, which travels to the client as it is (decision 0005)."""

from typing import Any, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    DateTime,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement, Label
from sqlalchemy.sql.selectable import NamedFromClause
from sqlmodel import SQLModel

from todo_server.database.statement import constant

Row: TypeAlias = list[bytes]
"""A row as a statement gives it: its id, its version and its JSON; a further word where one is."""


def json_columns(rows: FromClause, shape: type[SQLModel]) -> list[ColumnElement[Any]]:
    """List the columns of a shape as PostgreSQL shall write them into JSON.

    Instants are RFC 3339 in UTC with `Z` and six digits of a second: PostgreSQL's own form
    depends on the session's time zone and drops trailing zeros. A member that no column has is made
    as the shape's `derived` says.
    """
    derived = getattr(shape, "derived", {})
    return [
        derived[name](rows).label(name) if name in derived else _json_column(rows.c[name])
        for name in shape.model_fields
    ]


def _json_column(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, DateTime):
        utc = func.timezone(constant("UTC"), column)
        return func.to_char(utc, constant('YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), type_=Text).label(
            column.name
        )
    return column


def json_row(rows: NamedFromClause) -> ColumnElement[Any]:
    """Turn each row of a subquery into JSON."""
    return func.row_to_json(rows.table_valued())


def as_row(rows: NamedFromClause, *also: ColumnElement[Any]) -> Select[Any]:
    """Select each row as a `Row`."""
    parts = [rows.c.id, rows.c.version, json_row(rows), *also]
    return select(postgresql.array([utf8(part) for part in parts])).select_from(rows)


def json_text(rows: FromClause, shape: type[SQLModel]) -> ColumnElement[str]:
    """Write each of many rows as text of JSON, as `json_row` does its `json_columns`.

    That looks up the type of each column for each row; this does for each statement, so that it
    takes less time for twenty rows, and more for one.
    """
    parts: list[Any] = []
    between = "{"
    for name, column in zip(shape.model_fields, json_columns(rows, shape), strict=True):
        # A UUID and what `to_char` writes need no escapes.
        bare = isinstance(column.type, Uuid) or _is_instant(rows, name)
        nullable = name in rows.c and rows.c[name].nullable
        quote = '"' if bare and not nullable else ""
        parts.append(constant(f'{between}"{name}":{quote}'))
        parts.append(column if quote else _written(_plain(column), nullable=nullable))
        between = f"{quote},"
    parts.append(constant(f"{between[:-1]}}}"))
    return func.concat(*parts, type_=Text)


def _is_instant(rows: FromClause, name: str) -> bool:
    return name in rows.c and isinstance(rows.c[name].type, DateTime)


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column.element if isinstance(column, Label) else column


def _written(column: ColumnElement[Any], *, nullable: bool) -> ColumnElement[Any]:
    """Write a value as JSON, for `concat`, which takes numbers and JSON as they are."""
    if isinstance(column.type, Integer | BigInteger | JSON):
        return column if not nullable else func.coalesce(cast(column, Text), constant("null"))
    if isinstance(column.type, Boolean):
        return case((column, constant("true")), else_=constant("false"))
    json = func.to_json(column)
    return func.coalesce(json, literal_column("'null'::json")) if nullable else json


def utf8(json: ColumnElement[Any]) -> ColumnElement[bytes]:
    """Turn what can be text into bytes: JSON travels to the client as it is, never decoded here."""
    return func.convert_to(cast(json, Text), constant("UTF8"))
