"""Members of a task that no column has: how a statement makes them of those that a row has."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    DateTime,
    FromClause,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from todo_server.domain.recurrence import PATTERNS


def _word(word: str) -> ColumnElement[str]:
    return literal_column(f"'{word}'::text", Text)


def _status(rows: FromClause) -> ColumnElement[Any]:
    return case((rows.c.completed, _word("completed")), else_=_word("pending"))


def _subtasks(rows: FromClause) -> ColumnElement[Any]:
    none = literal_column("""'{"total":0,"completed":0}'::json""", JSON)
    some = func.json_build_object(
        *(_word("total"), rows.c.subtasks_total),
        *(_word("completed"), rows.c.subtasks_completed),
        type_=JSON,
    )
    return case((rows.c.subtasks_total > literal_column("0"), some), else_=none)


def is_overdue(rows: FromClause) -> ColumnElement[Any]:
    """Tell whether it should be done by now; what the handle says is now."""
    now = bindparam("now", type_=DateTime(timezone=True))
    late = and_(not_(rows.c.completed), rows.c.due_at.is_not(None), rows.c.due_at < now)
    return type_coerce(late, Boolean)


def _recurrence_pattern(rows: FromClause) -> ColumnElement[Any]:
    words: list[Any] = [
        (rows.c.recurrence.op("~")(_word(form)), _word(word)) for word, form in PATTERNS.items()
    ]
    return case((rows.c.recurrence.is_(None), _word("none")), *words, else_=_word("custom"))


def _is_recurring(rows: FromClause) -> ColumnElement[Any]:
    return rows.c.recurrence.is_not(None)


def _remind_at(rows: FromClause) -> ColumnElement[Any]:
    """Give when it reminds first, as `migrations/reminding.py` knows."""
    its = (rows.c[name] for name in ("user_id", "reminders", "due_date", "time_zone"))
    first = func.to_json(func.first_reminder(*its, type_=Text), type_=JSON)
    none = literal_column("'null'::json", JSON)
    has_some = rows.c.reminders != literal_column("'[]'", JSONB)
    return case((has_some, func.coalesce(first, none)), else_=none)


def _is_dateless(rows: FromClause) -> ColumnElement[Any]:
    """Tell whether it has none of what is answered of dates."""
    names = ("due_date", "start_date", "recurrence", "time_zone", "series_id")
    return and_(
        *(rows.c[name].is_(None) for name in names),
        rows.c.reminders == literal_column("'[]'", JSONB),
        rows.c.recurrence_basis == _word("due"),
    )


DERIVED_MEMBERS: dict[str, Callable[[FromClause], ColumnElement[Any]]] = {
    "status": _status,
    "subtasks": _subtasks,
    "overdue": is_overdue,
    "recurrence_pattern": _recurrence_pattern,
    "is_recurring": _is_recurring,
    "remind_at": _remind_at,
}


class Seldom(NamedTuple):
    """Members that are the same in most rows: what tells that, and what they are then."""

    is_so: Callable[[FromClause], ColumnElement[Any]]
    members: dict[str, Any]


DATES = Seldom(
    _is_dateless,
    {
        "start_date": None,
        "due_date": None,
        "time_zone": None,
        "due_at": None,
        "overdue": False,
        "recurrence": None,
        "recurrence_pattern": "none",
        "is_recurring": False,
        "recurrence_basis": "due",
        "reminders": [],
        "remind_at": None,
        "series_id": None,
    },
)
