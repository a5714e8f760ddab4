"""Rules by which tasks repeat (RFC 5545): how they are read, and the dates that they give."""

from todo_server.domain.recurrence.dates import Clock, dates_after, parsed
from todo_server.domain.recurrence.forms import (
    CUSTOM,
    WORDS,
    pattern_of,
    read_rule,
    with_end,
    with_interval,
)
from todo_server.domain.recurrence.repeating import Following, Repeating, following, moved, skipping
from todo_server.domain.recurrence.rule import PATTERNS, NoRuleError
from todo_server.domain.recurrence.text import MAX_RULE

__all__ = [
    "CUSTOM",
    "MAX_RULE",
    "PATTERNS",
    "WORDS",
    "Clock",
    "Following",
    "NoRuleError",
    "Repeating",
    "dates_after",
    "following",
    "moved",
    "parsed",
    "pattern_of",
    "read_rule",
    "skipping",
    "with_end",
    "with_interval",
]
