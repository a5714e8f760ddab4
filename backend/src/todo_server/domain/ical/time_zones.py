"""Time zones as a calendar writes them: VTIMEZONE (RFC 5545, section 3.6.5).

Nearly all readers know a zone by its name, and look at this where they do not. It has every change
of the clock from 1970 to 2050: one by one, and as a rule for those that come at the same place
of each year to the end.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from todo_server.domain.ical.lines import written

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2051, 1, 1, tzinfo=UTC)

_STEP = timedelta(days=7)
"""Nowhere since 1970 was a clock changed twice within less."""

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_YEARS_OF_A_RULE = 8
"""So many at least have to agree: a Sunday on the same date for six years is no rule."""


class _Offset(NamedTuple):
    """What a clock shows besides UTC."""

    offset: timedelta
    name: str


class _Change(NamedTuple):
    """A change of the clock, at a time of the clock before it."""

    at: datetime
    before: timedelta
    after: _Offset


@lru_cache(maxsize=128)
def time_zone(name: str) -> str:
    """Write a zone; ZoneInfoNotFoundError where this machine does not know it."""
    zone = ZoneInfo(name)
    first = _offset_at(zone, FIRST)
    groups: dict[tuple[timedelta, _Offset], list[datetime]] = {}
    for change in _changes(zone):
        groups.setdefault((change.before, change.after), []).append(change.at)
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    lines += _observance(first.offset, first, [datetime(1970, 1, 1)])  # noqa: DTZ001 - local
    for (before, after), starts in groups.items():
        lines += _ruled(before, after, starts)
    return written([*lines, "END:VTIMEZONE"])


def _offset_at(zone: ZoneInfo, instant: datetime) -> _Offset:
    local = instant.astimezone(zone)
    return _Offset(local.utcoffset() or timedelta(), local.tzname() or "")


def _changes(zone: ZoneInfo) -> Iterator[_Change]:
    count = (LAST - FIRST) // _STEP + 1
    for start, end in pairwise(FIRST + number * _STEP for number in range(count)):
        before, after = _offset_at(zone, start), _offset_at(zone, end)
        if before == after:
            continue
        low, high = start, end
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) // 2
            middle = middle.replace(microsecond=0)
            low, high = (middle, high) if _offset_at(zone, middle) == before else (low, middle)
        yield _Change((high + before.offset).replace(tzinfo=None), before.offset, after)


def _ruled(before: timedelta, after: _Offset, starts: list[datetime]) -> Iterator[str]:
    """Write changes of one kind, those at the end as a rule if they have one."""
    ruled, place = _tail(starts)
    single = starts[: len(starts) - ruled]
    if single:
        yield from _observance(before, after, single)
    if ruled:
        month, day = place
        rule = f"RRULE:FREQ=YEARLY;BYMONTH={month};BYDAY={day}"
        yield from _observance(before, after, [starts[-ruled]], rule)


def _tail(starts: list[datetime]) -> tuple[int, tuple[int, str]]:
    """Count those at the end that come each year at the same place, and give this place."""
    none = (0, (0, ""))
    if starts[-1].year < LAST.year - 1:
        return none
    best = none
    for place in _places(starts[-1]):
        count = 1
        for later, earlier in pairwise(reversed(starts)):
            its_year = earlier.year == later.year - 1 and earlier.time() == later.time()
            if not its_year or place not in _places(earlier):
                break
            count += 1
        best = max(best, (count, place))
    return best if best[0] >= _YEARS_OF_A_RULE else none


def _places(start: datetime) -> set[tuple[int, str]]:
    """Give the places of a day in its year: the second Sunday of March, the last one."""
    day = _DAYS[start.weekday()]
    places = {(start.month, f"{(start.day - 1) // 7 + 1}{day}")}
    if start.day + 7 > monthrange(start.year, start.month)[1]:
        places.add((start.month, f"-1{day}"))
    return places


def _observance(
    before: timedelta, after: _Offset, starts: list[datetime], *rule: str
) -> Iterator[str]:
    # Not by what the zone calls summer: in Dublin that is the standard, and readers know no such.
    kind = "DAYLIGHT" if after.offset > before else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{starts[0]:%Y%m%dT%H%M%S}"
    yield f"TZOFFSETFROM:{_as_offset(before)}"
    yield f"TZOFFSETTO:{_as_offset(after.offset)}"
    yield f"TZNAME:{after.name}"
    yield from rule
    if starts[1:]:
        yield "RDATE:" + ",".join(f"{start:%Y%m%dT%H%M%S}" for start in starts[1:])
    yield f"END:{kind}"


def _as_offset(offset: timedelta) -> str:
    seconds = int(abs(offset).total_seconds())
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    sign = "-" if offset < timedelta() else "+"
    return f"{sign}{hours:02}{minutes:02}" + (f"{rest:02}" if rest else "")
