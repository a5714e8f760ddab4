"""The history of a task, as the model has it."""

from typing import Any

from tests.state_machine.answers import instant
from tests.state_machine.model import Change, Person
from tests.state_machine.nouns import Row, shown


def entries(person: Person, task: Row) -> list[dict[str, Any]]:
    """Give what was changed of a task, the newest first."""
    its = [change for change in person.log if change.row_id == task.id]
    while any(change.kind == "purged" for change in its):  # another one, before it was imported
        del its[0]
    found = []
    after = {name: value for name, value in task.shown().items() if _is_shown(task, name)}
    for version, change in zip(range(task.version, 0, -1), reversed(its), strict=False):
        kept = {n: v for n, v in (change.before or {}).items() if n in after}
        before = {name: shown(value) for name, value in kept.items()}
        found.append(_entry(change, version, _members(change, before, after)))
        after |= before
    return found


def _members(change: Change, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    if change.kind == "created":
        given = {name: value for name, value in after.items() if value is not None}
        return {name: {"from": None, "to": value} for name, value in given.items()}
    return {name: {"from": before[name], "to": after[name]} for name in before}


def _is_shown(row: Row, name: str) -> bool:
    return name in vars(row) and row.is_logged(name)


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
