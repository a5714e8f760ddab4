"""A zone as it is written shows the time that the zone has."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import icalendar
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.ical.tasks import calendar_of
from todo_server.domain.ical.time_zones import FIRST, LAST, time_zone

PECULIAR = [
    "UTC",
    "Africa/Casablanca",
    "America/New_York",
    "America/Nuuk",
    "America/Sao_Paulo",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Pago_Pago",
    "Pacific/Tongatapu",
]
ZONES = sorted(available_timezones() - {"Factory", "localtime"})


@cache
def changes(name: str) -> list[tuple[datetime, timedelta]]:
    """When another time is shown from, in UTC, and how far it is ahead then: by the lines alone."""
    zone: Any = icalendar.Timezone.from_ical(time_zone(name))
    found = [
        ((start - each["TZOFFSETFROM"].td).replace(tzinfo=UTC), each["TZOFFSETTO"].td)
        for each in zone.subcomponents
        for start in starts_of(each)
    ]
    return sorted(found)


def starts_of(each: Any) -> list[datetime]:
    starts = [each["DTSTART"].dt]
    if "RDATE" in each:
        starts += [date.dt for date in each["RDATE"].dts]
    if "RRULE" in each:
        rule = rrulestr(each["RRULE"].to_ical().decode(), dtstart=starts[0])
        starts += rule.between(starts[0], LAST.replace(tzinfo=None))
    return starts


def is_as_told(name: str, instant: datetime) -> bool:
    told = changes(name)
    at = bisect_right([start for start, _ in told], instant) - 1
    return told[max(at, 0)][1] == instant.astimezone(ZoneInfo(name)).utcoffset()


@pytest.mark.parametrize("name", PECULIAR)
def test_a_zone_is_right_before_and_after_each_of_its_changes(name):
    second = timedelta(seconds=1)
    for start, _ in changes(name)[1:]:
        for instant in (start - second, start, start + timedelta(days=1)):
            assert is_as_told(name, instant), instant


@given(
    st.sampled_from(ZONES),
    st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(UTC)),
)
@settings(max_examples=300, deadline=None)
def test_every_zone_is_right_at_any_time(name, instant):
    assert is_as_told(name, instant)


def test_a_change_that_comes_each_year_is_a_rule():
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU" in time_zone("Europe/Berlin")
    assert "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU" in time_zone("America/New_York")
    assert "RRULE" not in time_zone("America/Sao_Paulo")


def test_each_zone_that_is_needed_stands_once_and_before_what_needs_it():
    local = {"due_date": "2026-11-30T09:00:00"}
    text = calendar_of(
        {"due_date": "2026-11-30"},
        {"due_date": "2026-11-30T09:00:00Z"},
        local,
        local | {"time_zone": "Asia/Kathmandu"},
        local,
        {"start_date": "2026-11-30T09:00:00", "time_zone": "UTC"},
        zone="Europe/Berlin",
    )
    names = [line for line in text.split("\r\n") if line.startswith(("TZID:", "DUE", "DTSTART;"))]
    berlin, kathmandu = "DUE;TZID=Europe/Berlin:", "DUE;TZID=Asia/Kathmandu:"
    assert [line.removesuffix("20261130T090000") for line in names] == [
        *("DUE;VALUE=DATE:20261130", "DUE:20261130T090000Z", "TZID:Europe/Berlin", berlin),
        *("TZID:Asia/Kathmandu", kathmandu, berlin),
    ]
    assert "DTSTART:20261130T090000Z" in text
