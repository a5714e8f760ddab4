"""Tasks as the database gives them, and what a reader of calendars makes of them."""

from typing import Any

import icalendar

from todo_server.domain.ical import Calendar, Component, todo_of

TASK_ID = "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"
TASK: dict[str, Any] = {
    "id": TASK_ID,
    "title": "Buy milk",
    "description": None,
    "completed": False,
    "completed_at": None,
    "priority": "medium",
    "tags": [],
    "category": None,
    "parent_id": None,
    "subtasks": {"total": 0, "completed": 0},
    "created_at": "2026-11-20T22:00:39.813221Z",
    "updated_at": "2026-11-20T22:02:49.634545Z",
    "version": 2,
    "start_date": None,
    "due_date": None,
    "time_zone": None,
    "recurrence": None,
    "recurrence_basis": "due",
    "rule_start": None,
    "occurs_on": None,
    "reminders": [],
}


def calendar_of(
    *tasks: dict[str, Any], component: Component = todo_of, zone: str | None = None
) -> str:
    """A whole calendar, of tasks that have these members."""
    calendar = Calendar(component, product="tests", name="Tasks", zone=zone)
    return calendar.head() + calendar.add(TASK | each for each in tasks) + calendar.tail()


def read(text: str) -> icalendar.Component:
    """Read a calendar, which has no mistake that the reader would pass over."""
    found = icalendar.Calendar.from_ical(text)
    for each in found.walk():
        assert not each.errors
    return found


def first(text: str, kind: str = "VTODO") -> Any:
    """The first component of a kind."""
    return read(text).walk(kind)[0]


def component(kind: str = "VTODO", **options: Any) -> Any:
    """What a task with these members becomes, as it is read."""
    names = {"component", "zone"}
    members = {name: value for name, value in options.items() if name not in names}
    given = {name: value for name, value in options.items() if name in names}
    return first(calendar_of(members, **given), kind)
