"""How the model reads bodies: which members they set, and what is wrong with them."""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from tests.state_machine.answers import INVALID, refuse_if
from tests.state_machine.nouns import same_name

MEMBERS = (
    *("title", "description", "completed", "priority", "tags", "category"),
    *("project_id", "parent_id", "move", "start_date", "due_date", "time_zone"),
)
READ_ONLY = (
    *("id", "user_id", "version", "created_at", "updated_at", "completed_at", "position"),
    *("subtasks", "due_at", "overdue", "recurrence_pattern", "is_recurring", "remind_at"),
    *("series_id", "next_task", "deleted_at"),
)
DATES = {
    None: None,
    "": None,
    "2020-02-29": "2020-02-29",
    "2020-02-29T09:00": "2020-02-29T09:00:00",
    "2999-12-31 23:59:59.999": "2999-12-31T23:59:59",
    "2999-01-01T00:00:00+05:45": "2998-12-31T18:15:00Z",
    "2026-11-21T12:00:00Z": "2026-11-21T12:00:00Z",
}
"""Dates and times as they are sent, and as they are kept."""

FLIP: Final = object()
"""Of `completed`: names of it say both, and the one counts that is not as the task is."""

_PRIORITIES = ("none", "low", "medium", "high", "urgent")
_PENDING, _DONE = ("pending", "todo", "open", "incomplete"), ("completed", "complete", "done")
_STATES = dict.fromkeys(_PENDING, False) | dict.fromkeys(_DONE, True)
_ID, _REF = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", r"#[A-Za-z0-9_-]{1,64}"

Reader = Callable[[Any], Any]


def read_members(
    body: dict[str, Any],
    known: tuple[str, ...] = MEMBERS,
    wrong: dict[str, list[Any]] | None = None,
    *,
    refs: bool = False,
) -> dict[str, Any]:
    """Give what a body says of these members; INVALID where it breaks a rule.

    Ids of other tasks are as they were sent, with `refs` those of bulk, too.
    """
    values = {}
    said: set[bool] = set()
    for name, value in body.items():
        if name in READ_ONLY:
            continue
        if name in ("is_completed", "is_complete", "status", "completed"):
            refuse_if(INVALID, "completed" not in known)
            said |= _truth(name, value)
            continue
        refuse_if(INVALID, name not in known)
        if name in ("parent_id", "project_id", "move"):
            values[name] = _reference(name, value, refs=refs)
        else:
            refuse_if(INVALID, is_among(value, (wrong or {}).get(name, [])))
            values[name] = _stored(name, value)
    if said:
        values["completed"] = FLIP if len(said) > 1 else said.pop()
    return values


def is_among(value: Any, wrong: list[Any]) -> bool:
    """Tell whether it is one of those that are wrong; True is not 1."""
    return value in [each for each in wrong if isinstance(each, bool) is isinstance(value, bool)]


def _truth(name: str, value: Any) -> set[bool]:
    """Give what a name of `completed` says: one, or nothing."""
    if name != "completed" and value is None:
        return set()
    if name == "status":
        refuse_if(INVALID, not isinstance(value, str) or value.lower() not in _STATES)
        return {_STATES[value.lower()]}
    refuse_if(INVALID, not isinstance(value, bool))
    return {value}


def _reference(name: str, value: Any, *, refs: bool) -> Any:
    if name == "move":
        return read_move(value, refs=refs)
    if value in (None, ""):
        return None
    pattern = f"{_ID}|{_REF}" if refs and name == "parent_id" else _ID
    refuse_if(INVALID, not isinstance(value, str) or not re.fullmatch(pattern, value))
    return value


def read_move(value: Any, *, refs: bool) -> dict[str, Any]:
    """Read a place; INVALID unless it is one of the four."""
    refuse_if(INVALID, not isinstance(value, dict) or len(value) != 1)
    ((where, beside),) = value.items()
    if where in ("first", "last"):
        refuse_if(INVALID, beside is not True)
        return {where: True}
    pattern = f"{_ID}|{_REF}" if refs else _ID
    refuse_if(INVALID, where not in ("after", "before") or not isinstance(beside, str))
    refuse_if(INVALID, not re.fullmatch(pattern, beside))
    return {where: beside}


def _stored(name: str, value: Any) -> Any:
    read = _READERS.get(name)
    return value if read is None else read(value)


def _tags(value: str | list[str]) -> list[str]:
    """Read a list, or one text; of several spellings of one name the first counts."""
    if isinstance(value, str):
        value = [name for name in value.split(",") if name.strip()]
    unique: dict[str, str] = {}
    for name in value:
        unique.setdefault(same_name(name.strip()), name.strip())
    return [*unique.values()]


_READERS: dict[str, Reader] = {
    "title": lambda value: value.strip(),
    "description": lambda value: value or None,
    "category": lambda value: (value or "").strip() or None,
    "priority": lambda value: "none" if value is None else value.lower(),
    "tags": lambda value: _tags(value or []),
    "start_date": DATES.__getitem__,
    "due_date": DATES.__getitem__,
    "time_zone": lambda value: value or None,
}


def with_ids(values: dict[str, Any], find: Callable[[str, str], UUID]) -> dict[str, Any]:
    """Put ids where other rows are named; `find` is told the text, and the field."""
    found = dict(values)
    for name in ("project_id", "parent_id"):
        if isinstance(found.get(name), str):
            found[name] = find(found[name], name)
    if "move" in found:
        found["move"] = {
            where: find(each, f"move.{where}") if isinstance(each, str) else each
            for where, each in found["move"].items()
        }
    return found
