"""Other names of a task's members, which existing clients send: the one table of them.

docs/compatibility.md lists them for people. Where a client sends several names of one member and
they disagree, the one that differs from what the task has counts: a form changed that one, and
sends the others back as they were answered.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from todo_server.domain.dates import (
    DATE_PATTERN,
    TIME_PATTERN,
    NoDateError,
    NoTimeError,
    read_date,
    with_time,
)

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


def _date(value: object) -> str | None:
    try:
        return read_date(value)
    except NoDateError as error:
        raise UnknownWordError(str(error)) from error


class Alias(NamedTuple):
    """Which member a name is another one of, and how its values are read."""

    member: str
    read: Callable[[object], Any]
    schema: dict[str, Any]
    clears: bool = False
    """Whether null by this name empties the member, where its own name is not sent."""


_DATE: dict[str, Any] = {"type": ["string", "null"], "pattern": f"{DATE_PATTERN}|^$"}

ALIASES = {
    "is_completed": Alias("completed", _truth, {"type": "boolean"}),
    "is_complete": Alias("completed", _truth, {"type": "boolean"}),
    "status": Alias("completed", _status, {"type": "string", "enum": [*STATUS]}),
    "dueDate": Alias("due_date", _date, _DATE, clears=True),
    "due": Alias("due_date", _date, _DATE, clears=True),
}
"""The table: one name to a line."""

_OWN: dict[str, Callable[[object], Any]] = {"completed": _truth, "due_date": _date}
"""How values by the member's own name are read, to be compared."""

DUE_TIME = "due_time"
"""No other name, but a part of `due_date`: a time of day, which joins a date."""

DUE_TIME_SCHEMA: dict[str, Any] = {"type": ["string", "null"], "pattern": f"{TIME_PATTERN}|^$"}


Said: TypeAlias = Sequence[tuple[str, Any]]
"""Names, and what each says about one member."""


class DisagreementError(ValueError):
    """Names of one member say different things, and neither is what the task has; says which."""


class Either(NamedTuple):
    """What names of one member said, where they disagree about it: each name, and its value."""

    said: Said


Wrong = dict[str, UnknownWordError]


def resolve(sent: Mapping[str, Any]) -> tuple[dict[str, Any], Wrong]:
    """Give what was sent by the members' own names, and what is wrong with which other name.

    Null says nothing by another name, beside the member's own; it empties those that can be empty
    where that is not sent. A member about which names disagree is an Either.
    """
    resolved = {name: value for name, value in sent.items() if name not in ALIASES}
    wrong: Wrong = {}
    for name in (name for name in ALIASES if name in sent):
        member, read, _, clears = ALIASES[name]
        if sent[name] in (None, ""):
            if clears:
                resolved.setdefault(member, None)
            continue
        try:
            value = read(sent[name])
        except UnknownWordError as error:
            wrong[name] = error
            continue
        if member in resolved:
            value = _both(resolved[member], name, value, ALIASES[name])
        resolved[member] = value
    if DUE_TIME in resolved:
        _join_time(resolved, resolved.pop(DUE_TIME), wrong)
    return resolved, wrong


def _both(said: Any, name: str, value: Any, alias: Alias) -> Any:  # noqa: ANN401 - any JSON
    """Give what was said before, or an Either where it is not the same."""
    if isinstance(said, Either):
        return Either((*said.said, (name, value)))
    try:
        agrees = said is not None and _OWN[alias.member](said) == value
    except UnknownWordError:
        agrees = True  # it is wrong, and refused as such
    return said if agrees else Either(((alias.member, said), (name, value)))


def _join_time(resolved: dict[str, Any], time: object, wrong: Wrong) -> None:
    if time in (None, ""):
        return
    if "due_date" not in resolved:
        wrong[DUE_TIME] = UnknownWordError("Send its date as well, as 'due_date'")
        return
    date = resolved["due_date"]
    try:
        if isinstance(date, Either):
            said = ((name, with_time(value, time)) for name, value in date.said)
            resolved["due_date"] = Either(tuple(said))
        else:
            resolved["due_date"] = with_time(date, time)
    except NoTimeError as error:
        wrong[DUE_TIME] = UnknownWordError(str(error))


def settled(member: str, said: Said, present: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any member
    """Tell which of several values counts: the one that a task has not; DisagreementError if two.

    What comes back by a name under which it was answered (`present`) is an echo; another name
    echoes what the member itself is.
    """
    others: dict[str, Any] = {}
    for name, value in said:
        if value != present.get(name, present[member]):
            others.setdefault(str(value), value)
    if len(others) > 1:
        names = " and ".join(f"'{name}'" for name, _ in said)
        raise DisagreementError(f"{names} disagree, and the task has neither: send one of them")
    return next(iter(others.values()), present[member])
