"""HEAD: what GET says, without its body (RFC 9110, section 9.3.2)."""

import logging
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest

from tests.contract import contract
from tests.server import RunningServer, User, nobody

PLACES = [
    "/",
    "/livez",
    "/readyz",
    "/docs",
    "/openapi.json",
    "/docs/assets/swagger-ui.css",
    "/.well-known/jwks.json",
    "/nowhere",
    "/api/me/tasks",
    "/api/else/tasks",
    "/api/me/tasks/x",
]
OF_ITS_OWN = {"date", "x-request-id"}


def head_of(response: httpx.Response) -> tuple[int, list[tuple[str, str]]]:
    fields = [item for item in response.headers.multi_items() if item[0] not in OF_ITS_OWN]
    return response.status_code, fields


@pytest.mark.parametrize("path", PLACES)
def test_head_says_what_get_says(server: RunningServer, user: User, path: str):
    with nobody(server) as client:
        for one in (user, client):
            get, head = one.get(path), one.head(path)
            assert head_of(head) == head_of(get)
            assert int(head.headers["content-length"]) == len(get.content)


def test_head_of_the_own_tasks_says_what_get_says(user: User):
    task = user.create("x" * 400)
    for path in (user.path, f"{user.path}?limit=1", f"{user.path}/{task['id']}"):
        assert user.head(path).status_code == 200
        assert head_of(user.head(path)) == head_of(user.get(path))


def test_nothing_of_a_body_follows_the_head_on_its_connection(server: RunningServer, user: User):
    client = HTTPConnection("127.0.0.1", server.port, timeout=30)
    for path in (*PLACES, user.path):
        client.request("HEAD", path, headers=dict(user.headers))
        with client.getresponse() as response:
            assert response.read() == b""
        used = client.sock
        client.request("GET", "/livez")  # which would read what was left
        with client.getresponse() as response:
            assert (response.status, response.read()) == (200, b'{"status":"ok"}')
        assert client.sock is used
    client.close()


def test_head_where_get_is_not_served_is_405(user: User):
    task_id = user.create()["id"]
    response = user.head(f"{user.path}/{task_id}/complete")
    assert (response.status_code, response.headers["allow"]) == (405, "PATCH")
    assert user.task(task_id).json()["completed"] is False


def test_a_head_is_logged_as_one_on_its_route(user: User, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "todo_server.request"):
        user.head(user.path, headers={"X-Request-ID": "a-head"})
        user.get("/livez")  # on the same connection: the line before has been written by then
    lines: list[dict[str, Any]] = [
        record.__dict__["fields"] for record in caplog.records if "fields" in record.__dict__
    ]
    (line,) = [line for line in lines if line["request_id"] == "a-head"]
    assert (line["method"], line["route"]) == ("HEAD", "/api/{user_id}/tasks")


def test_the_contract_says_once_that_head_is_answered():
    assert "`HEAD` is answered wherever `GET` is." in contract()["info"]["description"]
    assert not [path for path, item in contract()["paths"].items() if "head" in item]
