"""A rule by which something repeats (RFC 5545, section 3.3.10), in its one canonical form."""

from typing import NamedTuple, TypeAlias

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")

Numbers: TypeAlias = tuple[int, ...]

_WORDS = r"(;(COUNT|UNTIL)=[0-9TZ]+)?(;WKST=[A-Z]{2})?"
PATTERNS = {
    "daily": rf"^FREQ=DAILY{_WORDS}$",
    "weekly": rf"^FREQ=WEEKLY{_WORDS}(;BYDAY=[A-Z]{{2}})?$",
    "monthly": rf"^FREQ=MONTHLY{_WORDS}(;BYMONTHDAY=-?[0-9]+)?$",
    "yearly": rf"^FREQ=YEARLY{_WORDS}(;BYMONTH=[0-9]+(;BYMONTHDAY=-?[0-9]+)?)?$",
}
"""Which canonical rules a word tells the truth about: one date in each day, week, month or year.

Regular expressions of Python and of PostgreSQL.
"""


class NoRuleError(ValueError):
    """This is no rule, or none that can be followed; says why."""

    code = "invalid_rule"


class Day(NamedTuple):
    """A day of the week, Monday is 0: the n-th of the month or year, from its end if below 0."""

    weekday: int
    n: int = 0

    def __str__(self) -> str:
        return f"{self.n or ''}{WEEKDAYS[self.weekday]}"


class Rule(NamedTuple):
    """The parts of a rule. Its text is canonical: two texts are equal if the rules are.

    UNTIL is text, as RFC 5545 has it: a date, a local time, or an instant with `Z`.
    """

    frequency: str
    interval: int = 1
    total: int | None = None
    until: str | None = None
    week_start: int = 0
    months: Numbers = ()
    weeks: Numbers = ()
    year_days: Numbers = ()
    days: tuple[Day, ...] = ()
    month_days: Numbers = ()
    positions: Numbers = ()

    def __str__(self) -> str:
        week_start = WEEKDAYS[self.week_start] if self.week_start else None
        parts = {
            "FREQ": self.frequency,
            "INTERVAL": self.interval if self.interval > 1 else None,
            "COUNT": self.total,
            "UNTIL": self.until,
            "WKST": week_start,
            "BYMONTH": _listed(self.months),
            "BYWEEKNO": _listed(self.weeks),
            "BYYEARDAY": _listed(self.year_days),
            "BYDAY": _listed(self.days),
            "BYMONTHDAY": _listed(self.month_days),
            "BYSETPOS": _listed(self.positions),
        }
        return ";".join(f"{name}={value}" for name, value in parts.items() if value is not None)


def _listed(values: tuple[object, ...]) -> str | None:
    return ",".join(map(str, values)) or None
