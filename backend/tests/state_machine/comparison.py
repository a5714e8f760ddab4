"""An answer, and the whole database, beside the model."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from tests.state_machine.application import Application
from tests.state_machine.model import Person, RefusedError, Task

_TASKS = "SELECT * FROM task WHERE user_id = ANY($1)"
_LOG = "SELECT * FROM change WHERE user_id = ANY($1) ORDER BY user_id, number"
_DERIVED = {"live", "title_key"}


def same(what: str, found: Any, expected: Any) -> None:
    """AssertionError that tells both."""
    assert found == expected, f"{what}:\n  expected {expected!r}\n  found    {found!r}"


def same_answer(
    response: httpx.Response, status: int, body: Any = None, **headers: str | None
) -> None:
    """Hold a good answer against what it should be; a header None is one that is not there."""
    same("the status", (response.status_code, response.text[:500]), (status, response.text[:500]))
    same("the body", response.json() if response.content else None, body)
    for name, value in headers.items():
        same(f"the header {name}", response.headers.get(name), value)


def same_task(response: httpx.Response, status: int, task: Task) -> None:
    """Hold an answer that is one task against it."""
    same_answer(response, status, task.shown(), etag=task.etag)


def same_refusal(response: httpx.Response, refusal: RefusedError) -> None:
    """Hold a refusal against the one that should be."""
    problem = response.json() if response.is_error else {}
    code = problem.get("error", response.text[:500])
    same("the refusal", (response.status_code, code), (refusal.status, refusal.code))
    current = refusal.current
    same("the present row", problem.get("current"), current and current.shown())
    same("its tag", response.headers.get("etag"), current and current.etag)


def same_database(application: Application, people: Sequence[Person]) -> None:
    """Hold all that the database has of some people against the model."""
    ids = [person.id for person in people]
    found = {row["id"]: dict(row) for row in application.rows(_TASKS, ids)}
    expected = {task.id: vars(task) for person in people for task in person.tasks.values()}
    same("the ids of all tasks", set(found), set(expected))
    for task_id, task in expected.items():
        row = {name: value for name, value in found[task_id].items() if name not in _DERIVED}
        same(f"the row of {task_id}", row, task)
    log = [dict(row) for row in application.rows(_LOG, ids)]
    by_person = {person.id: [c for c in log if c["user_id"] == person.id] for person in people}
    for person in people:
        _same_log(person, by_person[person.id])


def _same_log(person: Person, found: list[dict[str, Any]]) -> None:
    same(
        f"the log of {person.id}",
        [(row["number"], row["kind"]) for row in found],
        [(change.number, change.kind) for change in person.log],
    )
    for row, change in zip(found, person.log, strict=True):
        written = vars(change) | {"user_id": person.id, "noun": "task"}
        if change.at is None:
            written["at"] = row["at"]
        same(f"change {change.number}", row | {"before": _read(row["before"])}, written)


def _read(before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Read the instants among the values that were before, in whichever zone they are written."""
    if before is None:
        return None
    return {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value else value
        for name, value in before.items()
    }
