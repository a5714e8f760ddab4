"""An answer, and the whole database, beside the model."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from tests.state_machine.application import Application
from tests.state_machine.model import Answer, Person, RefusedError

_TASKS = "SELECT * FROM task WHERE user_id = ANY($1)"
_LOG = "SELECT * FROM change WHERE user_id = ANY($1) ORDER BY user_id, number"
_KEYS = "SELECT user_id, key, created_at FROM idempotency_key WHERE user_id = ANY($1)"
_DERIVED = {"live", "title_key"}


def same(what: str, found: Any, expected: Any) -> None:
    """AssertionError that tells both."""
    assert found == expected, f"{what}:\n  expected {expected!r}\n  found    {found!r}"


def same_answer(response: httpx.Response, answer: Answer) -> None:
    """Hold a good answer against what it should be."""
    assert response.status_code == answer.status, (
        f"the status:\n  expected {answer}\n  found    {response.status_code} {response.text[:999]}"
    )
    same("the body", response.json() if response.content else None, answer.body)
    for name, value in answer.headers.items():
        same(f"the header {name}", response.headers.get(name), value)


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
    found = {(row["user_id"], row["id"]): dict(row) for row in application.rows(_TASKS, ids)}
    tasks = [task for person in people for task in person.tasks.values()]
    expected = {(task.user_id, task.id): vars(task) for task in tasks}
    same("the ids of all tasks", set(found), set(expected))
    for key, task in expected.items():
        row = {name: value for name, value in found[key].items() if name not in _DERIVED}
        same(f"the row of {key}", row, task)
    kept = {(row["user_id"], row["key"]): row["created_at"] for row in application.rows(_KEYS, ids)}
    its = {(person.id, key): kept.at for person in people for key, kept in person.keys.items()}
    same("the keys of requests", kept, its)
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
