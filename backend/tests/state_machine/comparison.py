"""An answer, and the whole database, beside the model."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from tests.state_machine.answers import Answer, RefusedError
from tests.state_machine.application import Application
from tests.state_machine.model import Person
from tests.state_machine.nouns import NOUNS

_ROWS = {noun: f'SELECT * FROM "{noun.noun}" WHERE user_id = ANY($1)' for noun in NOUNS}
_LOG = "SELECT * FROM change WHERE user_id = ANY($1) ORDER BY user_id, number"
_KEYS = "SELECT user_id, key, created_at FROM idempotency_key WHERE user_id = ANY($1)"
_DERIVED = {"live", "live_id", "name_key", "title_key", "tag_keys", "search_text"}


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
    has_tag = current if refusal.status == 412 else None
    same("its tag", response.headers.get("etag"), has_tag and has_tag.etag)
    if refusal.fields:
        same_fields(problem["details"], refusal)


_PLACE = re.compile(r"(commands|task_ids|tasks|trash)\.\d+\.")


def same_fields(details: list[dict[str, str]], refusal: RefusedError) -> None:
    """Hold what is wrong against what may be named, in whichever command or row of a document."""
    found = {(_PLACE.sub("", each["field"]), each["code"]) for each in details}
    assert found, "nothing is named"
    assert found <= set(refusal.fields), f"{found} and not one of {refusal.fields}"


def same_database(application: Application, people: Sequence[Person]) -> None:
    """Hold all that the database has of some people against the model."""
    ids = [person.id for person in people]
    for noun, sql in _ROWS.items():
        found = {(row["user_id"], row["id"]): dict(row) for row in application.rows(sql, ids)}
        rows = [row for person in people for row in person.of(noun)]
        expected = {(row.user_id, row.id): vars(row) for row in rows}
        same(f"the ids of all rows of {noun.noun}", set(found), set(expected))
        for key, row in expected.items():
            stored = {name: value for name, value in found[key].items() if name not in _DERIVED}
            same(f"the row of {key}", stored, row)
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
        [(row["number"], row["kind"], row["noun"]) for row in found],
        [(change.number, change.kind, change.noun) for change in person.log],
    )
    for row, change in zip(found, person.log, strict=True):
        written = vars(change) | {"user_id": person.id}
        if change.at is None:
            written["at"] = row["at"]
        logged = row | {"before": read_before(row["before"])}
        assert not logged.pop("followed")  # as there is no webhook
        same(f"change {change.number}", logged, written)


def read_before(before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Read the ids and the instants among the values that were before, in whichever zone."""
    if before is None:
        return None
    return {name: _read(name, value) for name, value in before.items()}


def _read(name: str, value: Any) -> Any:
    if name.endswith("_at") and value:
        return datetime.fromisoformat(value)
    return UUID(value) if name in ("project_id", "parent_id", "series_id") and value else value
