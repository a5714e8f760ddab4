"""Ids of another user's rows in bodies, wherever the contract takes one: as if nobody had them."""

import itertools
import re
import uuid
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import pytest

from tests.api.nouns import listed, path_of
from tests.contract import contract
from tests.databases import run_as
from tests.isolation.belongings import NOUNS
from tests.notified import told
from tests.server import User

Place = tuple[str | int, ...]

_HOLDS_ID = "[0-9A-Fa-f]{8}"
_ROWS = {"projects": "project_id", "tags": "name", "filters": "filter_id"}


class Reference(NamedTuple):
    """A place in a body of an operation that takes the id of a row."""

    method: str
    path: str
    place: Place
    body: dict[str, Any]
    """One that is good but for what is to be put there."""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {'.'.join(map(str, self.place))} {self.body}"

    @property
    def noun(self) -> str:
        """Of what the row is, as its path is called."""
        if self.place[-1] == "project_id":
            return "projects"
        return self.path.removeprefix("/api/{user_id}/").partition("/")[0]

    def naming(self, row_id: str) -> dict[str, Any]:
        """Give the body with an id in the place."""
        body = deepcopy(self.body)
        at: Any = body
        for step, following in itertools.pairwise(self.place):
            if isinstance(at, dict):
                at = at.setdefault(step, [] if isinstance(following, int) else {})
            else:
                at = at[step]
        if isinstance(at, list):
            at.append(row_id)
        else:
            at[self.place[-1]] = row_id
        return body


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = contract()["components"]["schemas"][name] | {
            key: value for key, value in schema.items() if key != "$ref"
        }
    return schema


def _alternatives(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    schema = _resolved(schema)
    inner = [each for kind in ("anyOf", "oneOf") for each in schema.get(kind, ())]
    yield {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
    for each in inner:
        yield from _alternatives(each)


def _places(schema: dict[str, Any]) -> Iterator[Place]:
    """Find every place of an id, at whatever depth but in lists of objects."""
    for each in _alternatives(schema):
        if each.get("format") == "uuid" or _HOLDS_ID in each.get("pattern", ""):
            yield ()
        for name, member in each.get("properties", {}).items():
            if not _resolved(member).get("readOnly"):
                yield from ((name, *rest) for rest in _places(member))
        if "items" in each and not any("properties" in it for it in _alternatives(each["items"])):
            yield from ((0, *rest) for rest in _places(each["items"]))


def _good(schema: dict[str, Any]) -> dict[str, Any]:
    """Make a body of what an object needs, ids aside."""
    values: dict[str, Any] = {"title": "x", "name": "x", "query": {}, "into": "other"}
    values["action"] = "complete"
    needed = schema.get("required", ())
    constants = {n: m["const"] for n, m in schema.get("properties", {}).items() if "const" in m}
    return {name: (values | constants)[name] for name in needed if name in values | constants}


def _references() -> Iterator[Reference]:
    for path, methods in contract()["paths"].items():
        for method, operation in methods.items():
            if operation["operationId"] == "import" or not path.startswith("/api/{user_id}/"):
                continue  # tests/api/everything tries whose rows a document makes
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for schema in _alternatives(content["schema"]):
                    if "properties" in schema:
                        yield from _of_body(method.upper(), path, schema)


def _of_body(method: str, path: str, schema: dict[str, Any]) -> Iterator[Reference]:
    for place in set(_places(schema)):
        yield Reference(method, path, place, _good(schema))
    commands = schema["properties"].get("commands", {"items": {}})["items"]
    for command in _alternatives(commands):
        for place in set(_places(command)) if "properties" in command else ():
            body = {"commands": [_good(command)]}
            yield Reference(method, path, ("commands", 0, *place), body)


REFERENCES = sorted(_references(), key=str)


def test_every_place_of_an_id_is_found():
    found = {(f"{it.method} {it.path}", it.place) for it in REFERENCES}
    tasks, one = "POST /api/{user_id}/tasks", "PATCH /api/{user_id}/tasks/{task_id}"
    for of in (tasks, one):
        names = {place for where, place in found if where == of}
        moves = {("move", "after"), ("move", "before")}
        assert names == {("project_id",), ("parent_id",), *moves}
    bulk = {place for where, place in found if where == "POST /api/{user_id}/tasks/bulk"}
    assert {place[2:] for place in bulk if place[0] == "commands"} == {
        *{("id",), ("project_id",), ("parent_id",), ("after",), ("before",)},
        *{("move", "after"), ("move", "before")},
    }
    assert ("task_ids", 0) in bulk
    assert {it.noun for it in REFERENCES} == {"tasks", "notifications", *_ROWS}
    read = {place for where, place in found if where == "POST /api/{user_id}/notifications/read"}
    assert read == {("ids", 0), ("up_to",)}


def _made(user: User, noun: str) -> str:
    if noun == "tasks":
        task_id: str = user.create("theirs")["id"]
        return task_id
    if noun == "notifications":
        return told(user)
    made = NOUNS[_ROWS[noun]](user)
    if noun == "tags":
        made = next(tag["id"] for tag in listed(user, "tags") if tag["name"] == made)
    return made


def _deleted(user: User, noun: str) -> str:
    row_id = _made(user, noun)
    if noun == "notifications":  # which nobody deletes: it goes with its task
        run_as(
            user.server.database_url, user.id, "DELETE FROM my_notification WHERE id = $1", row_id
        )
        return row_id
    last = row_id
    if noun == "tags":
        last = next(tag["name"] for tag in listed(user, "tags") if tag["id"] == row_id)
    assert user.delete(path_of(user, noun, last)).status_code == 204
    return row_id


def _belongings(user: User) -> list[Any]:
    trash = user.get(path_of(user, "trash")).json()
    return [user.tasks(), trash, *(listed(user, noun) for noun in ("notifications", *_ROWS))]


@pytest.mark.parametrize("reference", REFERENCES, ids=str)
def test_an_id_of_another_users_row_is_like_one_that_nobody_has(
    reference: Reference, user: User, stranger: User
):
    theirs = [_made(user, reference.noun), _deleted(user, reference.noun)]
    own = {name: make(stranger) for name, make in NOUNS.items() if f"{{{name}}}" in reference.path}
    own["task_id"] = stranger.create("own")["id"]
    told(stranger)
    before = _belongings(user), _belongings(stranger)
    url = reference.path.format(user_id="me", **own)
    is_bulk = "commands" in reference.body or "task_ids" in reference.place
    for atomic in [True, False] if is_bulk else [None]:
        answers = []
        for row_id in (*theirs, str(uuid.uuid4())):
            body = reference.naming(row_id) | ({} if atomic is None else {"atomic": atomic})
            for command in body.get("commands", ()):  # on a task of one's own, if on any
                if command["op"] != "create":
                    command.setdefault("id", own["task_id"])
            response = stranger.request(reference.method, url, json=body)
            # Of many commands each has an outcome, and of notifications it is said how many.
            is_counted = reference.noun == "notifications"
            expected = {200} if atomic is False or is_counted else {404, 422}
            assert response.status_code in expected, response.text
            assert not is_counted or response.json() == {"marked": 0, "unread": 1}
            shown = re.sub(r'"request_id": ?"[^"]*"', "", response.text)
            answers.append((response.status_code, shown.replace(row_id, "id")))
        assert answers[0] == answers[1] == answers[2]
        assert (_belongings(user), _belongings(stranger)) == before
