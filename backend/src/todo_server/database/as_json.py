"""How PostgreSQL writes rows as JSON, which travels to the client as it is (decision 0005)."""

from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    JSON,
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
    bare = getattr(shape, "bare", ())
    between = "{"
    for name, column in zip(shape.model_fields, json_columns(rows, shape), strict=True):
        needs_no_escapes = name in bare or isinstance(column.type, Uuid) or _is_instant(rows, name)
        is_nullable = name in rows.c and bool(rows.c[name].nullable)
        quote = '"' if needs_no_escapes and not is_nullable else ""
        parts.append(constant(f'{between}"{name}":{quote}'))
        value = column.element if isinstance(column, Label) else column
        if needs_no_escapes and is_nullable:
            value = func.coalesce(
                constant('"').concat(cast(value, Text)).concat(constant('"')), _NULL
            )
        elif not needs_no_escapes:
            value = _written(value, is_nullable=is_nullable)
        parts.append(value)
        between = f"{quote},"
    parts.append(constant(f"{between[:-1]}}}"))
    return func.concat(*parts, type_=Text)


_NULL = constant("null")


def _is_instant(rows: FromClause, name: str) -> bool:
    return name in rows.c and isinstance(rows.c[name].type, DateTime)


def _written(value: ColumnElement[Any], *, is_nullable: bool) -> ColumnElement[Any]:
    """Write a value as JSON, for `concat`, which takes numbers and JSON as they are."""
    if isinstance(value.type, Integer | JSON):
        return func.coalesce(cast(value, Text), _NULL) if is_nullable else value
    if isinstance(value.type, Boolean):
        return case((value, constant("true")), else_=constant("false"))
    if isinstance(value.type, ARRAY):
        is_empty = func.cardinality(value) == literal_column("0")
        return case((is_empty, constant("[]")), else_=cast(func.to_json(value), Text))
    json = func.to_json(value)
    return func.coalesce(json, literal_column("'null'::json")) if is_nullable else json


def utf8(json: ColumnElement[Any]) -> ColumnElement[bytes]:
    """Turn what can be text into bytes: JSON travels to the client as it is, never decoded here."""
    return func.convert_to(cast(json, Text), constant("UTF8"))
