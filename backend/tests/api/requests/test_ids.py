"""Ids of tasks and users: what is none, what is somebody else's, what is merely odd."""

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.api.requests.raw import JSON, TASK, all_of_one
from tests.server import User

NO_TASK_IDS = [
    "x",
    "1",
    "0",
    "-1",
    "null",
    "undefined",
    "[object%20Object]",
    "%00",
    "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11%00",
    "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11%0A",
    "%20019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11",
    "019aa3f47c007e3a8f523d1f0c7a9b11",
    "{019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11}",
    "urn:uuid:019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11",
    "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b1",
    "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b111",
    "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b1g",
    "019aa3f4-7c007e3a-8f52--3d1f0c7a9b11",
    "019aa3f47-c00-7e3a-8f52-3d1f0c7a9b11",
    "019aa3f4_7c00_7e3a_8f52_3d1f0c7a9b11",
    "--------019aa3f47c007e3a8f523d1f0c7a",
    "%EF%BC%9019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11",
    "%D9%A019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b1",
    "0x9aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11",
    "+19aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11",
    "019aa3f4-7c00-7e3a-8f52-3d1f0c7a_b11",
    "%F0%9F%99%82" * 36,
    "%ff" * 36,
    "a" * 5000,
    "'%20OR%20'1'='1",
    "*",
    "%25",
    "a%2Fb",
    "..%2f..%2f",
    "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11%2F",
    "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11%252F",
    ";",
]


@pytest.mark.parametrize("task_id", NO_TASK_IDS, ids=[name[:40] for name in NO_TASK_IDS])
def test_an_id_that_is_no_uuid_is_422(user: User, task_id: str):
    for method, path, body in all_of_one(user, task_id):
        response = user.request(method, path, content=body, headers=JSON)
        assert response.status_code == 422
        assert {detail["field"] for detail in response.json()["details"]} == {"task_id"}


@pytest.mark.parametrize("number", [0, 1, 2**128 - 1, 0x019AA3F47C004E3A8F523D1F0C7A9B11])
def test_a_uuid_of_any_version_that_no_task_has_is_404(user: User, number: int):
    for method, path, body in all_of_one(user, str(uuid.UUID(int=number))):
        response = user.request(method, path, content=body, headers=JSON)
        assert (response.status_code, response.json()["error"]) == (404, "task_not_found")


def test_an_id_in_capitals_or_percent_encoded_is_the_same_id(user: User, task: dict[str, Any]):
    for written in (task["id"].upper(), "".join(f"%{ord(c):02x}" for c in task["id"])):
        assert user.task(written).json() == task


def test_nobody_can_tell_a_strangers_task_from_a_deleted_one_and_from_none(
    user: User, stranger: User
):
    deleted = user.create()["id"]
    assert user.delete(f"{user.path}/{deleted}").status_code == 204
    theirs, never = stranger.create(), str(uuid.uuid4())
    answers = set()
    for task_id in (theirs["id"], deleted, never):
        for method, path, body in all_of_one(user, task_id):
            response = user.request(method, path, content=body, headers=JSON)
            problem = response.json()
            assert problem.pop("instance") == path
            assert problem.pop("request_id") == response.headers["x-request-id"]
            headers = {k for k in response.headers if k != "date"}
            answers.add((response.status_code, json.dumps(problem), frozenset(headers)))
    assert len(answers) == 1
    assert stranger.task(theirs["id"]).json() == theirs


@pytest.mark.parametrize(
    "user_id",
    [
        "%00",
        "me%00",
        "{}%00",
        "%00{}",
        "{}%20",
        "{}%0A",
        "{}x",
        "x",
        "ME",
        "Me",
        "me%20",
        "%20me",
        "m%C3%A9",
        "null",
        "undefined",
        "%7Buser_id%7D",
        "*",
        "%25",
        "%2e",
        "%2e%2e",
        "%ff",
        "%ED%A0%80",
        "'%20OR%20'1'='1",
        "a" * 256,
        "%F0%9F%99%82" * 500,
    ],
)
def test_the_path_of_somebody_else_is_403_whatever_the_id(user: User, user_id: str):
    path = f"/api/{user_id.format(user.id)}/tasks"
    for method, place, body in [
        ("GET", path, b""),
        ("POST", path, TASK),
        ("GET", f"{path}/x", b""),
        ("PATCH", f"{path}/{uuid.UUID(int=1)}/complete", b""),
    ]:
        url = httpx.URL(user.base_url).copy_with(raw_path=place.encode())
        response = user.request(method, url, content=body, headers=JSON)
        assert (response.status_code, response.json()["error"]) == (403, "forbidden")


ODD_USERS = [
    "me",
    "a b",
    " ",
    ".",
    "..",
    "a/b",
    "/",
    "a?b#c",
    "a;b=c",
    "a%2Fb",
    "%00",
    "null",
    "0",
    "<script>",
    'a"b',
    "a'b; DROP TABLE task; --",
    "\\",
    "a\r\nSet-Cookie: x=1",
    "auth0|5f7c8ec7c33c6c004bbafe82",
    "ada@example.com",
    "https://issuer.example/ada",
    "\u00e9\u0130\u05d0",
    "e\u0301",
    "\U0001f642" * 255,
    "\u202e\u200b",
    "\x01\x7f",
    "a" * 255,
]


@pytest.mark.parametrize("user_id", ODD_USERS, ids=[ascii(name)[:30] for name in ODD_USERS])
def test_a_user_with_an_odd_id_has_a_list_of_their_own(new_user: Callable[..., User], user_id: str):
    odd = new_user(user_id)
    response = odd.post("/api/me/tasks", json={"title": "Mine"})
    task = response.json()
    assert (response.status_code, task["user_id"]) == (201, user_id)
    assert "set-cookie" not in response.headers
    assert task in odd.get("/api/me/tasks").json()
    path = f"/api/{quote(user_id, safe='')}/tasks".replace("/./", "/%2E/").replace(
        "/../", "/%2E%2E/"
    )
    if "/" not in user_id:  # which no server could tell from the path's own
        url = httpx.URL(odd.base_url).copy_with(raw_path=path.encode())
        assert odd.get(url).json() == odd.get("/api/me/tasks").json()
        location = odd.post(url, json={"title": "x"}).headers["location"]
        assert location.startswith(f"/api/{quote(user_id, safe='')}/tasks/")
    assert odd.delete(f"/api/me/tasks/{task['id']}").status_code == 204
