"""No rule takes long: what is not refused is bounded, and counted here in dates looked at."""

from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.recurrence.giving import A_DATE, dates
from tests.properties import PROPERTY
from todo_server.domain.recurrence import NoRuleError, dates_after, parsed, read_rule
from todo_server.domain.recurrence.candidates import HORIZON, LAST_YEAR

_DAYS = st.dates(date(1900, 1, 1), date(9998, 12, 31))


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", date(2026, 1, 15)),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3;BYDAY=MO;BYSETPOS=1", date(2026, 1, 15)),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", date(2026, 11, 22)),
        ("FREQ=DAILY;INTERVAL=14;BYDAY=MO,TU,WE,TH,FR,SA", date(2026, 11, 22)),
        ("FREQ=YEARLY;INTERVAL=2;BYYEARDAY=366", date(2027, 1, 1)),
        ("FREQ=YEARLY;INTERVAL=2;BYYEARDAY=366;BYSETPOS=1", date(2027, 1, 1)),
        ("FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", date(2027, 1, 1)),
    ],
)
def test_what_never_comes_ends_the_series(rule, start):
    assert dates(rule, start, 1) == []


@pytest.mark.parametrize("year", [1900, 2026, 9600, 9899, 9998])
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU",
        "FREQ=MONTHLY;INTERVAL=1000",
        "FREQ=YEARLY;INTERVAL=100",
        "FREQ=WEEKLY;INTERVAL=1000;BYDAY=SU;WKST=SU",
        "FREQ=MONTHLY;BYDAY=SU;BYSETPOS=5",
    ],
)
def test_a_date_is_found_within_a_hundred_years_or_there_is_none(rule, year):
    start = date(year, 12, 1)
    found = dates(rule, start, 1)
    for day in found:
        assert start < day <= min(start + HORIZON, date(LAST_YEAR, 12, 31))
    assert found or year + 100 > LAST_YEAR


def test_a_count_goes_no_further_than_a_hundred_years():
    assert len(dates("FREQ=YEARLY;COUNT=1000", date(2026, 11, 22), 1000)) == 100


_NUMBERS = st.one_of(st.integers(-400, 400), st.integers()).map(str)
_WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU", "2MO", "-1FR", "53SU", ""])
_LISTS = st.lists(st.one_of(_NUMBERS, _WEEKDAYS), max_size=8).map(",".join)
_NAMES = ("INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY")
_PARTS = st.dictionaries(
    st.sampled_from([*_NAMES, "BYDAY", "BYSETPOS", "BYHOUR"]),
    st.one_of(_LISTS, _NUMBERS, st.sampled_from(["20261231", "20261231T000000Z"])),
    max_size=4,
)
_FREQUENCIES = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "SECONDLY"])


@PROPERTY
@given(_FREQUENCIES, _PARTS, _DAYS, st.integers(0, 4000))
def test_any_parts_are_refused_or_give_dates_that_go_forward(frequency, parts, start, later):
    text = ";".join([f"FREQ={frequency}", *(f"{name}={value}" for name, value in parts.items())])
    try:
        rule = read_rule(text)
    except NoRuleError:
        return
    assert rule is not None
    assert read_rule(rule) == rule
    after = start + timedelta(days=min(later, (date(9998, 12, 31) - start).days))

    found = list(islice(dates_after(parsed(rule), start, after, A_DATE), 20))

    assert found == sorted(set(found))
    assert all(after < day <= date(9998, 12, 31) for day in found)


@PROPERTY
@given(st.text(max_size=60))
def test_any_text_is_refused_or_has_one_form(text):
    try:
        rule = read_rule(text)
    except NoRuleError:
        return
    assert read_rule(rule) == rule


@PROPERTY
@given(
    _FREQUENCIES.filter(lambda each: each != "SECONDLY"),
    st.integers(1, 5),
    st.integers(1, 30),
    st.dates(date(1950, 1, 1), date(2200, 1, 1)),
    st.integers(0, 40),
)
def test_count_and_until_are_exact(frequency, interval, count, start, passed):
    rule = f"FREQ={frequency};INTERVAL={interval}"
    every = [start, *dates(rule, start, 80)]

    counted = [start, *dates(f"{rule};COUNT={count}", start, 80)]
    assert counted == every[:count]

    passed = min(passed, len(every) - 1)
    last = every[passed]
    until = [start, *dates(f"{rule};UNTIL={last:%Y%m%d}", start, 80)]
    assert until == every[: passed + 1]
    before = last - timedelta(days=1)
    assert dates(f"{rule};UNTIL={before:%Y%m%d}", start, 80) == every[1:passed]
    for after in every[:passed]:
        rest = dates(f"{rule};COUNT={count}", start, 80, after)
        assert rest == [day for day in counted if day > after]
