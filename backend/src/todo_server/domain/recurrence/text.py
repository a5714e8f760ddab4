"""The text of a rule: read, bounded, and refused in words where nothing could come of it."""

import re
from datetime import datetime
from typing import NamedTuple

from todo_server.domain.recurrence.candidates import has_dates
from todo_server.domain.recurrence.rule import FREQUENCIES, WEEKDAYS, Day, NoRuleError, Rule

MAX_RULE = 500
"""Characters of a rule."""
MAX_COUNT = 1000
MAX_INTERVALS = {"DAILY": 1000, "WEEKLY": 1000, "MONTHLY": 1000, "YEARLY": 100}

_NUMBER = re.compile(r"[+-]?[0-9]{1,4}")
_DAY = re.compile(rf"([+-]?[0-9]{{1,2}})?({'|'.join(WEEKDAYS)})")
_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")
_PREFIX = "RRULE:"


class _List(NamedTuple):
    """A part that is a list of numbers: how far they go, and with which frequencies."""

    member: str
    most: int
    frequencies: tuple[str, ...] = FREQUENCIES
    least: int = 1
    """The least without regard to the sign; 0 if there is none below zero."""


_LISTS = {
    "BYMONTH": _List("months", 12, least=0),
    "BYWEEKNO": _List("weeks", 53, ("YEARLY",)),
    "BYYEARDAY": _List("year_days", 366, ("YEARLY",)),
    "BYMONTHDAY": _List("month_days", 31, ("DAILY", "MONTHLY", "YEARLY")),
    "BYSETPOS": _List("positions", 366, ("WEEKLY", "MONTHLY", "YEARLY")),
}
_OTHERS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY")


def read_text(text: str) -> Rule:
    """Read a rule, with the prefix `RRULE:` or without. NoRuleError if it cannot be followed."""
    if len(text) > MAX_RULE:
        raise NoRuleError(f"A rule has at most {MAX_RULE} characters")
    parts = _parts(text.strip().upper().removeprefix(_PREFIX))
    frequency = parts.get("FREQ", "")
    if frequency not in FREQUENCIES:
        raise NoRuleError(f"FREQ is one of {', '.join(FREQUENCIES)}")
    if {"COUNT", "UNTIL"} <= parts.keys():
        raise NoRuleError("A rule has COUNT or UNTIL, not both")
    rule = Rule(
        frequency,
        interval=_one(parts, "INTERVAL", MAX_INTERVALS[frequency]) or 1,
        total=_one(parts, "COUNT", MAX_COUNT),
        until=_until(parts.get("UNTIL")),
        week_start=_week_start(parts.get("WKST", "MO")),
        days=_days(parts.get("BYDAY"), frequency, "BYMONTH" in parts),
        **{each.member: _several(parts, name, each) for name, each in _LISTS.items()},
    )
    return checked(rule)


def checked(rule: Rule) -> Rule:
    """Give a rule that can be followed; NoRuleError for another."""
    if rule.weeks and any(day.n for day in rule.days):
        raise NoRuleError("BYDAY has no numbers beside BYWEEKNO")
    picks_from = rule.days or rule.month_days or rule.year_days
    if rule.weeks and not picks_from:
        raise NoRuleError("BYWEEKNO says the week: say the day by BYDAY")
    if rule.positions and not picks_from:
        raise NoRuleError("BYSETPOS picks from what another part gives, as BYDAY")
    if rule.positions and rule.frequency == "WEEKLY" and rule.months:
        raise NoRuleError("BYSETPOS with FREQ=WEEKLY goes without BYMONTH")
    if not has_dates(rule):
        raise NoRuleError("This rule has no date")
    return rule


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.removesuffix(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise NoRuleError(
                "Use a rule like FREQ=WEEKLY;BYDAY=MO (RFC 5545), or a word like daily"
            )
        if name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            raise NoRuleError(f"{name} is not for tasks: the due date has the time")
        if name not in _LISTS and name not in _OTHERS:
            raise NoRuleError(
                f"A rule has no part of this name; use {', '.join(_OTHERS)} and others"
            )
        if name in parts:
            raise NoRuleError(f"{name} is there twice")
        parts[name] = value
    return parts


def _number(name: str, text: str, most: int, least: int = 1) -> int:
    number = int(text) if _NUMBER.fullmatch(text) else 0
    if not (1 <= number <= most or (least and -most <= number <= -least)):
        below = f", or -{most} to -{least}" if least else ""
        raise NoRuleError(f"{name} takes whole numbers, 1 to {most}{below}")
    return number


def _one(parts: dict[str, str], name: str, most: int) -> int | None:
    return _number(name, parts[name], most, least=0) if name in parts else None


def _several(parts: dict[str, str], name: str, kind: _List) -> tuple[int, ...]:
    if name not in parts:
        return ()
    if parts["FREQ"] not in kind.frequencies:
        raise NoRuleError(f"{name} is for FREQ={' and '.join(kind.frequencies)} alone")
    found = {_number(name, each, kind.most, kind.least) for each in parts[name].split(",")}
    return tuple(sorted(found))


def _days(text: str | None, frequency: str, has_months: bool) -> tuple[Day, ...]:  # noqa: FBT001 - a row of a table
    """Read BYDAY; a number counts in the month, or in the year where nothing says the month."""
    most = {"MONTHLY": 5, "YEARLY": 5 if has_months else 53}.get(frequency, 0)
    days = set()
    for each in text.split(",") if text else ():
        found = _DAY.fullmatch(each)
        if found is None:
            raise NoRuleError(f"BYDAY takes days: {', '.join(WEEKDAYS)}; 2MO, -1FR")
        n, weekday = found.groups()
        if n and not most:
            raise NoRuleError("BYDAY has numbers with FREQ=MONTHLY and YEARLY alone")
        days.add(Day(WEEKDAYS.index(weekday), _number("BYDAY", n, most) if n else 0))
    return tuple(sorted(days))


def _week_start(text: str) -> int:
    if text not in WEEKDAYS:
        raise NoRuleError(f"WKST is one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(text)


def _until(text: str | None) -> str | None:
    if text is None:
        return None
    wrong = NoRuleError("UNTIL is a date like 20261231, or 20261231T090000Z")
    if not _UNTIL.fullmatch(text):
        raise wrong
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        raise wrong from None
    if not 1900 <= until.year <= 9998:  # noqa: PLR2004 - as every date of a task
        raise NoRuleError("UNTIL lies in the years 1900 to 9998")
    return text
