"""What rows are sorted by, as a cursor has it: by the type of the column, whichever it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    SmallInteger,
    String,
    Text,
    Uuid,
    cast,
)
from sqlalchemy.types import TypeEngine

from todo_server.database import owner_view
from todo_server.domain.cursor import Position
from todo_server.models import Task

_tasks = owner_view(Task)


class _CursorForm(NamedTuple):
    """How PostgreSQL writes keys of a type into JSON, and how one becomes a parameter again."""

    type: TypeEngine[Any]
    write: Callable[[ColumnElement[Any]], ColumnElement[Any]]
    read: Callable[[str], Any]


def _as_it_is(key: ColumnElement[Any]) -> ColumnElement[Any]:
    return key


def _as_text(key: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(key, Text)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without an offset")
    return instant.astimezone(UTC)


def _small_integer(text: str) -> int:
    number = int(text)
    number.to_bytes(2, signed=True)  # an OverflowError for what the column could not hold
    return number


_FORMS: dict[type[TypeEngine[Any]], _CursorForm] = {
    Uuid: _CursorForm(Uuid(), _as_it_is, UUID),
    String: _CursorForm(Text(), _as_it_is, str),
    DateTime: _CursorForm(DateTime(timezone=True), _as_it_is, _instant),
    Date: _CursorForm(Date(), _as_it_is, date.fromisoformat),
    SmallInteger: _CursorForm(SmallInteger(), _as_text, _small_integer),
}


def parameter_type(column: ColumnElement[Any]) -> TypeEngine[Any]:
    """Give the type of a parameter that is compared with a column."""
    return _form_of(column).type


def cursor_key(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Write a key as a cursor has it."""
    return _form_of(column).write(column)


def read_position(column: str, position: Position) -> dict[str, Any]:
    """Turn a position into parameters; `key` is None where the row before had none.

    Raises ValueError, TypeError, AttributeError or OverflowError for what no cursor holds.
    """
    *texts, task_id = position
    values: dict[str, Any] = {"task_id": UUID(task_id)}
    if len(texts) != (column != "id"):
        raise ValueError("a key of another sort")
    for text in texts:
        if text is None and not _tasks.c[column].nullable:
            raise ValueError("a key that is never null")
        values["key"] = None if text is None else _form_of(_tasks.c[column]).read(text)
    return values


def _form_of(column: ColumnElement[Any]) -> _CursorForm:
    (form,) = (form for kind, form in _FORMS.items() if isinstance(column.type, kind))
    return form
