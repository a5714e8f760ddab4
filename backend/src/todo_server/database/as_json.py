"""How PostgreSQL writes rows as JSON, which travels to the client as it is (decision 0005)."""

from typing import Any

from sqlalchemy import DateTime, FromClause, Text, cast, func
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import NamedFromClause
from sqlmodel import SQLModel

from todo_server.database.statement import constant


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


def utf8(json: ColumnElement[Any]) -> ColumnElement[bytes]:
    """Turn JSON into bytes, which travel to the client as they are, never decoded here."""
    return func.convert_to(cast(json, Text), constant("UTF8"))
