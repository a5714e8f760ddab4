"""`version` and `ETag`: moved by every change, and by nothing else."""

import re
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.logged import log_of
from tests.server import User

CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a title by PUT": ("PUT", "", {"json": {"title": "Buy bread"}}),
    "a title by PATCH": ("PATCH", "", {"json": {"title": "Buy bread"}}),
    "several members": ("PUT", "", {"json": {"title": "x", "description": "y", "completed": True}}),
    "a description that is cleared": ("PATCH", "", {"json": {"description": None}}),
    "completing": ("PATCH", "/complete", {"json": {"completed": True}}),
    "flipping": ("PATCH", "/complete", {}),
    "flipping with an empty object": ("PATCH", "/complete", {"json": {}}),
}
NO_CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "nothing by PUT": ("PUT", "", {"json": {}}),
    "nothing by PATCH": ("PATCH", "", {"json": {}}),
    "the same title": ("PUT", "", {"json": {"title": " Buy milk "}}),
    "the same description": ("PATCH", "", {"json": {"description": "Two litres"}}),
    "the same state": ("PATCH", "/complete", {"json": {"completed": False}}),
    "another version": ("PATCH", "", {"json": {"version": 99, "title": "Buy milk"}}),
    "a version of another kind": ("PATCH", "", {"json": {"version": "x"}}),
    "reading": ("GET", "", {}),
    "a body that is refused": ("PATCH", "", {"json": {"title": ""}}),
    "one that is none": ("PATCH", "", {"content": b"{", "headers": {"content-type": "text/plain"}}),
    "a condition that is refused": ("DELETE", "", {"headers": {"if-match": "1"}}),
    "a condition that does not hold": ("DELETE", "", {"headers": {"if-match": '"2"'}}),
}


def send(user: User, task_id: str, what: tuple[str, str, dict[str, Any]]) -> httpx.Response:
    method, path, options = what
    return user.request(method, f"{user.path}/{task_id}{path}", **options)


@pytest.fixture
def task(user: User) -> dict[str, Any]:
    return user.create(description="Two litres")


def test_a_new_task_has_the_first_version(user: User):
    response = user.post(user.path, json={"title": "Buy milk", "version": 7})
    assert (response.json()["version"], response.headers["etag"]) == (1, '"1"')


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_moves_the_version_by_one(change: str, user: User, task: dict[str, Any]):
    response = send(user, task["id"], CHANGES[change])
    assert response.status_code == 200
    assert (response.json()["version"], response.headers["etag"]) == (2, '"2"')
    assert response.json()["updated_at"] > task["updated_at"]
    read = user.task(task["id"])
    assert (read.json(), read.headers["etag"]) == (response.json(), '"2"')


@pytest.mark.parametrize("request_", NO_CHANGES)
def test_what_changes_nothing_leaves_version_and_instant_and_log(
    request_: str, user: User, task: dict[str, Any], database_url: str
):
    response = send(user, task["id"], NO_CHANGES[request_])
    if response.status_code == 200:
        assert (response.json(), response.headers["etag"]) == (task, '"1"')
    read = user.task(task["id"])
    assert (read.json(), read.headers["etag"]) == (task, '"1"')
    assert [entry["kind"] for entry in log_of(database_url, user.id)] == ["created"]


def test_every_change_counts_one_however_many_there_are(
    user: User, task: dict[str, Any], database_url: str
):
    versions = []
    for change in (*CHANGES, *NO_CHANGES, *CHANGES):
        what = CHANGES.get(change) or NO_CHANGES[change]
        response = send(user, task["id"], what)
        if response.is_success:
            versions.append(response.json()["version"])
            assert response.headers["etag"] == f'"{versions[-1]}"'
    assert {after - before for before, after in pairwise(versions)} <= {0, 1}
    log = log_of(database_url, user.id)
    assert [entry["number"] for entry in log] == list(range(1, versions[-1] + 1))


def test_a_list_has_the_versions_of_its_rows_and_a_tag_of_its_own(user: User, task: dict[str, Any]):
    changed = send(user, task["id"], CHANGES["flipping"]).json()
    other = user.create("Another")
    listed = user.get(user.path)
    assert [each["version"] for each in listed.json()] == [other["version"], changed["version"]]
    assert re.fullmatch(r'"[0-9a-f]{32}"', listed.headers["etag"])


def test_a_change_of_one_task_moves_no_others_version(
    user: User, stranger: User, task: dict[str, Any]
):
    other, theirs = user.create("Another"), stranger.create()
    send(user, task["id"], CHANGES["flipping"])
    assert user.task(other["id"]).json() == other
    assert stranger.task(theirs["id"]).json() == theirs
