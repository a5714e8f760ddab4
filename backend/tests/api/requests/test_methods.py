"""Methods that a path does not take."""

import uuid
from typing import Any

import pytest

from tests.api.requests.raw import JSON, say
from tests.server import RunningServer, User

PLACES = {
    "/": "GET, HEAD",
    "/api/me/tasks": "GET, HEAD, POST",
    f"/api/me/tasks/{uuid.UUID(int=1)}": "DELETE, GET, HEAD, PATCH, PUT",
    "/api/me/tasks/x": "DELETE, GET, HEAD, PATCH, PUT",
    f"/api/me/tasks/{uuid.UUID(int=1)}/complete": "PATCH",
    "/livez": "GET, HEAD",
    "/readyz": "GET, HEAD",
    "/docs": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/docs/assets/swagger-ui.css": "GET, HEAD",
}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "PURGE"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("path", "allowed"), PLACES.items())
def test_a_method_that_a_path_does_not_take_is_405_with_allow(
    server: RunningServer, path: str, allowed: str, method: str
):
    response = say(server, f"{method} {path} HTTP/1.1")
    if method in allowed.split(", "):
        assert response.status_code in (200, 401)
    else:
        assert (response.status_code, response.headers["allow"]) == (405, allowed)
        assert response.content == b"" or response.json()["error"] == "method_not_allowed"
    assert method != "HEAD" or response.content == b""


def test_a_header_does_not_change_the_method(user: User, task: dict[str, Any]):
    headers = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE", **JSON}
    assert user.post(f"{user.path}?_method=DELETE", json={"title": "x"}, headers=headers).is_success
    assert user.task(task["id"]).status_code == 200
