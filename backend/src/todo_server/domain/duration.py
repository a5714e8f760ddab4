"""Lengths of time as settings have them: a number and a unit, like `15m`."""

import re
from datetime import timedelta

_FORM = re.compile(r"([0-9]{1,9})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """Read `90s`, `15m`, `12h` or `7d`; ValueError says what is right."""
    found = _FORM.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no length of time; write 90s, 15m, 12h or 7d")
    number, unit = found.groups()
    return timedelta(**{_UNITS[unit]: int(number)})
