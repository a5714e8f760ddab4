"""The forms in which clients send a rule: a word, a rule's text, or an object."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from todo_server.domain.recurrence.rule import PATTERNS, WEEKDAYS, NoRuleError, Rule
from todo_server.domain.recurrence.text import MAX_INTERVALS, MAX_RULE, read_text
from todo_server.domain.whole import whole

CUSTOM = "custom"
NONE = "none"
WORDS = {
    "daily": "FREQ=DAILY",
    "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "weekly": "FREQ=WEEKLY",
    "monthly": "FREQ=MONTHLY",
    "yearly": "FREQ=YEARLY",
    NONE: None,
}
"""The words for rules; `none` and an empty text are none."""

MEMBERS = ("frequency", "interval", "days_of_week", "day_of_month", "end_date", "count")
"""What an object has: `frequency`, and what it needs."""

_WHOLE = {"type": ["integer", "null"], "minimum": 1, "maximum": 1000}
RULE_SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": "string", "maxLength": MAX_RULE},
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "frequency": {"type": ["string", "null"], "enum": [*WORDS, None]},
            "interval": _WHOLE,
            "days_of_week": {"type": ["array", "null"], "items": {"type": "string"}},
            "day_of_month": {"type": ["integer", "null"], "minimum": -31, "maximum": 31},
            "end_date": {"type": ["string", "null"]},
            "count": _WHOLE,
        },
    },
)
"""A rule as text, or as an object, for the contract; what is more than this says, is refused."""

_FULL_NAMES = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_NAMES = {
    name: short
    for short, full in zip(WEEKDAYS, _FULL_NAMES, strict=True)
    for name in (short, full[:3], full)
}
_FREQUENCIES = {"daily", "weekly", "monthly", "yearly"}
_END = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)


def read_rule(value: object) -> str | None:
    """Give the canonical text of a rule in any form; NoRuleError says what is wrong.

    None, an empty text and `none` give None.
    """
    if value is None:
        return None
    if isinstance(value, Mapping):
        return _of_object(value)
    if not isinstance(value, str):
        raise NoRuleError("Use a rule like FREQ=WEEKLY;BYDAY=MO, a word like daily, or an object")
    word = value.strip().lower()
    if not word:
        return None
    return WORDS[word] if word in WORDS else str(read_text(value))


def pattern_of(rule: str | None) -> str:
    """Give the word for a canonical rule: `custom` if there is none that tells the truth."""
    if rule is None:
        return NONE
    for word, form in PATTERNS.items():
        if re.search(form, rule):
            return word
    return CUSTOM


def with_interval(rule: str, interval: object) -> str:
    """Give a rule with another interval; NoRuleError if it is none."""
    read = read_text(rule)
    most = MAX_INTERVALS[read.frequency]
    return _read_again(read._replace(interval=_number("interval", interval, most)))


def with_end(rule: str, end_date: object) -> str:
    """Give a rule that ends with a date, or with none, whatever ended it before; or NoRuleError."""
    until = None if end_date is None or end_date == "" else _end(end_date)
    return _read_again(read_text(rule)._replace(until=until, total=None))


def _read_again(rule: Rule) -> str:
    return str(read_text(str(rule)))


def _of_object(sent: Mapping[str, Any]) -> str | None:
    if not sent.keys() <= set(MEMBERS):
        raise NoRuleError(f"A rule as an object has {', '.join(MEMBERS)}")
    said = {name: value for name, value in sent.items() if value not in (None, "", [])}
    frequency = said.pop("frequency", NONE)
    word = frequency.lower() if isinstance(frequency, str) else ""
    if word == NONE and not said and sent:  # `{}` says nothing, and ends no rule
        return None
    if word not in _FREQUENCIES:
        raise NoRuleError(f"frequency is one of {', '.join(sorted(_FREQUENCIES))}")
    parts = [f"FREQ={word.upper()}"]
    for name, value in said.items():
        part, read = _PARTS[name]
        parts.append(f"{part}={read(value)}")
    return str(read_text(";".join(parts)))


def _number(name: str, value: object, most: int, least: int = 1) -> int:
    number = whole(value)
    if number is None or not least <= number <= most:
        raise NoRuleError(f"{name} is a whole number, {least} to {most}")
    return number


def _days(value: object) -> str:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise NoRuleError(
            "days_of_week are names, as monday or MO: numbers mean other days elsewhere"
        )
    known = [_NAMES.get(each.strip().upper()) for each in names]
    if None in known:
        raise NoRuleError("days_of_week are names of days, as monday, mon or MO")
    return ",".join(map(str, known))


def _end(value: object) -> str:
    """Write a date, a local time or an instant as UNTIL has it; another offset becomes Z."""
    found = _END.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise NoRuleError("An end is a date like 2026-12-31, or an instant")
    year, month, day, hour, minute, second, offset = found.groups()
    if hour is None:
        return f"{year}{month}{day}"
    local = f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}"
    if offset is None:
        return re.sub("[-:]", "", local)
    try:
        instant = datetime.fromisoformat(local + offset.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NoRuleError("An end is a date like 2026-12-31, or an instant") from None
    return f"{instant:%Y%m%dT%H%M%SZ}"


_PARTS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "interval": ("INTERVAL", lambda value: _number("interval", value, 1000)),
    "days_of_week": ("BYDAY", _days),
    "day_of_month": ("BYMONTHDAY", lambda value: _number("day_of_month", value, 31, -31)),
    "end_date": ("UNTIL", _end),
    "count": ("COUNT", lambda value: _number("count", value, 1000)),
}
