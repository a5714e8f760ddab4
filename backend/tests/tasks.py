"""What a task has to be after a change."""

from typing import Any

REFERRING = {"project_id", "parent_id", "move"}
"""Writable members that name other rows, and so have no example that anybody could send."""


FOLLOWING = {
    "due_date": ("due_at", "overdue"),
    "time_zone": ("due_at", "overdue"),
    "recurrence": ("recurrence_pattern", "is_recurring", "series_id"),
    "reminders": ("remind_at",),
}
"""Members that follow from another one, by tests of their own."""


def after(task: dict[str, Any], changed: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Give what a task has to be after one change of some members, as of the answer's instant."""
    at = changed["updated_at"]
    expected = {**task, **members, "version": task["version"] + 1, "updated_at": at}
    if "completed" in members and members["completed"] != task["completed"]:
        expected["status"] = "completed" if members["completed"] else "pending"
        expected["completed_at"] = at if members["completed"] else None
    for name in members.keys() & FOLLOWING:
        expected |= {each: changed[each] for each in FOLLOWING[name]}
    return expected
