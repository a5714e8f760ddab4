"""What the tests of rules ask for."""

from datetime import date
from itertools import islice

from todo_server.domain.recurrence import Clock, dates_after, parsed

A_DATE = Clock(None, is_utc=False, zone="UTC")


def dates(rule: str, start: date, count: int, after: date | None = None) -> list[date]:
    """Give so many dates of a rule behind a day, which is its start where none is named."""
    return list(islice(dates_after(parsed(rule), start, after or start, A_DATE), count))
