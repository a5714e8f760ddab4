"""Rules by which tasks repeat (RFC 5545): how they are read, and the dates that they give."""

from todo_server.domain.recurrence.candidates import candidates
from todo_server.domain.recurrence.dates import Clock, dates_after, parsed
from todo_server.domain.recurrence.forms import (
    CUSTOM,
    RULE_SCHEMAS,
    WORDS,
    pattern_of,
    read_rule,
    with_end,
    with_interval,
)
from todo_server.domain.recurrence.names import (
    RULE_NAME_SCHEMAS,
    RulesDisagreeError,
    needs_present,
    read_names,
    rule_of,
)
from todo_server.domain.recurrence.repeating import Following, Repeating, following, moved, skipping
from todo_server.domain.recurrence.rule import PATTERNS, NoRuleError
from todo_server.domain.recurrence.text import MAX_RULE

__all__ = [
    "CUSTOM",
    "MAX_RULE",
    "PATTERNS",
    "RULE_NAME_SCHEMAS",
    "RULE_SCHEMAS",
    "WORDS",
    "Clock",
    "Following",
    "NoRuleError",
    "Repeating",
    "RulesDisagreeError",
    "candidates",
    "dates_after",
    "following",
    "moved",
    "needs_present",
    "parsed",
    "pattern_of",
    "read_names",
    "read_rule",
    "rule_of",
    "skipping",
    "with_end",
    "with_interval",
]
