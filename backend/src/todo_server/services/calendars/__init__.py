"""Reading a user's tasks as a calendar, at an address that is as good as a key."""

from todo_server.services.calendars.addresses import (
    Found,
    Secret,
    end_address,
    find_address,
    get_address,
    make_address,
    owner_of,
)
from todo_server.services.calendars.reading import done_since, read_calendar

__all__ = [
    "Found",
    "Secret",
    "done_since",
    "end_address",
    "find_address",
    "get_address",
    "make_address",
    "owner_of",
    "read_calendar",
]
