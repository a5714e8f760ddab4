"""How PostgreSQL writes rows as JSON, which travels to the client as it is (decision 0005)."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from pydantic_core import to_json
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
"""A row as a statement gives it: its id, its version and its JSON; a further word where one is.

Behind the version of what is overdue stands that word: it becomes so without a change.
"""


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
    version: ColumnElement[Any] = rows.c.version
    if "overdue" in rows.c:
        version = cast(version, Text)
        version = case((rows.c.overdue, version.concat(constant("-overdue"))), else_=version)
    parts = [rows.c.id, version, json_row(rows), *also]
    return select(postgresql.array([utf8(part) for part in parts])).select_from(rows)


def json_text(rows: FromClause, shape: type[SQLModel]) -> ColumnElement[str]:
    """Write each of many rows as text of JSON, as `json_row` does its `json_columns`.

    That looks up the type of each column for each row; this does for each statement, so that it
    takes less time for twenty rows, and more for one. Members that are mostly the same are one text
    where they are (`seldom` of a shape).
    """
    members = {str(c.key): _member(rows, shape, c) for c in json_columns(rows, shape)}
    seldom = getattr(shape, "seldom", None)
    if seldom is not None:
        is_so, usual = seldom
        first, *others = usual
        text = constant(to_json(usual).decode()[1:-1])
        else_ = _concat("", [members[name] for name in usual], "")
        members[first] = "", case((is_so(rows), text), else_=else_), ""
        for name in others:
            del members[name]
    return _concat("{", members.values(), "}")


_Member: TypeAlias = tuple[str, ColumnElement[Any], str]


def _concat(before: str, members: Iterable[_Member], after: str) -> ColumnElement[str]:
    parts: list[Any] = []
    for head, value, tail in members:
        parts += [constant(before + head), value]
        before = f"{tail},"
    return func.concat(*parts, constant(before[:-1] + after), type_=Text)


def _member(rows: FromClause, shape: type[SQLModel], column: ColumnElement[Any]) -> _Member:
    """Give a value, and the texts around it."""
    name = str(column.key)
    bare = name in getattr(shape, "bare", ())
    needs_no_escapes = bare or isinstance(column.type, Uuid) or _is_instant(rows, name)
    is_nullable = name in rows.c and bool(rows.c[name].nullable)
    quote = '"' if needs_no_escapes and not is_nullable else ""
    value = column.element if isinstance(column, Label) else column
    if not needs_no_escapes:
        value = _written(value, is_nullable=is_nullable)
    elif is_nullable:
        quoted = constant('"').concat(cast(value, Text)).concat(constant('"'))
        value = func.coalesce(quoted, _NULL)
    return f'"{name}":{quote}', value, quote


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
