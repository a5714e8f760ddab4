"""How the model reads bodies: which members they set, and what is wrong with them."""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from tests.state_machine.answers import INVALID, refuse_if
from tests.state_machine.nouns import same_name

MEMBERS = (
    *("title", "description", "completed", "priority", "tags", "category"),
    *("project_id", "parent_id", "move"),
)
READ_ONLY = (
    *("id", "user_id", "version", "created_at", "updated_at", "completed_at", "position"),
    "subtasks",
)
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
    if name == "title":
        return value.strip()
    if name == "description":
        return value or None
    if name == "category":
        return (value or "").strip() or None
    if name == "priority":
        return "none" if value is None else value.lower()
    if name == "tags":
        return _tags(value or [])
    return value


def _tags(value: str | list[str]) -> list[str]:
    """Read a list, or one text; of several spellings of one name the first counts."""
    if isinstance(value, str):
        value = [name for name in value.split(",") if name.strip()]
    unique: dict[str, str] = {}
    for name in value:
        unique.setdefault(same_name(name.strip()), name.strip())
    return [*unique.values()]


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
