"""Two hundred rules over ten years: the dates are python-dateutil's, but for the wanted day."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr

from tests.domain.recurrence.giving import A_DATE, dates
from todo_server.domain.recurrence import dates_after, parsed

# Every rule of RFC 5545, section 3.8.5.3, that is for days, and more of each kind.
_RULES = [
    "FREQ=DAILY",
    "FREQ=DAILY;COUNT=10",
    "FREQ=DAILY;INTERVAL=2",
    "FREQ=DAILY;INTERVAL=10;COUNT=5",
    "FREQ=DAILY;INTERVAL=100",
    "FREQ=DAILY;BYMONTH=1",
    "FREQ=DAILY;UNTIL=20281224",
    "FREQ=DAILY;BYDAY=MO,WE,FR",
    "FREQ=DAILY;INTERVAL=3;BYMONTH=2,6",
    "FREQ=DAILY;BYMONTHDAY=13",
    "FREQ=DAILY;INTERVAL=5;BYMONTHDAY=1,-1",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;COUNT=10",
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
    "FREQ=WEEKLY;UNTIL=20291007;WKST=SU;BYDAY=TU,TH",
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR",
    "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
    "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU",
    "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=WEEKLY;INTERVAL=5;BYDAY=SA,SU",
    "FREQ=WEEKLY;BYMONTH=3,9;BYDAY=WE",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
    "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
    "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
    "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
    "FREQ=MONTHLY;BYMONTHDAY=-3",
    "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
    "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
    "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
    "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
    "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
    "FREQ=MONTHLY;INTERVAL=7;BYDAY=MO;BYSETPOS=1",
    "FREQ=MONTHLY;BYDAY=5SU",
    "FREQ=MONTHLY;BYMONTH=6;BYMONTHDAY=20",
    "FREQ=YEARLY",
    "FREQ=YEARLY;INTERVAL=3",
    "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
    "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
    "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
    "FREQ=YEARLY;BYYEARDAY=366,-366",
    "FREQ=YEARLY;BYDAY=20MO",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "FREQ=YEARLY;BYWEEKNO=1,53,-1;BYDAY=MO,SU",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;INTERVAL=4",
    "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "FREQ=YEARLY;BYDAY=SA,SU;BYSETPOS=10,-1",
]
_FROM = (date(2024, 1, 1), date(2026, 11, 22), date(2025, 2, 28), date(2023, 7, 19))
_TEN_YEARS = timedelta(days=3653)


def test_there_are_two_hundred():
    assert len(set(_RULES)) * len(_FROM) == 200


def _theirs(rule: str, start: date) -> Iterator[date]:
    found = rrulestr(rule, dtstart=datetime.combine(start, time.min))
    return (each.date() for each in found)


def _of_ten_years(days: Iterable[date], first: date) -> list[date]:
    return list(takewhile(lambda day: day <= first + _TEN_YEARS, days))


@pytest.mark.parametrize("rule", _RULES)
@pytest.mark.parametrize("begun", _FROM, ids=str)
def test_the_next_dates_of_ten_years_are_those_of_python_dateutil(rule, begun):
    first = next(_theirs(rule, begun))

    found = dates_after(parsed(rule), first, first, A_DATE)

    assert [first, *_of_ten_years(found, first)] == _of_ten_years(_theirs(rule, first), first)


@pytest.mark.parametrize("rule", _RULES)
def test_what_is_asked_for_from_a_later_day_on_is_the_rest(rule):
    first = next(_theirs(rule, _FROM[0]))
    every = dates(rule, first, 40)

    for passed, after in enumerate(every[:20], 1):
        wanted = every[passed : passed + 5]
        assert dates(rule, first, len(wanted), after) == wanted
        assert dates(rule, first, len(wanted) + 1, after - timedelta(days=1))[0] == after
