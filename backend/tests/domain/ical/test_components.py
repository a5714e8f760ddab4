"""What a task becomes: what each member is in a calendar, and what is told of its dates."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.ical.tasks import TASK_ID, calendar_of, component, first, read
from todo_server.domain.ical import event_of, todo_of

BERLIN = "Europe/Berlin"
DAY, LOCAL, INSTANT = "2026-11-30", "2026-11-30T09:00:00", "2026-11-30T09:00:00Z"


def test_a_task_says_which_it_is_and_when_it_was_made_and_changed():
    todo = component()
    assert str(todo["uid"]) == TASK_ID
    assert todo["created"].dt == datetime(2026, 11, 20, 22, 0, 39, tzinfo=UTC)
    changed = datetime(2026, 11, 20, 22, 2, 49, tzinfo=UTC)
    assert todo["dtstamp"].dt == todo["last-modified"].dt == changed
    assert todo["sequence"] == 2


@pytest.mark.parametrize(
    ("priority", "number"),
    [("urgent", 1), ("high", 3), ("medium", 5), ("low", 9), ("none", None)],
)
def test_a_priority_is_one_of_nine(priority, number):
    assert component(priority=priority).get("priority") == number


def test_a_task_that_is_done_says_when():
    todo = component(completed=True, completed_at="2026-11-21T10:11:12.999999Z")
    assert (str(todo["status"]), todo["percent-complete"]) == ("COMPLETED", 100)
    assert todo["completed"].dt == datetime(2026, 11, 21, 10, 11, 12, tzinfo=UTC)


@pytest.mark.parametrize(("done", "percent"), [(0, None), (1, 33), (2, 66), (3, 99)])
def test_a_task_with_parts_says_how_far_they_are(done, percent):
    todo = component(subtasks={"total": 3, "completed": done})
    assert (str(todo["status"]), todo.get("percent-complete")) == ("NEEDS-ACTION", percent)


def test_a_label_that_is_a_tag_as_well_stands_once():
    todo = component(tags=["home", "work"], category="home")
    assert [str(each) for each in todo["categories"].cats] == ["home", "work"]


DATES = [
    (DAY, None, ";VALUE=DATE:20261130"),
    (DAY, BERLIN, ";VALUE=DATE:20261130"),
    (LOCAL, None, ":20261130T090000"),
    (LOCAL, BERLIN, ";TZID=Europe/Berlin:20261130T090000"),
    (LOCAL, "UTC", ":20261130T090000Z"),
    (INSTANT, None, ":20261130T090000Z"),
    (INSTANT, BERLIN, ":20261130T090000Z"),
]


@pytest.mark.parametrize(("due", "zone", "written"), DATES)
def test_a_date_is_of_the_kind_that_it_was_sent_as(due, zone, written):
    assert f"\r\nDUE{written}\r\n" in calendar_of({"due_date": due}, zone=zone)
    assert f"\r\nDUE{written}\r\n" in calendar_of({"due_date": due, "time_zone": zone})
    events = calendar_of({"due_date": due}, zone=zone, component=event_of)
    assert f"\r\nDTSTART{written}\r\n" in events


def test_the_zone_of_a_task_is_before_that_of_its_owner():
    todo = component(due_date=LOCAL, time_zone="Asia/Kathmandu", zone=BERLIN)
    assert todo["due"].dt.isoformat() == "2026-11-30T09:00:00+05:45"


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2049, 12, 31)),  # noqa: DTZ001 - local
    st.sampled_from([BERLIN, "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"]),
)
def test_any_date_is_read_as_it_was_written(at, zone):
    at = at.replace(microsecond=0)
    local = component(due_date=at.isoformat(), zone=zone)["due"].dt
    assert (local.replace(tzinfo=None), str(local.tzinfo)) == (at, zone)
    assert component(due_date=at.isoformat())["due"].dt == at
    assert component(due_date=f"{at.isoformat()}Z")["due"].dt == at.replace(tzinfo=UTC)
    assert component(due_date=at.date().isoformat())["due"].dt == at.date()


ENDS = [
    ("2026-11-28", DAY, True),
    ("2026-11-29T09:00:00", LOCAL, True),
    (DAY, DAY, False),
    ("2026-12-01", DAY, False),
    ("2026-11-28", LOCAL, False),
    ("2026-11-29T09:00:00Z", LOCAL, False),
    ("2026-11-28", None, True),
]


@pytest.mark.parametrize(("start", "due", "is_told"), ENDS)
def test_a_start_is_told_where_it_goes_with_the_due_date(start, due, is_told):
    """Both have to be of one kind, and the due date has to be later (RFC 5545, section 3.8.2.3)."""
    assert ("dtstart" in component(start_date=start, due_date=due, zone=BERLIN)) == is_told


def test_an_event_takes_from_then_to_then_on_one_day_and_else_none_of_the_time():
    block = component(
        "VEVENT", component=event_of, start_date="2026-11-30T08:00:00", due_date=LOCAL
    )
    assert block["dtend"].dt - block["dtstart"].dt == timedelta(hours=1)
    weeks = component("VEVENT", component=event_of, start_date="2026-11-02", due_date=DAY)
    assert weeks["dtstart"].dt == date(2026, 11, 30)
    for event in (block, weeks):
        assert str(event["transp"]) == "TRANSPARENT"
    assert "dtend" not in weeks


# Reminders


def triggers(**members: Any) -> list[Any]:
    return [each["trigger"] for each in component(**members).subcomponents]


@pytest.mark.parametrize(
    ("due", "minutes", "before"),
    [
        (LOCAL, 15, timedelta(minutes=-15)),
        (INSTANT, 0, timedelta()),
        (LOCAL, 2880, timedelta(days=-2)),
        (DAY, 0, timedelta(hours=9)),
        (DAY, 900, timedelta(hours=-6)),
    ],
)
def test_a_reminder_counts_from_the_due_date_and_on_a_whole_day_from_nine(due, minutes, before):
    (trigger,) = triggers(due_date=due, reminders=[{"minutes_before": minutes}])
    assert trigger.dt == before
    assert trigger.params["RELATED"] == "END"


@pytest.mark.parametrize(
    ("at", "zone", "utc"),
    [
        (INSTANT, BERLIN, "2026-11-30T09:00:00+00:00"),
        (LOCAL, BERLIN, "2026-11-30T08:00:00+00:00"),
        (LOCAL, None, "2026-11-30T09:00:00+00:00"),
        ("2027-03-28T02:30:00", BERLIN, "2027-03-28T01:30:00+00:00"),  # which no clock showed
        ("2026-10-25T02:30:00", BERLIN, "2026-10-25T00:30:00+00:00"),  # which it showed twice
        (DAY, BERLIN, "2026-11-30T08:00:00+00:00"),
    ],
)
def test_a_reminder_at_a_time_is_at_that_time(at, zone, utc):
    (trigger,) = triggers(reminders=[{"at": at}], zone=zone)
    assert trigger.dt.isoformat() == utc


def test_nobody_is_reminded_of_what_is_done_or_has_no_date_to_count_from():
    done: dict[str, Any] = {"completed": True, "completed_at": "2026-11-21T10:11:12.999999Z"}
    assert not triggers(due_date=DAY, reminders=[{"minutes_before": 1}], **done)
    assert not triggers(reminders=[{"minutes_before": 1}])


# Repeating


def repeating(rule: str, due: str = DAY, **members: Any) -> dict[str, Any]:
    at = {"recurrence": rule, "due_date": due, "rule_start": due, "occurs_on": due[:10]}
    return {**at, **members}


def dates(todo: Any, count: int) -> list[date]:
    """The dates that a reader draws."""
    rule = rrulestr(todo["rrule"].to_ical().decode(), dtstart=_naive(todo["dtstart"].dt))
    return [each.date() for each in islice(rule, count)]


def _naive(start: date) -> datetime:
    return datetime(start.year, start.month, start.day)  # noqa: DTZ001 - local


def test_an_open_occurrence_tells_what_comes_after_it():
    todo = component(**repeating("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"))
    assert todo["dtstart"].dt == todo["due"].dt == date(2026, 11, 30)
    assert dates(todo, 3) == [date(2026, 11, 30), date(2026, 12, 14), date(2026, 12, 28)]


def test_what_was_done_does_not_so_that_no_date_is_drawn_twice():
    done: dict[str, Any] = {"completed": True, "completed_at": "2026-11-21T10:11:12.999999Z"}
    earlier = component(**repeating("FREQ=DAILY", **done))
    assert "rrule" not in earlier


@pytest.mark.parametrize("kind", [todo_of, event_of])
def test_what_repeats_takes_from_its_start_on_that_day(kind):
    its = repeating("FREQ=DAILY", LOCAL) | {"start_date": "2026-11-30T08:00:00"}
    name, end = ("VTODO", "due") if kind is todo_of else ("VEVENT", "dtend")
    told = component(name, component=kind, **its)
    assert (told["dtstart"].dt.hour, told[end].dt.hour) == (8, 9)
    assert told["rrule"]["freq"] == ["DAILY"]
    ends_between = repeating("FREQ=DAILY;UNTIL=20261231T083000", LOCAL)
    told = component(name, component=kind, **its | ends_between)
    assert told["dtstart"].dt.hour == 9


@pytest.mark.parametrize(
    ("rule", "due", "is_told"),
    [
        ("FREQ=WEEKLY;BYDAY=MO", "2026-11-30", True),
        ("FREQ=WEEKLY;BYDAY=MO", "2026-11-28", False),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,MO", "2026-11-28", True),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-11-30", True),
        ("FREQ=YEARLY;BYMONTH=3", "2026-11-30", False),
    ],
)
def test_a_rule_that_has_not_the_due_date_is_not_told(rule, due, is_told):
    assert ("rrule" in component(**repeating(rule, due))) is is_told


@pytest.mark.parametrize(
    "members",
    [
        {"recurrence_basis": "completed"},
        {"due_date": "2026-12-01"},
        {"due_date": None},
        {"recurrence": "FREQ=DAILY;COUNT=3"},
        {"recurrence": "FREQ=MONTHLY;BYMONTHDAY=15,31", "rule_start": "2026-10-15"},
        {"recurrence": "FREQ=YEARLY;BYMONTHDAY=31", "rule_start": "2026-10-31"},
    ],
    ids=["by its completion", "moved", "without a date", "counted", "several days", "all months"],
)
def test_what_cannot_be_known_beforehand_is_not_told(members):
    assert "rrule" not in component(**repeating("FREQ=DAILY", **members))


LAST = [
    ("FREQ=MONTHLY", "2027-01-31", "2027-02-28", ["2027-02-28", "2027-03-31", "2027-04-30"]),
    ("FREQ=MONTHLY;BYMONTHDAY=30", "2027-01-30", "2027-02-28", ["2027-02-28", "2027-03-30"]),
    ("FREQ=YEARLY", "2024-02-29", "2027-02-28", ["2027-02-28", "2028-02-29", "2029-02-28"]),
    ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=31", "2026-11-30", "2026-11-30", ["2026-11-30"]),
    ("FREQ=YEARLY;BYMONTH=12", "2026-12-30", "2026-12-30", ["2026-12-30", "2027-12-30"]),
    ("FREQ=MONTHLY", "2027-01-28", "2027-02-28", ["2027-02-28", "2027-03-28"]),
]


@pytest.mark.parametrize(("rule", "start", "now", "expected"), LAST)
def test_the_wanted_day_is_kept(rule, start, now, expected):
    todo = component(**repeating(rule, now, rule_start=start))
    assert [each.isoformat() for each in dates(todo, len(expected))] == expected


ENDS_OF_DAY = [
    (DAY, None, "20261231"),
    (LOCAL, None, "20261231T235959"),
    (LOCAL, BERLIN, "20261231T225959Z"),
    (INSTANT, BERLIN, "20261231T225959Z"),
    (INSTANT, None, "20261231T235959Z"),
]
UNTIL = [(*each[:2], "20261231", each[2]) for each in ENDS_OF_DAY] + [
    (DAY, BERLIN, "20261231T120000Z", "20261231"),
    (LOCAL, BERLIN, "20261231T120000Z", "20261231T120000Z"),
    (LOCAL, BERLIN, "20261231T120000", "20261231T110000Z"),
    (LOCAL, None, "20261231T120000", "20261231T120000"),
]


@pytest.mark.parametrize(("due", "zone", "told", "until"), UNTIL)
def test_the_end_is_of_the_kind_of_the_due_date(due, zone, told, until):
    text = calendar_of(repeating(f"FREQ=DAILY;UNTIL={told}", due), zone=zone)
    assert f"RRULE:FREQ=DAILY;UNTIL={until}\r\n" in text
    assert "rrule" in first(text)


def test_an_event_repeats_as_the_task_does():
    events = calendar_of(repeating("FREQ=DAILY", LOCAL), component=event_of, zone=BERLIN)
    (event,) = read(events).walk("VEVENT")
    assert event["rrule"].to_ical() == b"FREQ=DAILY"
