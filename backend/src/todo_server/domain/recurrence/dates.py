"""The dates of a rule from its start: its own, and those that a task repeats on."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import islice, takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

from todo_server.domain.recurrence.candidates import candidates
from todo_server.domain.recurrence.rule import Rule
from todo_server.domain.recurrence.text import read_text


class Clock(NamedTuple):
    """What the time of day of a task's dates is: none, a local time, or one in UTC."""

    time: time | None
    is_utc: bool
    zone: str
    """Of the task: where UNTIL counts, as an instant or for dates in UTC."""

    def is_over(self, day: date, until: str) -> bool:
        """Tell whether a date lies behind UNTIL, which is the last moment, in the task's zone."""
        last, moment = self._until(until), datetime.combine(day, self.time or time.min)
        if self.is_utc:
            moment = self._local(moment)
        if self.time is None or not isinstance(last, datetime):
            return moment.date() > date(last.year, last.month, last.day)
        return moment > last

    def _until(self, until: str) -> date | datetime:
        if "T" not in until:
            return date.fromisoformat(until)
        last = datetime.fromisoformat(until.removesuffix("Z"))
        return self._local(last) if until.endswith("Z") else last

    def _local(self, utc: datetime) -> datetime:
        return utc.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


@lru_cache(maxsize=256)
def parsed(rule: str) -> Rule:
    """Read a rule that was read before, as it is stored."""
    return read_text(rule)


def dates_after(rule: Rule, start: date, after: date, clock: Clock) -> Iterator[date]:
    """Give the dates of a rule behind a day, as RFC 5545 has them, until COUNT or UNTIL ends them.

    The start is the first of them, whether the rule has it or not.
    """
    first = start if rule.total is not None else max(start, after)
    following: Iterator[date] = (day for day in candidates(rule, start, first) if day > start)
    if rule.total is not None:
        following = islice(following, rule.total - 1)
    dates = (day for day in following if day > after)
    until = rule.until
    if until is None:
        return dates
    return takewhile(lambda day: not clock.is_over(day, until), dates)
