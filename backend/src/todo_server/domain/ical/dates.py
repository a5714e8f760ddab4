"""Dates of tasks as properties of a calendar: each of the three kinds as the one that it is.

A date is a DATE, an instant stands in UTC, and a local time has the name of its zone; without one
it floats, and is that time wherever it is read (RFC 5545, section 3.3.5).
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

MORNING = 9 * 60
"""Minutes after midnight from which the reminders of a whole day count."""

_DATE = len("2026-11-30")
_SECOND = len("2026-11-30T09:00:00")
BARE = str.maketrans("", "", "-:")


def instant(value: str) -> str:
    """Write an instant, to the second, of its RFC 3339 in UTC."""
    return f"{value[:_SECOND].translate(BARE)}Z"


def is_date(value: str) -> bool:
    """Tell whether it is a whole day."""
    return len(value) == _DATE


def is_local(value: str | None) -> bool:
    """Tell whether it is a time of some clock, so that its zone is to be named."""
    return value is not None and len(value) == _SECOND


def dated(name: str, value: str, zone: str | None) -> str:
    """Write a property whose value is a date or time in this zone."""
    bare = value.translate(BARE)
    if is_date(value):
        return f"{name};VALUE=DATE:{bare}"
    if zone is None or not is_local(value):
        return f"{name}:{bare}"
    return f"{name}:{bare}Z" if zone == "UTC" else f"{name};TZID={zone}:{bare}"


def are_alike(one: str, other: str) -> bool:
    """Tell whether both are of the same kind, as two ends have to be."""
    return len(one) == len(other)


def in_utc(value: str, zone: str | None) -> str:
    """Write a time in UTC, in which some properties have to be; the first of a doubled hour.

    Of a clock that jumped over it, by what it showed before (section 3.3.5). UTC where no zone is.
    A whole day is its morning.
    """
    if is_date(value):
        value = f"{value}T{MORNING // 60:02}:00:00"
    if not is_local(value):
        return value.translate(BARE)
    local = datetime.fromisoformat(value)
    return f"{local.replace(tzinfo=ZoneInfo(zone or 'UTC')).astimezone(UTC):%Y%m%dT%H%M%SZ}"
