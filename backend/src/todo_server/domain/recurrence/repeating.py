"""What a repeating task becomes next: its date, in the kind that it has, and how far that is."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from todo_server.domain.recurrence.candidates import LAST_YEAR
from todo_server.domain.recurrence.dates import Clock, dates_after, parsed

COMPLETED = "completed"
"""The basis by which a date is counted from the day of completion; the other is `due`."""

_FIRST_YEAR = 1900
_DATE = 10
"""So many characters of a date or time are its date."""


class Repeating(NamedTuple):
    """What says when a task repeats. Dates are text, of one of the three kinds that tasks have."""

    rule: str
    basis: str
    due_date: str | None
    occurs_on: str | None
    """The date that the rule gave; the due date may have been moved since."""
    rule_start: str | None
    """The date when the rule was set, which says what the rule does not; of what is counted from
    completion, its own."""
    ordinal: int = 1
    """Which one this is since the rule was set."""


class Following(NamedTuple):
    """An occurrence that comes after."""

    due_date: str
    rule_start: str
    days: int
    """How far it is from the due date that was, or from today where there was none."""


def following(task: Repeating, now: datetime, zone: str) -> Iterator[Following]:
    """Give what comes when the task is completed now, then each on its day; to the rule's end.

    `zone` is the task's own, or its user's.
    """
    return _dated(task, now, zone, is_skipped=False)


def skipping(task: Repeating, now: datetime, zone: str) -> Following | None:
    """Give what the task becomes where it is not done this time; None behind the last."""
    return next(_dated(task, now, zone, is_skipped=True), None)


def moved(text: str | None, days: int) -> str | None:
    """Move a date by days, in its kind; one that would leave the years of dates stays."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text[:_DATE]) + timedelta(days=days)
    except OverflowError:
        return text
    return f"{day}{text[_DATE:]}" if _FIRST_YEAR <= day.year <= LAST_YEAR else text


def _dated(task: Repeating, now: datetime, zone: str, *, is_skipped: bool) -> Iterator[Following]:
    kind = task.due_date or ""
    clock = Clock(_time(kind), kind.endswith("Z"), zone)
    today = now.astimezone(UTC if clock.is_utc else ZoneInfo(zone)).date()
    was = _day(task.due_date) or today
    start = task.rule_start or task.due_date or str(today)
    if task.basis == COMPLETED:
        dates = _after_completion(task, max(was, today) if is_skipped else today, clock)
    else:
        after = max(_day(task.occurs_on) or was, was, today)
        first = date.fromisoformat(start[:_DATE])
        dates = dates_after(parsed(task.rule), first, after, clock)
    for day in dates:
        due_date = f"{day}{start[_DATE:]}"
        its_start = due_date if task.basis == COMPLETED else start
        yield Following(due_date, its_start, (day - was).days)


def _after_completion(task: Repeating, day: date, clock: Clock) -> Iterator[date]:
    """Count each from the day on which the one before is done."""
    rule = parsed(task.rule)
    left = None if rule.total is None else rule.total - task.ordinal
    rule = rule._replace(total=None)
    while left is None or left > 0:
        found = next(dates_after(rule, day, day, clock), None)
        if found is None:
            return
        yield found
        day, left = found, None if left is None else left - 1


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text[:_DATE])


def _time(text: str) -> time | None:
    clock = text[_DATE + 1 :].removesuffix("Z")
    return time.fromisoformat(clock) if clock else None
