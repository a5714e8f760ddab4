"""How a user's calendar is read."""

from enum import StrEnum


class WrittenAs(StrEnum):
    """What tasks are in a calendar."""

    TASKS = "tasks"
    EVENTS = "events"
