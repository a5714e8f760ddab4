"""What a task becomes: a VTODO, or at its due date a VEVENT, which has no way to be done."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from todo_server.domain.ical.dates import (
    MORNING,
    are_alike,
    dated,
    in_utc,
    instant,
    is_date,
)
from todo_server.domain.ical.lines import one_line, text, texts
from todo_server.domain.ical.rules import begins_earlier, rule_ahead

Component: TypeAlias = Callable[[Mapping[str, Any], str | None], Iterator[str]]
"""Writes a task, whose local times are in a zone or float, as lines."""

_PRIORITY = {"urgent": 1, "high": 3, "medium": 5, "low": 9}
"""Of the nine that there are: 1 to 4 are high, 6 to 9 low; where there is none, none is given."""


def todo_of(task: Mapping[str, Any], zone: str | None) -> Iterator[str]:
    """Write a task as what is to be done."""
    yield "BEGIN:VTODO"
    yield f"UID:{task['id']}"
    yield from _about(task)
    yield from _dates_of_todo(task, zone)
    yield from _state(task)
    if task["parent_id"]:
        yield f"RELATED-TO:{task['parent_id']}"
    if not task["completed"]:
        yield from _alarms(task, zone, ";RELATED=END")
    yield "END:VTODO"


def event_of(task: Mapping[str, Any], zone: str | None) -> Iterator[str]:
    """Write a task that has a due date as an event, which takes none of the person's time."""
    due, start = task["due_date"], task["start_date"]
    yield "BEGIN:VEVENT"
    yield f"UID:{task['id']}-event"  # another one than the VTODO's, for who reads both
    yield from _about(task)
    rule = rule_ahead(task, zone)
    # What begins on the same day takes from then to then; weeks to do it in are no event.
    takes_time = begins_earlier(task)
    if takes_time:
        yield dated("DTSTART", start, zone)
        yield dated("DTEND", due, zone)
    else:
        yield dated("DTSTART", due, zone)
    if rule:
        yield f"RRULE:{rule}"
    yield "TRANSP:TRANSPARENT"
    if task["parent_id"]:
        yield f"RELATED-TO:{task['parent_id']}-event"
    yield from _alarms(task, zone, ";RELATED=END" if takes_time else "")
    yield "END:VEVENT"


def _about(task: Mapping[str, Any]) -> Iterator[str]:
    """Write what both kinds have."""
    changed = instant(task["updated_at"])
    yield f"DTSTAMP:{changed}"
    yield f"CREATED:{instant(task['created_at'])}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"SEQUENCE:{task['version']}"
    yield f"SUMMARY:{one_line(task['title'])}"
    if task["description"]:
        yield f"DESCRIPTION:{text(task['description'])}"
    if task["priority"] in _PRIORITY:
        yield f"PRIORITY:{_PRIORITY[task['priority']]}"
    labels = dict.fromkeys([*task["tags"], task["category"]])
    labels.pop(None, None)
    if labels:
        yield f"CATEGORIES:{texts(labels)}"


def _dates_of_todo(task: Mapping[str, Any], zone: str | None) -> Iterator[str]:
    due, start = task["due_date"], task["start_date"]
    rule = None if task["completed"] else rule_ahead(task, zone)
    if rule and not begins_earlier(task):
        start = due  # what a rule is counted from
    elif start and due and not (are_alike(start, due) and start < due):
        start = None  # two ends of two kinds, or in the wrong order, are refused by readers
    if start:
        yield dated("DTSTART", start, zone)
    if due:
        yield dated("DUE", due, zone)
    if rule:
        yield f"RRULE:{rule}"


def _state(task: Mapping[str, Any]) -> Iterator[str]:
    if task["completed"]:
        yield "STATUS:COMPLETED"
        yield f"COMPLETED:{instant(task['completed_at'])}"
        yield "PERCENT-COMPLETE:100"
        return
    yield "STATUS:NEEDS-ACTION"
    parts = task["subtasks"]
    if parts["completed"]:
        yield f"PERCENT-COMPLETE:{min(99, 100 * parts['completed'] // parts['total'])}"


def _alarms(task: Mapping[str, Any], zone: str | None, related: str) -> Iterator[str]:
    due = task["due_date"]
    for reminder in task["reminders"]:
        if "at" in reminder:
            trigger = f";VALUE=DATE-TIME:{in_utc(reminder['at'], zone)}"
        elif due and "minutes_before" in reminder:
            minutes = (MORNING if is_date(due) else 0) - reminder["minutes_before"]
            trigger = f"{related}:{'-' if minutes < 0 else ''}PT{abs(minutes)}M"
        else:
            continue
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"DESCRIPTION:{one_line(task['title'])}"
        yield f"TRIGGER{trigger}"
        yield "END:VALARM"
