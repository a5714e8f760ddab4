"""What a task becomes next: both bases, three kinds of dates, time zones and clock changes."""

from datetime import UTC, date, datetime
from itertools import islice

import pytest

from todo_server.domain.recurrence import Repeating, following, moved, skipping


def _task(
    rule: str,
    due: str | None,
    basis: str = "due",
    *,
    occurs_on: str | None = None,
    rule_start: str | None = None,
    ordinal: int = 1,
) -> Repeating:
    return Repeating(rule, basis, due, occurs_on or due, rule_start or due, ordinal)


def _next(task: Repeating, now: str, zone: str = "UTC", count: int = 1) -> list[str]:
    return [each.due_date for each in islice(following(task, _instant(now), zone), count)]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "due", "now", "then"),
    [
        # On its day, early, and late: the first after both the old date and today.
        ("FREQ=DAILY", "2026-11-22", "2026-11-22T10:00", "2026-11-23"),
        ("FREQ=DAILY", "2026-11-25", "2026-11-22T10:00", "2026-11-26"),
        ("FREQ=DAILY", "2026-11-01", "2026-11-22T10:00", "2026-11-23"),
        ("FREQ=WEEKLY", "2026-11-16", "2026-11-22T10:00", "2026-11-23"),
        ("FREQ=WEEKLY", "2026-11-16", "2026-11-23T10:00", "2026-11-30"),
        # Every second week stays every second week, however late.
        ("FREQ=WEEKLY;INTERVAL=2", "2026-11-02", "2026-11-22T10:00", "2026-11-30"),
        ("FREQ=WEEKLY;INTERVAL=2", "2026-11-02", "2026-12-01T10:00", "2026-12-14"),
        # The kind stays, and the time of day.
        ("FREQ=DAILY", "2026-11-22T09:00:00", "2026-11-22T10:00", "2026-11-23T09:00:00"),
        ("FREQ=DAILY", "2026-11-22T09:00:00Z", "2026-11-22T10:00", "2026-11-23T09:00:00Z"),
        ("FREQ=MONTHLY", "2026-01-31T23:59:59", "2026-02-01T10:00", "2026-02-28T23:59:59"),
        # The turn of the year, and a leap day.
        ("FREQ=DAILY", "2027-12-31", "2027-12-31T23:59", "2028-01-01"),
        ("FREQ=WEEKLY", "2026-12-28", "2026-12-28T10:00", "2027-01-04"),
        ("FREQ=YEARLY", "2028-02-29", "2028-02-29T10:00", "2029-02-28"),
        # No due date: as if it were due today.
        ("FREQ=WEEKLY;BYDAY=MO", None, "2026-11-22T10:00", "2026-11-23"),
        ("FREQ=MONTHLY", None, "2026-01-31T10:00", "2026-02-28"),
    ],
)
def test_by_the_due_date_the_next_is_after_both_it_and_today(rule, due, now, then):
    assert _next(_task(rule, due), now) == [then]


@pytest.mark.parametrize(
    ("rule", "due", "now", "then"),
    [
        ("FREQ=WEEKLY", "2026-11-16", "2026-11-22T10:00", "2026-11-29"),
        ("FREQ=WEEKLY", "2026-12-24", "2026-11-22T10:00", "2026-11-29"),
        ("FREQ=DAILY;INTERVAL=3", "2026-11-01", "2026-11-22T10:00", "2026-11-25"),
        ("FREQ=MONTHLY", "2026-01-15", "2026-01-31T10:00", "2026-02-28"),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-11-16", "2026-11-17T10:00", "2026-11-23"),
        ("FREQ=DAILY", "2026-11-16T18:30:00", "2026-11-22T10:00", "2026-11-23T18:30:00"),
        ("FREQ=DAILY", None, "2026-11-22T10:00", "2026-11-23"),
    ],
)
def test_by_completion_the_next_is_counted_from_that_day(rule, due, now, then):
    assert _next(_task(rule, due, "completed"), now) == [then]


@pytest.mark.parametrize(
    ("zone", "now", "then"),
    [
        # Which day it is there. Overdue since long, so that today alone counts.
        ("UTC", "2026-11-22T23:30", "2026-11-23"),
        ("Pacific/Kiritimati", "2026-11-22T10:30", "2026-11-24"),
        ("Pacific/Pago_Pago", "2026-11-22T10:30", "2026-11-22"),
        ("Pacific/Tongatapu", "2026-11-22T11:00", "2026-11-24"),
        ("Asia/Kathmandu", "2026-11-22T18:14", "2026-11-23"),
        ("Asia/Kathmandu", "2026-11-22T18:15", "2026-11-24"),
        ("Australia/Lord_Howe", "2026-11-22T12:59", "2026-11-23"),
        ("Australia/Lord_Howe", "2026-11-22T13:00", "2026-11-24"),
        ("Australia/Lord_Howe", "2026-07-22T13:29", "2026-07-23"),
        ("Australia/Lord_Howe", "2026-07-22T13:30", "2026-07-24"),
        ("America/Sao_Paulo", "2018-11-04T02:59", "2018-11-04"),  # 23:59 of the day before
        ("America/Sao_Paulo", "2018-11-04T03:00", "2018-11-05"),  # 01:00, as there was no midnight
        ("Europe/Dublin", "2026-10-24T22:30", "2026-10-25"),
        ("Europe/Dublin", "2026-10-24T23:30", "2026-10-26"),
        ("Africa/Casablanca", "2026-11-22T23:00", "2026-11-24"),
        ("Pacific/Apia", "2011-12-30T09:59", "2011-12-30"),  # the 29th, before the lost day
        ("Pacific/Apia", "2011-12-30T10:00", "2012-01-01"),  # the 31st, behind it
    ],
)
def test_today_is_the_day_in_the_time_zone(zone, now, then):
    assert _next(_task("FREQ=DAILY", "2011-01-01"), now, zone) == [then]


def test_an_instant_repeats_in_utc_and_its_today_is_that_of_utc():
    task = _task("FREQ=DAILY", "2026-01-01T22:00:00Z")

    assert _next(task, "2026-11-22T23:30", "Pacific/Kiritimati") == ["2026-11-23T22:00:00Z"]


@pytest.mark.parametrize(
    ("zone", "due", "count"),
    [
        ("Europe/Berlin", "2027-03-26T02:30:00", 4),
        ("America/New_York", "2026-10-30T01:30:00", 4),
        ("Australia/Lord_Howe", "2026-10-02T02:15:00", 4),
        ("Africa/Casablanca", "2027-02-06T09:00:00", 3),
    ],
)
def test_the_wall_clock_survives_clock_changes(zone, due, count):
    found = _next(_task("FREQ=DAILY", due), due[:16], zone, count)

    assert [each[10:] for each in found] == count * [due[10:]]
    first = date.fromisoformat(due[:10]).toordinal()
    assert [date.fromisoformat(each[:10]).toordinal() for each in found] == [
        first + step for step in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("until", "due", "zone", "last"),
    [
        ("20261125", "2026-11-22", "UTC", "2026-11-25"),
        ("20261125", "2026-11-22T23:59:59", "Asia/Kathmandu", "2026-11-25T23:59:59"),
        ("20261125T090000", "2026-11-22T09:00:00", "Asia/Kathmandu", "2026-11-25T09:00:00"),
        ("20261125T085959", "2026-11-22T09:00:00", "Asia/Kathmandu", "2026-11-24T09:00:00"),
        ("20261125T031500Z", "2026-11-22T09:00:00", "Asia/Kathmandu", "2026-11-25T09:00:00"),
        ("20261125T031459Z", "2026-11-22T09:00:00", "Asia/Kathmandu", "2026-11-24T09:00:00"),
        ("20261125T090000Z", "2026-11-22T09:00:00Z", "Asia/Kathmandu", "2026-11-25T09:00:00Z"),
        ("20261125T085959Z", "2026-11-22T09:00:00Z", "Asia/Kathmandu", "2026-11-24T09:00:00Z"),
        # A date is a day of the task's zone: 20:00 in UTC is past midnight there.
        ("20261125", "2026-11-22T20:00:00Z", "Asia/Kathmandu", "2026-11-24T20:00:00Z"),
        ("20261125", "2026-11-22T20:00:00Z", "UTC", "2026-11-25T20:00:00Z"),
        ("20261125T200000Z", "2026-11-22", "Asia/Kathmandu", "2026-11-26"),
        ("20261125T200000Z", "2026-11-22", "UTC", "2026-11-25"),
    ],
)
def test_until_is_inclusive_in_the_zone_of_the_task(until, due, zone, last):
    task = _task(f"FREQ=DAILY;UNTIL={until}", due)

    assert _next(task, due[:10], zone, 10)[-1] == last


def test_count_counts_dates_by_the_due_date_and_tasks_by_completion():
    by_due = _task("FREQ=DAILY;COUNT=5", "2026-11-22")
    assert len(_next(by_due, "2026-11-22T10:00", count=10)) == 4
    assert _next(by_due, "2026-11-25T10:00", count=10) == ["2026-11-26"]
    assert _next(by_due, "2026-11-26T10:00") == []

    for done, left in ((1, 4), (4, 1), (5, 0)):
        by_completion = _task("FREQ=DAILY;COUNT=5", "2026-01-01", "completed", ordinal=done)
        assert len(_next(by_completion, "2026-11-22T10:00", count=10)) == left


def test_a_moved_due_date_moves_this_occurrence_alone():
    rule, start = "FREQ=WEEKLY;INTERVAL=2", "2026-11-02T09:00:00"
    earlier = _task(rule, "2026-11-14T15:00:00", occurs_on="2026-11-16T09:00:00", rule_start=start)
    later = _task(rule, "2026-11-20T15:00:00", occurs_on="2026-11-16T09:00:00", rule_start=start)
    far = _task(rule, "2026-12-01", occurs_on="2026-11-16", rule_start="2026-11-02")

    assert _next(earlier, "2026-11-10T10:00") == ["2026-11-30T09:00:00"]
    assert _next(later, "2026-11-10T10:00") == ["2026-11-30T09:00:00"]
    assert _next(far, "2026-11-10T10:00") == ["2026-12-14"]


def test_skipping_goes_on_from_the_due_date_and_today_by_both_bases():
    for basis, due, now, then in (
        ("due", "2026-11-25", "2026-11-22T10:00", "2026-12-02"),
        ("due", "2026-11-04", "2026-11-22T10:00", "2026-11-25"),
        ("completed", "2026-11-25", "2026-11-22T10:00", "2026-12-02"),
        ("completed", "2026-11-04", "2026-11-22T10:00", "2026-11-29"),
    ):
        skipped = skipping(_task("FREQ=WEEKLY", due, basis), _instant(now), "UTC")
        assert skipped is not None
        assert skipped.due_date == then

    last = _task("FREQ=WEEKLY;COUNT=1", "2026-11-25")
    assert skipping(last, _instant("2026-11-22T10:00"), "UTC") is None


@pytest.mark.parametrize(
    ("text", "days", "then"),
    [
        (None, 3, None),
        ("2026-12-30", 3, "2027-01-02"),
        ("2027-03-27T02:30:00", 1, "2027-03-28T02:30:00"),
        ("2026-11-22T09:00:00Z", -22, "2026-10-31T09:00:00Z"),
        ("9998-12-31", 1, "9998-12-31"),
        ("1900-01-01", -1, "1900-01-01"),
        ("9998-12-31", 10**8, "9998-12-31"),
    ],
)
def test_a_date_is_moved_by_days_in_its_kind(text, days, then):
    assert moved(text, days) == then


def test_the_distance_is_that_from_the_due_date_or_from_today_without_one():
    now = _instant("2026-11-22T10:00")
    for due, days in (("2026-11-16", 7), ("2026-11-20", 7), (None, 7)):
        assert next(following(_task("FREQ=WEEKLY", due), now, "UTC")).days == days
    late = next(following(_task("FREQ=DAILY", "2026-11-01"), now, "UTC"))
    assert (late.due_date, late.days) == ("2026-11-23", 22)


def test_a_series_ends_where_the_calendar_does():
    assert _next(_task("FREQ=DAILY", "9998-12-30"), "2026-11-22T10:00", count=5) == ["9998-12-31"]
    assert _next(_task("FREQ=YEARLY", "9998-01-01"), "2026-11-22T10:00") == []
