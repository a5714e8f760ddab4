"""What a task may have as a reminder: so long before it is due, or a time."""

from typing import Any, TypeAlias

from todo_server.domain.dates import DATE_PATTERN, NoDateError, read_date
from todo_server.domain.whole import whole

Reminder: TypeAlias = dict[str, Any]
"""`{"at": …}`, a local time or an instant, or `{"minutes_before": …}`."""

MAX_MINUTES = 525_600
"""A year."""

AT_PATTERN = DATE_PATTERN.replace(")?$", ")$")
"""A time, and no mere date: for the contract."""


class NoReminderError(ValueError):
    """A value that is no reminder; says what would be one."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def read_at(value: object) -> Reminder:
    """Make a reminder at a time; NoReminderError for anything else."""
    try:
        at = read_date(value) if isinstance(value, str) else None
    except NoDateError:
        at = None
    if at is None or "T" not in at:
        wanted = "Use a time like 2026-11-30T09:00:00, with Z, an offset or none"
        raise NoReminderError("datetime_parsing", wanted)
    return {"at": at}


def read_minutes(value: object) -> Reminder:
    """Make a reminder so many minutes before the due date; NoReminderError for anything else."""
    minutes = whole(value)
    if minutes is None or not 0 <= minutes <= MAX_MINUTES:
        wanted = f"Use a whole number of minutes from 0 to {MAX_MINUTES}"
        raise NoReminderError("invalid", wanted)
    return {"minutes_before": minutes}


def read_reminder(value: object) -> Reminder:
    """Read one of a list of reminders; NoReminderError if it is none."""
    match value:
        case {"at": at, **others} if not others:
            return read_at(at)
        case {"minutes_before": minutes, **others} if not others:
            return read_minutes(minutes)
        case _:
            wanted = "Use an object with 'minutes_before', or with 'at'"
            raise NoReminderError("invalid", wanted)
