"""Every form in which clients send a rule, and the one that comes of it."""

import re
from pathlib import Path

import pytest

from todo_server.domain.recurrence import (
    NoRuleError,
    pattern_of,
    read_rule,
    with_end,
    with_interval,
)

_PAGE = (Path(__file__).parents[4] / "docs/recurrence.md").read_text()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("none", None),
        ("None", None),
        ("daily", "FREQ=DAILY"),
        ("Weekly", "FREQ=WEEKLY"),
        ("weekdays", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ("monthly", "FREQ=MONTHLY"),
        ("YEARLY", "FREQ=YEARLY"),
        ("RRULE:FREQ=DAILY", "FREQ=DAILY"),
        ("rrule:freq=weekly;byday=fr,mo;interval=2;", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR"),
        ("BYDAY=MO;FREQ=WEEKLY;INTERVAL=1;WKST=MO", "FREQ=WEEKLY;BYDAY=MO"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,15,15", "FREQ=MONTHLY;BYMONTHDAY=-1,15"),
        ("FREQ=MONTHLY;BYDAY=+2TU,-1FR", "FREQ=MONTHLY;BYDAY=2TU,-1FR"),
        ("FREQ=DAILY;UNTIL=20261231", "FREQ=DAILY;UNTIL=20261231"),
        ("FREQ=DAILY;UNTIL=20261231T090000z", "FREQ=DAILY;UNTIL=20261231T090000Z"),
        ("FREQ=DAILY;COUNT=0010", "FREQ=DAILY;COUNT=10"),
        ({"frequency": "daily"}, "FREQ=DAILY"),
        ({"frequency": "none"}, None),
        ({"frequency": None, "interval": None, "days_of_week": []}, None),
        (
            {"frequency": "Weekly", "interval": 2, "days_of_week": ["monday", "WE", "Fri"]},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR",
        ),
        ({"frequency": "monthly", "day_of_month": 31}, "FREQ=MONTHLY;BYMONTHDAY=31"),
        ({"frequency": "monthly", "day_of_month": -1}, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ({"frequency": "yearly", "count": 3, "end_date": None}, "FREQ=YEARLY;COUNT=3"),
        ({"frequency": "daily", "end_date": "2026-12-31"}, "FREQ=DAILY;UNTIL=20261231"),
        (
            {"frequency": "daily", "end_date": "2026-12-31T23:00:00+05:45"},
            "FREQ=DAILY;UNTIL=20261231T171500Z",
        ),
        (
            {"frequency": "daily", "end_date": "2026-12-31T09:00"},
            "FREQ=DAILY;UNTIL=20261231T090000",
        ),
        ({"frequency": "daily", "interval": 2.0}, "FREQ=DAILY;INTERVAL=2"),
    ],
)
def test_a_rule_is_read_in_every_form(sent, kept):
    assert read_rule(sent) == kept
    assert read_rule(kept) == kept


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("custom", "RFC 5545"),
        ("sometimes", "RFC 5545"),
        (5, "a word like daily"),
        ([], "a word like daily"),
        (True, "a word like daily"),
        ("FREQ=SECONDLY", "FREQ is one of"),
        ("FREQ=MINUTELY;COUNT=5", "FREQ is one of"),
        ("FREQ=HOURLY", "FREQ is one of"),
        ("INTERVAL=2", "FREQ is one of"),
        ("FREQ=DAILY;FREQ=WEEKLY", "twice"),
        ("FREQ=DAILY;BYHOUR=9", "due date has the time"),
        ("FREQ=DAILY;BYSECOND=0,1,2", "due date has the time"),
        ("FREQ=DAILY;RSCALE=CHINESE", "no part of this name"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261231", "COUNT or UNTIL"),
        ("FREQ=DAILY;COUNT=0", "COUNT takes"),
        ("FREQ=DAILY;COUNT=1001", "1 to 1000"),
        ("FREQ=DAILY;COUNT=-1", "COUNT takes"),
        ("FREQ=DAILY;COUNT=" + 300 * "9", "COUNT takes"),
        ("FREQ=DAILY;COUNT=٣", "COUNT takes"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL takes"),
        ("FREQ=DAILY;INTERVAL=1e3", "INTERVAL takes"),
        ("FREQ=DAILY;INTERVAL=99999999", "INTERVAL takes"),
        ("FREQ=YEARLY;INTERVAL=101", "1 to 100"),
        ("FREQ=DAILY;UNTIL=2026-12-31", "UNTIL is a date"),
        ("FREQ=DAILY;UNTIL=20260230", "UNTIL is a date"),
        ("FREQ=DAILY;UNTIL=18991231", "1900 to 9998"),
        ("FREQ=DAILY;WKST=XX", "WKST is one of"),
        ("FREQ=WEEKLY;BYDAY=2MO", "MONTHLY and YEARLY alone"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY takes"),
        ("FREQ=MONTHLY;BYDAY=53MO", "BYDAY takes"),
        ("FREQ=YEARLY;BYDAY=54MO", "BYDAY takes"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY takes"),
        ("FREQ=WEEKLY;BYDAY=MONDAY", "BYDAY takes days"),
        ("FREQ=WEEKLY;BYDAY=,", "BYDAY takes days"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY is for"),
        ("FREQ=DAILY;BYYEARDAY=1", "BYYEARDAY is for"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO is for"),
        ("FREQ=YEARLY;BYWEEKNO=1", "say the day"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "no numbers"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY takes"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY takes"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH takes"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH takes"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS picks"),
        ("FREQ=DAILY;BYDAY=MO;BYSETPOS=1", "BYSETPOS is for"),
        ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", "no date"),
        ("FREQ=WEEKLY;BYDAY=MO;BYMONTH=1;BYSETPOS=1", "without BYMONTH"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "no date"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "no date"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;BYDAY=MO", "no date"),
        ("FREQ=YEARLY;BYMONTH=1;BYYEARDAY=200", "no date"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=SU;BYMONTH=12", "no date"),
        ("DTSTART:20260101\nRRULE:FREQ=DAILY", "no part of this name"),
        ("FREQ=DAILY\u0000", "FREQ is one of"),
        ("FREQ=MONTHLY;BYMONTHDAY=" + ",".join(300 * ["1"]), "500 characters"),
        ({}, "frequency is one of"),
        ({"frequency": None}, None),
        ({"interval": 2}, "frequency is one of"),
        ({"frequency": "hourly"}, "frequency is one of"),
        ({"frequency": 3}, "frequency is one of"),
        ({"frequency": "daily", "every": 3}, "as an object"),
        ({"frequency": "daily", "interval": "2"}, "whole number"),
        ({"frequency": "daily", "interval": 2.5}, "whole number"),
        ({"frequency": "daily", "interval": True}, "whole number"),
        ({"frequency": "daily", "interval": 0}, "whole number"),
        ({"frequency": "weekly", "days_of_week": [0, 2]}, "numbers mean other days"),
        ({"frequency": "weekly", "days_of_week": ["0"]}, "names of days"),
        ({"frequency": "weekly", "days_of_week": ["someday"]}, "names of days"),
        ({"frequency": "weekly", "day_of_month": 5}, "BYMONTHDAY is for"),
        ({"frequency": "monthly", "day_of_month": 0}, "BYMONTHDAY takes"),
        ({"frequency": "daily", "end_date": "soon"}, "An end is"),
        ({"frequency": "daily", "end_date": 20261231}, "An end is"),
        ({"frequency": "daily", "end_date": "2026-02-30T00:00:00Z"}, "An end is"),
        ({"frequency": "daily", "end_date": "2026-12-31", "count": 3}, "COUNT or UNTIL"),
    ],
)
def test_what_is_no_rule_is_refused_in_words(sent, says):
    if says is None:
        assert read_rule(sent) is None
        return
    with pytest.raises(NoRuleError, match=re.escape(says)):
        read_rule(sent)


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (None, "none"),
        ("FREQ=DAILY", "daily"),
        ("FREQ=DAILY;COUNT=5", "daily"),
        ("FREQ=DAILY;INTERVAL=2", "custom"),
        ("FREQ=DAILY;BYMONTH=1", "custom"),
        ("FREQ=WEEKLY", "weekly"),
        ("FREQ=WEEKLY;UNTIL=20261231T090000Z;WKST=SU;BYDAY=MO", "weekly"),
        ("FREQ=WEEKLY;BYDAY=MO,TU", "custom"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "custom"),
        ("FREQ=MONTHLY", "monthly"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "monthly"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "custom"),
        ("FREQ=MONTHLY;BYDAY=2TU", "custom"),
        ("FREQ=YEARLY", "yearly"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "yearly"),
        ("FREQ=YEARLY;BYMONTH=2,3", "custom"),
        ("FREQ=YEARLY;BYMONTHDAY=29", "custom"),  # in each month
    ],
)
def test_a_word_stands_for_one_date_in_each_period_and_custom_for_the_others(rule, word):
    assert pattern_of(rule) == word


def test_each_word_has_the_pattern_of_its_name():
    for word in ("daily", "weekly", "monthly", "yearly", "none"):
        assert pattern_of(read_rule(word)) == word
    assert pattern_of(read_rule("weekdays")) == "custom"


def test_an_interval_or_an_end_of_their_own_change_a_rule():
    assert with_interval("FREQ=WEEKLY;BYDAY=MO", 3) == "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO"
    assert with_interval("FREQ=WEEKLY;INTERVAL=3", 1) == "FREQ=WEEKLY"
    assert with_end("FREQ=DAILY;COUNT=3", "2026-12-31") == "FREQ=DAILY;UNTIL=20261231"
    assert with_end("FREQ=DAILY;UNTIL=20261231", None) == "FREQ=DAILY"
    for wrong in (0, True, "2", 101, None):
        with pytest.raises(NoRuleError):
            with_interval("FREQ=YEARLY", wrong)
    with pytest.raises(NoRuleError):
        with_end("FREQ=DAILY", "tomorrow")


def test_the_page_names_every_word_and_every_part():
    for name in ("daily", "weekdays", "weekly", "monthly", "yearly", "none", "day_of_month"):
        assert f"`{name}`" in _PAGE
    for part in ("BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST"):
        assert f"`{part}`" in _PAGE
