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
from todo_server.domain.reminders import (
    AT_PATTERN,
    MAX_MINUTES,
    NoReminderError,
    Reminder,
    read_at,
    read_minutes,
    read_reminder,
)

STATUS = {
    **dict.fromkeys(("pending", "todo", "open", "incomplete"), False),
    **dict.fromkeys(("completed", "complete", "done"), True),
}
"""What clients call the two states; answers have the first of each."""


class UnknownWordError(ValueError):
    """A value that a name does not take; says what it takes."""

    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.code = code


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
        raise UnknownWordError(str(error), "datetime_parsing") from error


def _at(value: object) -> list[Reminder]:
    return [] if value in (None, "") else _one(read_at, value)


def _minutes(value: object) -> list[Reminder]:
    return _one(read_minutes, value)


def _one(read: Callable[[object], Reminder], value: object) -> list[Reminder]:
    try:
        return [read(value)]
    except NoReminderError as error:
        raise UnknownWordError(str(error)) from error


def _reminders(value: object) -> list[Reminder]:
    if not isinstance(value, list):
        raise UnknownWordError("Use a list of reminders")
    return [reminder for each in value for reminder in _one(read_reminder, each)]


class Alias(NamedTuple):
    """Which member a name is another one of, and how its values are read."""

    member: str
    read: Callable[[object], Any]
    schema: dict[str, Any]
    clears: bool = False
    """Whether null by this name empties the member, where its own name is not sent."""
    answered: bool = False
    """Whether answers have this name, too: then null is a value, and what comes back says nothing,
    so that it takes the task to tell whether it says something."""


_NO_TIME: list[dict[str, Any]] = [{"type": "string", "maxLength": 0}, {"type": "null"}]
_TIME = {"anyOf": [{"type": "string", "pattern": AT_PATTERN}, *_NO_TIME]}
_MINUTES = {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_MINUTES}
_DATE: dict[str, Any] = {"type": ["string", "null"], "pattern": f"{DATE_PATTERN}|^$"}

ALIASES = {
    "is_completed": Alias("completed", _truth, {"type": "boolean"}),
    "is_complete": Alias("completed", _truth, {"type": "boolean"}),
    "status": Alias("completed", _status, {"type": "string", "enum": [*STATUS]}),
    "dueDate": Alias("due_date", _date, _DATE, clears=True),
    "due": Alias("due_date", _date, _DATE, clears=True),
    "reminder_at": Alias("reminders", _at, _TIME),
    "reminder_time": Alias("reminders", _at, _TIME),
    "reminder_minutes": Alias("reminders", _minutes, _MINUTES),
    "reminder_offset_minutes": Alias("reminders", _minutes, _MINUTES),
    "remind_at": Alias("reminders", _at, _TIME, answered=True),
}
"""The table: one name to a line."""

ANSWERED = tuple(name for name, alias in ALIASES.items() if alias.answered)

_OWN: dict[str, Callable[[object], Any]] = {
    "completed": _truth,
    "due_date": _date,
    "reminders": _reminders,
}
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
        member, read, _, clears, answered = ALIASES[name]
        if sent[name] in (None, "") and not answered:
            if clears:
                resolved.setdefault(member, None)
            continue
        try:
            value = read(sent[name])
        except UnknownWordError as error:
            wrong[name] = error
            continue
        if answered:
            value = _with_echo(resolved, name, value, member)
        elif member in resolved:
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


def _with_echo(
    resolved: Mapping[str, Any],
    name: str,
    value: Any,  # noqa: ANN401 - any JSON
    member: str,
) -> Any:  # noqa: ANN401 - as above
    """Give an Either, unless the member is sent as well, and would be answered like this."""
    if member not in resolved:
        return Either(((name, value),))
    said = resolved[member]
    if isinstance(said, Either):
        return Either((*said.said, (name, value)))
    if isinstance(said, list) and said[:1] == value:
        return said
    return Either(((member, said), (name, value)))


def _join_time(resolved: dict[str, Any], time: object, wrong: Wrong) -> None:
    if time in (None, ""):
        return
    if "due_date" not in resolved:
        wrong[DUE_TIME] = UnknownWordError("Send its date as well, as 'due_date'", "inconsistent")
        return
    date = resolved["due_date"]
    try:
        if isinstance(date, Either):
            said = ((name, with_time(value, time)) for name, value in date.said)
            resolved["due_date"] = Either(tuple(said))
        else:
            resolved["due_date"] = with_time(date, time)
    except NoTimeError as error:
        wrong[DUE_TIME] = UnknownWordError(str(error), "inconsistent")


def settled(member: str, said: Said, present: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any member
    """Tell which of several values counts: the one that a task has not; DisagreementError if two.

    What comes back by a name under which it was answered (`present`) is an echo; another name
    echoes what the member itself is.
    """
    others: dict[str, Any] = {}
    for name, value in said:
        echo = present.get(name, present[member])
        if name in present and name in ALIASES and ALIASES[name].answered:
            echo = ALIASES[name].read(echo)
        if value != echo:
            others.setdefault(str(value), value)
    if len(others) > 1:
        names = " and ".join(f"'{name}'" for name, _ in said)
        raise DisagreementError(f"{names} disagree, and the task has neither: send one of them")
    return next(iter(others.values()), present[member])


def settled_of_new(member: str, said: Said, default: Any) -> Any:  # noqa: ANN401 - any member
    """Tell the same of a new task, which has the default.

    What answers make of the member says nothing beside it: a copy of a task brings both.
    """
    own = [
        (name, value)
        for name, value in said
        if not (name in ALIASES and ALIASES[name].answered) and value != default
    ]
    return settled(member, own or said, {member: default})
