"""The table of docs/recurrence.md: what becomes of days that a month lacks."""

import re
from datetime import date
from pathlib import Path

import pytest

from tests.domain.recurrence.giving import dates

_PAGE = (Path(__file__).parents[4] / "docs/recurrence.md").read_text()
_ROWS = re.findall(r"^\| `(FREQ=[^`]+)` \| ([0-9-]{10}) \| ([^|]+) \|$", _PAGE, re.MULTILINE)


def test_the_page_has_the_table():
    assert len(_ROWS) >= 15


@pytest.mark.parametrize(("rule", "first", "then"), _ROWS)
def test_the_wanted_day_is_kept_as_documented(rule, first, then):
    wanted = then.split(", ")
    ends = wanted[-1] == "end"
    days = [date.fromisoformat(each) for each in wanted[: -1 if ends else None]]

    assert dates(rule, date.fromisoformat(first), len(days) + ends) == days
