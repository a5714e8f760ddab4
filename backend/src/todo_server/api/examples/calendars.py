"""What the contract shows of the calendar."""

from typing import Any

_FEED = (
    "/api/calendar/MDE5YWEzZjQ3YTUxNzJjM2ExZDU4YjRlM2YyYTZjOTA."
    "Nn5c1RkuT0yXq3vB8sWzJd6hLmP9aGfE2iKoQrStUvY.ics"
)

_CALENDAR = {"active": True, "created_at": "2026-11-20T22:05:31.550284Z", "read_on": None}

ANSWERS: dict[str, dict[str, Any]] = {
    "get_calendar": {
        "one that is read": _CALENDAR | {"read_on": "2026-11-21"},
        "none": {"active": False, "created_at": None, "read_on": None},
    },
    "make_calendar": {
        "the address": _CALENDAR | {"url": f"https://todo.example.com{_FEED}", "path": _FEED}
    },
}
MISTAKES = {
    "read_calendar": ("as", "invalid", "Use one of tasks, events"),
}
