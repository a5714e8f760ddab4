"""Days of the user's time zone, as instants: what filters by date compare with.

The database works them out, which has the zones (`migrations/instants.py`), once for a statement:
each is a subquery that depends on no row of tasks.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
)

from todo_server.database import constant, owner_view, select_owned
from todo_server.models import Settings
from todo_server.models.settings import TIME_ZONE, WEEK_START, WEEK_STARTS
from todo_server.services.one_row import NOW

_settings = owner_view(Settings)
_DAYS_OF_WEEK = {"monday": 1, "sunday": 0, "saturday": 6}


def _setting(name: str, default: str) -> ColumnElement[str]:
    its_own = select_owned(Settings, _settings.c[name]).scalar_subquery()
    return func.coalesce(its_own, constant(default))


def zone() -> ColumnElement[str]:
    """Give the user's time zone."""
    return _setting("time_zone", TIME_ZONE)


def local_date(instant: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the date that it is at an instant in the user's time zone."""
    return cast(func.timezone(zone(), instant), Date)


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), Integer)


def _days_left_of_week() -> ColumnElement[int]:
    """Count the days until the last one of the user's week."""
    numbers: dict[Any, Any] = {constant(w): _number(_DAYS_OF_WEEK[w] + 6) for w in WEEK_STARTS}
    first = case(numbers, value=_setting("week_start", WEEK_START))
    today = cast(func.date_part(constant("dow"), local_date(NOW)), Integer)
    return (first - today) % _number(7)


TODAY, TOMORROW, END_OF_WEEK = _number(0), _number(1), _days_left_of_week()
"""Days, by how many there are until then."""


def _instant(date_or_time: ColumnElement[str], *, is_end: bool) -> ColumnElement[Any]:
    end = literal_column(str(is_end).lower(), Boolean)
    found = func.instant_of(date_or_time, zone(), end, type_=DateTime(timezone=True))
    return select(found).scalar_subquery()


def bound(name: str, *, is_end: bool) -> ColumnElement[Any]:
    """Give the instant that a parameter says; of a date, where its day begins, or ends."""
    return _instant(bindparam(name, type_=Text), is_end=is_end)


def is_within(
    instant: ColumnElement[Any], first: ColumnElement[int], last: ColumnElement[int]
) -> ColumnElement[bool]:
    """Tell whether an instant is within these days."""
    begins, ends = (
        _instant(func.to_char(local_date(NOW) + day, constant("YYYY-MM-DD")), is_end=is_end)
        for day, is_end in ((first, False), (last, True))
    )
    return and_(instant >= begins, instant <= ends)
