"""What a calendar is told of a repeating task: the rule from its open occurrence on.

A reader counts from DTSTART, which is that occurrence, and knows neither when the series began nor
that the wanted day is kept. A rule that it could not follow to the same dates is not told at all:
then the task stands at its date alone.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

from todo_server.domain.ical.dates import BARE, are_alike, in_utc, is_date, is_local
from todo_server.domain.recurrence import candidates, parsed

_SURE_DAYS, _MOST_DAYS, _LEAP_YEAR = 28, 31, 2024


def rule_ahead(task: Mapping[str, Any], zone: str | None) -> str | None:
    """Give the RRULE of an open task as a reader needs it; None where there is none to be told."""
    rule, due = task["recurrence"], task["due_date"]
    if not rule or not due or task["recurrence_basis"] != "due":
        return None  # what is counted from its completion, nobody knows beforehand
    start = task["rule_start"] or due
    if due[:10] != (task["occurs_on"] or due)[:10] or (due == start and _is_beside(rule, due)):
        return None  # it was moved away from the rule, or begins beside it
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    if "COUNT" in parts:
        return None  # what is left of it, is not to be seen from here
    has_day = parts.get("FREQ") in ("MONTHLY", "YEARLY")
    if has_day and not _keep_day(parts, date.fromisoformat(start[:10])):
        return None
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], due, zone)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def begins_earlier(task: Mapping[str, Any]) -> bool:
    """Tell whether it takes from its start to its due date, on one day, whenever it repeats.

    Not where the rule ends at a time, which may lie between the two.
    """
    start, due = task["start_date"], task["due_date"]
    if not (start and due and are_alike(start, due) and due[:10] < start < due):
        return False
    return not re.search("UNTIL=[0-9]+T", task["recurrence"] or "")


def _is_beside(rule: str, due: str) -> bool:
    """Tell whether a rule that says its days has not that of the due date (3.8.5.3)."""
    day = date.fromisoformat(due[:10])
    return "BY" in rule and next(candidates(parsed(rule), day, day), None) != day


def _keep_day(parts: dict[str, str], start: date) -> bool:
    """Say which day of the month is wanted, or the last one there is; False if that takes two."""
    if parts.keys() & {"BYDAY", "BYSETPOS", "BYYEARDAY", "BYWEEKNO"}:
        return True
    days = parts.get("BYMONTHDAY", str(start.day)).split(",")
    if max(map(int, days)) <= _SURE_DAYS:
        return True
    if len(days) > 1:
        return False
    day, longest = int(days[0]), _MOST_DAYS
    if parts["FREQ"] == "YEARLY":
        if "BYMONTHDAY" not in parts:
            parts.setdefault("BYMONTH", str(start.month))
        month = parts.get("BYMONTH", "")
        if not month.isdecimal():
            return False  # one place in each of several months
        longest = monthrange(_LEAP_YEAR, int(month))[1]
    if day >= longest:
        parts["BYMONTHDAY"] = "-1"
    elif parts["FREQ"] == "MONTHLY":
        # The last that there is of these; some readers know no BYSETPOS (calcurse).
        parts["BYMONTHDAY"] = ",".join(map(str, range(_SURE_DAYS, day + 1)))
        parts["BYSETPOS"] = "-1"
    return True


def _until(until: str, due: str, zone: str | None) -> str:
    """Write the end in the kind of the due date (RFC 5545, section 3.3.10).

    A day ends in the task's zone.
    """
    day = f"{until[:4]}-{until[4:6]}-{until[6:8]}"
    if is_date(due):
        return day.translate(BARE)
    if until.endswith("Z"):
        return until if zone or not is_local(due) else until[:-1]
    end = (
        f"{day}T{until[9:11]}:{until[11:13]}:{until[13:15]}" if "T" in until else f"{day}T23:59:59"
    )
    return in_utc(end, zone) if zone or not is_local(due) else end.translate(BARE)
