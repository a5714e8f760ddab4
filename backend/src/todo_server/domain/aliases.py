"""Other names of a task's members, which existing clients send: the one table of them.

docs/compatibility.md lists them for people. Where a client sends several names of one member and
they disagree, the one that differs from what the task has counts: a form changed that one, and
sends the others back as they were answered.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

STATUS = {
    **dict.fromkeys(("pending", "todo", "open", "incomplete"), False),
    **dict.fromkeys(("completed", "complete", "done"), True),
}
"""What clients call the two states; answers have the first of each."""


class UnknownWordError(ValueError):
    """A value that a name does not take; says what it takes."""


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise UnknownWordError("Use true or false")
    return value


def _status(value: object) -> bool:
    if not isinstance(value, str) or value.lower() not in STATUS:
        raise UnknownWordError(f"Use one of {', '.join(STATUS)}")
    return STATUS[value.lower()]


class Alias(NamedTuple):
    """Which member a name is another one of, and how its values are read."""

    member: str
    read: Callable[[object], Any]
    schema: dict[str, Any]


ALIASES = {
    "is_completed": Alias("completed", _truth, {"type": "boolean"}),
    "is_complete": Alias("completed", _truth, {"type": "boolean"}),
    "status": Alias("completed", _status, {"type": "string", "enum": [*STATUS]}),
}
"""The table: one name to a line."""

EITHER = object()
"""Stands for a value where names of one member disagree about it."""


def resolve(sent: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, UnknownWordError]]:
    """Give what was sent by the members' own names, and what is wrong with which other name.

    Null says nothing by another name. A member about which names disagree is EITHER.
    """
    resolved = {name: value for name, value in sent.items() if name not in ALIASES}
    wrong: dict[str, UnknownWordError] = {}
    for name in sent.keys() & ALIASES:
        member, read, _ = ALIASES[name]
        if sent[name] is None:
            continue
        try:
            value = read(sent[name])
        except UnknownWordError as error:
            wrong[name] = error
            continue
        said = resolved.get(member, value)
        if said is not value and type(said) is type(value):  # else it is wrong, and refused as such
            resolved[member] = EITHER
        else:
            resolved[member] = said
    return resolved, wrong
