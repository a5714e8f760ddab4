"""Rules of repeating tasks."""

from todo_server.domain.text import has_nul

MAX_RULE = 500
"""Characters."""


class NoRuleError(ValueError):
    """What is no rule, or not one that is run; says why."""


def read_rule(value: object) -> str | None:
    """Give a rule in its one form (RRULE of RFC 5545, without the prefix); None for none."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or has_nul(value) or len(value) > MAX_RULE:
        raise NoRuleError("Use a rule as RFC 5545 has it, like FREQ=WEEKLY;BYDAY=MO")
    return value
