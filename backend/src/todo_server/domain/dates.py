"""Dates of tasks, which are one of three kinds of text and stay what they were sent as.

A date (`2026-11-30`), a local time (`2026-11-30T09:00:00`), or an instant (`2026-11-30T09:00:00Z`).
Which instant the first two are, depends on a time zone: the database says it, which has the one
table of zones (`migrations/instants.py`).
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

FIRST_YEAR, LAST_YEAR = 1900, 9998

DATE_LENGTH = 10
"""Of a date alone, in characters."""

_TIME = r"((?:[01][0-9]|2[0-3]):[0-5][0-9])(?:(:[0-5][0-9])(?:[.,][0-9]{1,9})?)?"
_OFFSET = r"([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_FORM = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:[Tt ]{_TIME}{_OFFSET}?)?")
_TIME_OF_DAY = re.compile(_TIME)
TIME_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?$"
DATE_PATTERN = (
    r"^(19|[2-9]\d)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([Tt ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)?)?$"
)
"""For the contract: what is more than a pattern can say, is refused all the same."""

STORED_PATTERN = r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ?)?$"
"""How they are kept and answered."""

WANTED = "Use a date like 2026-11-30, or a time like 2026-11-30T09:00:00 with Z, an offset or none"


class NoDateError(ValueError):
    """A value that is none of the three."""

    def __init__(self) -> None:
        super().__init__(WANTED)


class NoTimeError(ValueError):
    """What is no time of day, or not that of its date; says why."""


def read_date(value: object) -> str | None:
    """Give a date or time in the form that is kept, of the same kind; NoDateError if it is none.

    An empty text is None. An offset other than Z is converted to Z. Fractions of a second are cut.
    """
    if value is None or value == "":
        return None
    parts = _FORM.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise NoDateError
    day, minute, second, offset = parts.groups()
    if minute is None:
        return _checked(datetime.fromisoformat, day)[:DATE_LENGTH]
    local = f"{day}T{minute}{second or ':00'}"
    if offset is None:
        return _checked(datetime.fromisoformat, local)
    zone = "+00:00" if offset in "Zz" else offset
    return _checked(_to_utc, local + zone) + "Z"


def with_time(date: object, time: object) -> object:
    """Join a time of day to a date, which has none or the same; NoTimeError for another.

    What is no date, comes back as it is.
    """
    parts = _TIME_OF_DAY.fullmatch(time) if isinstance(time, str) else None
    if parts is None:
        raise NoTimeError("Use a time of day like 09:00")
    try:
        found = read_date(date)
    except NoDateError:
        return date  # and is refused as such
    if found is None:
        return None
    said = f"{parts[1]}{parts[2] or ':00'}"
    if len(found) == DATE_LENGTH:
        return f"{found}T{said}"
    if found[11:19] != said:
        raise NoTimeError("'due_date' has another time")
    return found


def _to_utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _checked(read: Callable[[str], datetime], text: str) -> str:
    try:
        found = read(text)
    except (ValueError, OverflowError):
        raise NoDateError from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise NoDateError
    return found.isoformat()
