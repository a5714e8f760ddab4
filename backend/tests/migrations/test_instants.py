"""Which instant a date or a local time is: across the changes of clocks, the database says it."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.databases import run

TIMES = [
    # An instant is itself.
    ("2026-11-30T09:00:00Z", "Asia/Kathmandu", "2026-11-30T09:00:00"),
    ("2026-11-30T09:00:00", "UTC", "2026-11-30T09:00:00"),
    ("2028-02-29T12:00:00", "Europe/Berlin", "2028-02-29T11:00:00"),
    # Half an hour, back and forth.
    ("2026-04-05T01:45:00", "Australia/Lord_Howe", "2026-04-04T14:45:00"),
    ("2026-10-04T02:15:00", "Australia/Lord_Howe", "2026-10-03T15:45:00"),
    # Three quarters; and the quarter that was left out for good.
    ("2026-11-30T09:00:00", "Asia/Kathmandu", "2026-11-30T03:15:00"),
    ("1986-01-01T00:10:00", "Asia/Kathmandu", "1985-12-31T18:40:00"),
    # At midnight, while there was summer time; and since there is none.
    ("2018-11-04T00:30:00", "America/Sao_Paulo", "2018-11-04T03:30:00"),
    ("2018-02-17T23:30:00", "America/Sao_Paulo", "2018-02-18T01:30:00"),
    ("2026-11-01T00:30:00", "America/Sao_Paulo", "2026-11-01T03:30:00"),
    # The day that never was.
    ("2011-12-30T12:00:00", "Pacific/Apia", "2011-12-30T22:00:00"),
    # Clocks go back for Ramadan, and forth after it.
    ("2024-03-10T02:30:00", "Africa/Casablanca", "2024-03-10T01:30:00"),
    ("2024-04-14T02:30:00", "Africa/Casablanca", "2024-04-14T02:30:00"),
    # Winter is what is said to be off the standard.
    ("2026-03-29T01:30:00", "Europe/Dublin", "2026-03-29T01:30:00"),
    ("2026-10-25T01:30:00", "Europe/Dublin", "2026-10-25T00:30:00"),
    ("2026-11-30T09:00:00", "Pacific/Tongatapu", "2026-11-29T20:00:00"),
    ("2026-11-30T09:00:00", "Pacific/Pago_Pago", "2026-11-30T20:00:00"),
    ("1900-01-01T00:00:00", "UTC", "1900-01-01T00:00:00"),
]
DAYS = [
    # Date, zone, its first microsecond, and the one after its last.
    ("2026-11-30", "UTC", "2026-11-30T00:00", "2026-12-01T00:00"),
    ("2028-02-29", "Asia/Kathmandu", "2028-02-28T18:15", "2028-02-29T18:15"),
    ("2026-04-05", "Australia/Lord_Howe", "2026-04-04T13:00", "2026-04-05T13:30"),
    ("2026-10-04", "Australia/Lord_Howe", "2026-10-03T13:30", "2026-10-04T13:00"),
    ("2018-11-03", "America/Sao_Paulo", "2018-11-03T03:00", "2018-11-04T03:00"),
    ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00", "2018-11-05T02:00"),
    ("2018-02-17", "America/Sao_Paulo", "2018-02-17T02:00", "2018-02-18T03:00"),
    ("2011-12-29", "Pacific/Apia", "2011-12-29T10:00", "2011-12-30T10:00"),
    ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00", "2011-12-30T10:00"),
    ("2011-12-31", "Pacific/Apia", "2011-12-30T10:00", "2011-12-31T10:00"),
    ("2024-03-10", "Africa/Casablanca", "2024-03-09T23:00", "2024-03-11T00:00"),
    ("2026-03-29", "Europe/Dublin", "2026-03-29T00:00", "2026-03-29T23:00"),
    ("2026-11-30", "Pacific/Tongatapu", "2026-11-29T11:00", "2026-11-30T11:00"),
    ("2026-11-30", "Pacific/Pago_Pago", "2026-11-30T11:00", "2026-12-01T11:00"),
    # The hour after midnight comes twice; the one before it, never.
    ("2026-10-24", "Atlantic/Azores", "2026-10-24T00:00", "2026-10-25T00:00"),
    ("2026-10-25", "Atlantic/Azores", "2026-10-25T00:00", "2026-10-26T01:00"),
    ("2024-03-30", "America/Nuuk", "2024-03-30T02:00", "2024-03-31T01:00"),
    ("2024-03-31", "America/Nuuk", "2024-03-31T01:00", "2024-04-01T01:00"),
    ("2018-05-04", "Asia/Pyongyang", "2018-05-03T15:30", "2018-05-04T15:00"),
]
FAMOUS = sorted({zone for _, zone, *_ in (*TIMES, *DAYS)} | {"America/St_Johns", "Asia/Tehran"})


def instants(url: str, asked: list[tuple[str, str, bool]]) -> list[datetime]:
    texts, zones, ends = (list(each) for each in zip(*asked, strict=True))
    sql = (
        "SELECT instant_of(a, b, c) AS found FROM unnest($1::text[], $2::text[], $3::bool[])"
        " WITH ORDINALITY AS asked(a, b, c, n) ORDER BY n"
    )
    return [row["found"] for row in run(url, sql, texts, zones, ends)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("is_end", [False, True])
def test_a_time_in_a_gap_has_the_offset_before_it_and_a_doubled_one_is_the_first(
    database_url: str, is_end: bool
):
    found = instants(database_url, [(text, zone, is_end) for text, zone, _ in TIMES])
    expected = [(text, zone, utc(instant)) for text, zone, instant in TIMES]
    assert [(*each[:2], at) for each, at in zip(TIMES, found, strict=True)] == expected


def test_a_date_is_from_its_first_microsecond_to_its_last(database_url: str):
    first = instants(database_url, [(date, zone, False) for date, zone, *_ in DAYS])
    last = instants(database_url, [(date, zone, True) for date, zone, *_ in DAYS])
    moment = timedelta(microseconds=1)
    found = [(*day[:2], a, b + moment) for day, a, b in zip(DAYS, first, last, strict=True)]
    assert found == [(date, zone, utc(a), utc(b)) for date, zone, a, b in DAYS]


def test_local_times_are_what_python_takes_them_for(database_url: str):
    """Which has the same rule (PEP 495), in the past, that all tables of zones have alike."""
    draw = random.Random(12)
    asked, expected = [], []
    for zone in FAMOUS:
        hours = [
            datetime(1975, 1, 1) + timedelta(hours=draw.randrange(24 * 365 * 46), minutes=30)  # noqa: DTZ001 - local
            for _ in range(300)
        ]
        for hour in (*hours, *around_the_changes(zone)):
            asked.append((hour.isoformat(), zone, False))
            expected.append(hour.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))
    found = instants(database_url, asked)
    wrong = [each for each in zip(asked, found, expected, strict=True) if each[1] != each[2]]
    assert wrong == []


def around_the_changes(zone: str) -> list[datetime]:
    """Local times on both sides of each change of a clock."""
    its, found = ZoneInfo(zone), []
    at = datetime(1975, 1, 1, tzinfo=UTC)
    while at.year < 2021:
        after = at + timedelta(hours=12)
        if at.astimezone(its).utcoffset() != after.astimezone(its).utcoffset():
            local = at.astimezone(its).replace(tzinfo=None)
            found += [local + timedelta(minutes=15 * n) for n in range(-8, 4 * 14)]
        at = after
    return found


def test_a_zone_that_the_database_does_not_know_is_refused_by_a_name(database_url: str):
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        run(database_url, "SELECT require_zone('Mars/Olympus', 'some_rule')")
    assert refused.value.constraint_name == "some_rule"
    assert run(database_url, "SELECT require_zone('Europe/Berlin', 'some_rule')")
