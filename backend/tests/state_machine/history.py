"""The history of a task, as the model has it."""

from typing import Any

from tests.state_machine.model import Change, Person, Task, instant

_SHOWN = ("title", "description", "completed")


def entries(person: Person, task: Task) -> list[dict[str, Any]]:
    """Give what was changed of a task, the newest first."""
    its = [change for change in person.log if change.row_id == task.id]
    while any(change.kind == "purged" for change in its):  # another one, before it was imported
        del its[0]
    found = []
    after = {name: getattr(task, name) for name in _SHOWN}
    for version, change in zip(range(task.version, 0, -1), reversed(its), strict=False):
        before = change.before or {}
        found.append(_entry(change, version, _members(change, before, after)))
        after |= {name: value for name, value in before.items() if name in _SHOWN}
    return found


def _members(change: Change, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    if change.kind == "created":
        given = {name: value for name, value in after.items() if value is not None}
        return {name: {"from": None, "to": value} for name, value in given.items()}
    touched = [name for name in _SHOWN if name in before]
    return {name: {"from": before[name], "to": after[name]} for name in touched}


def _entry(change: Change, version: int, members: dict[str, Any]) -> dict[str, Any]:
    request_id, _, client = change.origin.partition(" ")
    assert change.at is not None, "what is purged has no history"
    return {
        "number": change.number,
        "at": instant(change.at),
        "kind": change.kind,
        "version": version,
        "changes": members,
        "request_id": request_id,
        "client": client,
        "batch": change.batch,
        "undoes": change.undoes,
    }
