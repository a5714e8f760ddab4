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
    bindparam,
    case,
    cast,
    literal_column,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from todo_server.database import constant, owner_view
from todo_server.domain.cursor import Position
from todo_server.domain.priority import Priority
from todo_server.domain.sorting import Key
from todo_server.models import Task
from todo_server.services.tasks.searching import has_every_word_in_title

ID = "id"
"""What breaks ties, and is a key of its own: ids are of version 7."""

_tasks = owner_view(Task)


def _rank() -> ColumnElement[int]:
    ranks: dict[Any, ColumnElement[int]] = {
        constant(word): literal_column(str(rank)) for rank, word in enumerate(Priority)
    }
    return case(ranks, value=_tasks.c.priority)


def _relevance() -> ColumnElement[int]:
    return case((has_every_word_in_title(_tasks), literal_column("1")), else_=literal_column("0"))


_MADE = {
    "priority": type_coerce(_rank(), SmallInteger),
    "relevance": type_coerce(_relevance(), SmallInteger),
}
"""What is compared and no column has."""


def key_of(column: str) -> ColumnElement[Any]:
    """Give what rows are compared by, by the name that a sort has for it."""
    return _MADE[column] if column in _MADE else _tasks.c[column]


def may_be_null(column: str) -> bool:
    """Tell whether a row may lack what it is compared by."""
    return column not in _MADE and bool(_tasks.c[column].nullable)


def parameter_of(column: str, name: str) -> ColumnElement[Any]:
    """Make the parameter that a key is compared with."""
    return bindparam(name, type_=_form_of(key_of(column)).type)


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


def cursor_key(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Write a key as a cursor has it."""
    return _form_of(column).write(column)


def read_position(keys: tuple[Key, ...], position: Position) -> dict[str, Any]:
    """Turn a position into parameters: the id, and `key_1` and so on, None where there was none.

    Raises ValueError, TypeError, AttributeError or OverflowError for what no cursor holds.
    """
    *texts, task_id = position
    values: dict[str, Any] = {"task_id": UUID(task_id)}
    for number, (key, text) in enumerate(zip(keys[:-1], texts, strict=True), 1):
        if text is None and not may_be_null(key.column):
            raise ValueError("a key that is never null")
        form = _form_of(key_of(key.column))
        values[f"key_{number}"] = None if text is None else form.read(text)
    return values


def _form_of(column: ColumnElement[Any]) -> _CursorForm:
    (form,) = (form for kind, form in _FORMS.items() if isinstance(column.type, kind))
    return form
