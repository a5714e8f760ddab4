"""The other names under which clients send a rule, or a part of one, and which of them counts.

Forms send back whatever the answer held, so an echo changes nothing: the word of a rule is no rule
of its own where the task has that word already, and `custom` never is one. Null says nothing by
another name: what ends a series is `recurrence: null`, `none`, or `is_recurring: false`.
"""

from collections.abc import Mapping
from typing import Any

from todo_server.domain.recurrence.forms import (
    CUSTOM,
    RULE_SCHEMAS,
    WORDS,
    pattern_of,
    read_rule,
    with_end,
    with_interval,
)
from todo_server.domain.recurrence.rule import NoRuleError

MEMBER, PATTERN, FLAG = "recurrence", "recurrence_pattern", "is_recurring"
INTERVAL, END = "recurrence_interval", "recurrence_end_date"
RULE_NAMES = (PATTERN, "recurrence_rule", "recurring_rule", INTERVAL, END, FLAG)
"""All but the member's own."""

_RULE_SCHEMA: dict[str, Any] = {"anyOf": [*RULE_SCHEMAS, {"type": "null"}]}
RULE_NAME_SCHEMAS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(RULE_NAMES[:3], _RULE_SCHEMA),
    INTERVAL: {"type": ["integer", "null"], "minimum": 1, "maximum": 1000},
    END: {"type": ["string", "null"]},
    FLAG: {"type": ["boolean", "null"]},
}
_WORDS = {"daily", "weekly", "monthly", "yearly", "none", CUSTOM}
"""What a task's rule is answered as."""


class RulesDisagreeError(ValueError):
    """Names of the rule say different things, and none is what the task has."""

    code = "inconsistent"

    def __init__(self) -> None:
        super().__init__("The names of the rule disagree, and the task has neither: send one")


def read_names(sent: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, NoRuleError]]:
    """Give what some names say about a rule, and what is wrong with which of them.

    A word that answers have stays a word. The member's own value is left to its type, where it is
    wrong.
    """
    said: dict[str, Any] = {}
    wrong: dict[str, NoRuleError] = {}
    for name, value in sent.items():
        if value in (None, "") and name != MEMBER:
            continue
        try:
            said[name] = _read(name, value)
        except NoRuleError as error:
            if name != MEMBER:
                wrong[name] = error
    return said, wrong


def _read(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    if name == FLAG:
        if not isinstance(value, bool):
            raise NoRuleError("Use true or false")
        return value
    if name == INTERVAL:
        with_interval("FREQ=DAILY", value)
        return value
    if name == END:
        with_end("FREQ=DAILY", value)
        return value
    if name == PATTERN and isinstance(value, str) and value.strip().lower() in _WORDS:
        return value.strip().lower()
    return read_rule(value)


def needs_present(said: Mapping[str, Any]) -> bool:
    """Tell whether it takes what the task has to know which name counts."""
    if MEMBER in said:
        rule = said[MEMBER]
        return any(not _agrees(name, value, rule) for name, value in said.items())
    return any(name in said for name in (PATTERN, INTERVAL, END)) or said.get(FLAG) is False


def _agrees(name: str, value: Any, rule: str | None) -> bool:  # noqa: ANN401 - what `_read` gives
    if name in (INTERVAL, END):
        return True  # the rule says it
    if name == FLAG:
        return bool(value) is (rule is not None)
    if name == PATTERN and value in _WORDS:
        return value in (CUSTOM, pattern_of(rule))
    return bool(value == rule)


def rule_of(said: Mapping[str, Any], present: str | None, *, is_new: bool = False) -> str | None:
    """Tell which rule counts: the one that the task has not; RulesDisagreeError if there are two.

    NoRuleError where an interval or an end does not go with the rule.
    """
    if is_new and said.get(FLAG) is False and said.get(MEMBER) is None:
        return None
    rules = {
        name: value
        for name, value in said.items()
        if name not in (PATTERN, INTERVAL, END, FLAG) and value != present
    }
    word = said.get(PATTERN)
    if word in _WORDS:
        is_said = word in (CUSTOM, pattern_of(present), *map(pattern_of, rules.values()))
        if not is_said:
            rules[PATTERN] = WORDS[word]
    elif PATTERN in said and word != present:
        rules[PATTERN] = word
    if MEMBER not in said and word != CUSTOM:
        rules = _with_parts(said, rules, present)
    if said.get(FLAG) is False and present is not None:
        rules[FLAG] = None
    different = set(rules.values()) - {present}
    if len(different) > 1:
        raise RulesDisagreeError
    return next(iter(different), present)


def _with_parts(
    said: Mapping[str, Any], rules: dict[str, str | None], present: str | None
) -> dict[str, str | None]:
    """Put an interval and an end, which have names of their own, into the rules they belong to."""
    changed = dict(rules) or {MEMBER: present}
    for name, rule in changed.items():
        if rule is None:
            continue
        whole = rule
        if INTERVAL in said:
            whole = with_interval(whole, said[INTERVAL])
        if END in said:
            whole = with_end(whole, said[END])
        changed[name] = whole
    return changed
