"""The dates of a rule, by python-dateutil, in such a way that none takes long to find.

python-dateutil goes through the calendar until the year 9999 where a rule has no date. So it is
never asked with an interval: with 1, a rule that is not refused has a date within 28 years or so,
and is left as soon as one lies beyond the horizon. Whether a date is in the right interval is told
from the date itself. It goes by years, which it looks through at once, but where BYSETPOS picks
from what each month has.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from dateutil.rrule import MONTHLY, YEARLY, rrule, weekday

from todo_server.domain.recurrence.rule import Day, Rule

HORIZON = timedelta(days=36525)
"""A date so much later is none: a hundred years."""

LAST_YEAR = 9998
_ALL_WEEKDAYS = tuple(Day(number) for number in range(7))
_ALL_MONTHS = tuple(range(1, 13))
_SURE_DAYS = 28
"""Every month has so many days."""

_EVERY_KIND_OF_YEAR = date(9970, 1, 1)
"""From here on to the end of the calendar there is each of the fourteen."""


def candidates(rule: Rule, start: date, first: date) -> Iterator[date]:
    """Give the dates of a rule that starts at `start`, from `first` on, up to the horizon.

    `start` says what the rule does not; it is among them only where the rule has it. COUNT and
    UNTIL are not looked at.
    """
    whole = _explicit(rule, start)
    first = max(first, start)
    for found in _found(whole, first):
        if found - first > HORIZON or found.year > LAST_YEAR:
            return
        if _is_wanted(whole, found) and _is_in_turn(whole, start, found):
            yield found


def has_dates(rule: Rule) -> bool:
    """Tell whether a rule has any date at all, whenever it starts."""
    whole = _explicit(rule._replace(interval=1), _EVERY_KIND_OF_YEAR)
    if whole.frequency == "WEEKLY" and not whole.days:
        return False
    found = (each for each in _found(whole, _EVERY_KIND_OF_YEAR) if _is_wanted(whole, each))
    return next(found, None) is not None


def _explicit(rule: Rule, start: date) -> Rule:
    """Write down what follows from the start alone."""
    if rule.frequency == "DAILY":
        return rule._replace(days=rule.days or _ALL_WEEKDAYS)
    if rule.frequency == "WEEKLY":
        days = _picked(rule) if rule.days else (Day(start.weekday()),)
        return rule._replace(days=days, positions=())
    if not (rule.days or rule.month_days or rule.year_days or rule.weeks):
        months = rule.months or (() if rule.frequency == "MONTHLY" else (start.month,))
        rule = rule._replace(months=months, month_days=(start.day,))
    if rule.frequency == "MONTHLY":
        rule = rule._replace(months=rule.months or _ALL_MONTHS)
    if any(day.n for day in rule.days):
        rule = rule._replace(days=_numbered(rule))
    return rule


def _picked(rule: Rule) -> tuple[Day, ...]:
    """Give the days of each week, as BYSETPOS picks them: by their order in the week."""
    days = sorted(rule.days, key=lambda day: (day.weekday - rule.week_start) % 7)
    count = len(days)
    picked = {at - 1 if at > 0 else at + count for at in rule.positions} or range(count)
    return tuple(days[at] for at in picked if 0 <= at < count)


def _numbered(rule: Rule) -> tuple[Day, ...]:
    """Give all days numbers where one has: python-dateutil would ask for days that are both."""
    most = 5 if rule.months else 53
    return tuple(
        Day(day.weekday, n) for day in rule.days for n in ([day.n] if day.n else range(1, most + 1))
    )


def _keeps_day(rule: Rule) -> bool:
    """Tell whether a short month has its last day for one that is wanted and that it lacks."""
    return (
        rule.frequency in ("MONTHLY", "YEARLY")
        and not (rule.days or rule.year_days or rule.weeks or rule.positions)
        and rule.month_days[-1] > _SURE_DAYS
    )


def _found(rule: Rule, first: date) -> Iterator[date]:
    """Give the dates without regard to the interval, and last days besides."""
    month_days = [*rule.month_days, -1] if _keeps_day(rule) else rule.month_days
    begun = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - a date, for dateutil
    by_month = rule.positions and rule.frequency == "MONTHLY"
    found = rrule(
        MONTHLY if by_month else YEARLY,
        dtstart=begun,
        wkst=rule.week_start,
        bymonth=rule.months or None,
        byweekno=rule.weeks or None,
        byyearday=rule.year_days or None,
        bymonthday=month_days or None,
        byweekday=[weekday(day.weekday, day.n or None) for day in rule.days] or None,
        bysetpos=rule.positions or None,
    )
    return (each.date() for each in found)


def _is_wanted(rule: Rule, found: date) -> bool:
    if not _keeps_day(rule) or found.day in rule.month_days:
        return True
    last = monthrange(found.year, found.month)[1]
    return last - found.day + 1 in {-day for day in rule.month_days if day < 0} or (
        found.day == last and rule.month_days[-1] > last
    )


def _is_in_turn(rule: Rule, start: date, found: date) -> bool:
    if rule.interval == 1:
        return True
    match rule.frequency:
        case "DAILY":
            gone = (found - start).days
        case "WEEKLY":
            # Ordinal 1 is a Monday, hence the week begins where `ordinal - 1` is divisible by 7.
            gone = (found.toordinal() - 1 - rule.week_start) // 7
            gone -= (start.toordinal() - 1 - rule.week_start) // 7
        case "MONTHLY":
            gone = (found.year - start.year) * 12 + found.month - start.month
        case _:
            gone = found.year - start.year
    return gone % rule.interval == 0
