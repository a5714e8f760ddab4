"""Front ends on other origins."""

import re
import uuid
from typing import Any

import httpx
import pytest

from tests.api.requests.raw import JSON, MIB, ORIGIN, TASK
from tests.server import RunningServer, User

EXPOSED = {"Link", "Location", "ETag", "Retry-After", "X-Request-ID"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api/me/tasks", "/api/me/tasks/x", "/api/me/tasks/x/complete"])
def test_a_front_end_may_ask_before_it_sends(server: RunningServer, path: str, method: str):
    response = httpx.options(
        server.url + path,
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization, content-type, x-request-id",
        },
    )
    assert response.is_success
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert method in response.headers["access-control-allow-methods"]
    allowed = response.headers["access-control-allow-headers"].lower()
    assert {"authorization", "content-type", "x-request-id"} <= set(allowed.split(", "))
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


NO_ORIGINS = [
    "http://localhost:3001",
    "https://localhost:3000",
    "http://LOCALHOST:3000",
    "http://localhost:3000/",
    "http://localhost:3000.evil.example",
    "http://evil.example/http://localhost:3000",
    "http://evil.example",
    "localhost:3000",
    "null",
    "*",
    "",
]


@pytest.mark.parametrize("origin", NO_ORIGINS, ids=[origin or "empty" for origin in NO_ORIGINS])
def test_other_origins_are_told_nothing(server: RunningServer, user: User, origin: str):
    preflight = httpx.options(
        f"{server.url}/api/me/tasks",
        headers={"Origin": origin, "Access-Control-Request-Method": "GET"},
    )
    for response in (preflight, user.get(user.path, headers={"Origin": origin})):
        assert "access-control-allow-origin" not in response.headers
        assert "Origin" in response.headers["vary"]


@pytest.mark.parametrize(
    ("status", "method", "path", "options"),
    [
        (200, "GET", "/api/me/tasks", {}),
        (201, "POST", "/api/me/tasks", {"json": {"title": "x"}}),
        (400, "POST", "/api/me/tasks", {"content": b"{", "headers": JSON}),
        (401, "GET", "/api/me/tasks", {"headers": {"Authorization": "Bearer x"}}),
        (403, "GET", "/api/else/tasks", {}),
        (404, "GET", "/nowhere", {}),
        (404, "GET", f"/api/me/tasks/{uuid.UUID(int=1)}", {}),
        (405, "PUT", "/api/me/tasks", {}),
        (413, "POST", "/api/me/tasks", {"content": bytes(2 * MIB), "headers": JSON}),
        (414, "GET", "/api/me/tasks?" + "x" * 8192, {}),
        (415, "POST", "/api/me/tasks", {"content": TASK}),
        (422, "GET", "/api/me/tasks?limit=0", {}),
        (431, "GET", "/api/me/tasks", {"headers": {"X-Long": "x" * 33_000}}),
    ],
)
def test_a_front_end_can_read_every_answer(
    user: User, status: int, method: str, path: str, options: dict[str, Any]
):
    user.headers["Origin"] = ORIGIN
    response = user.request(method, path, **options)
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert set(response.headers["access-control-expose-headers"].split(", ")) >= EXPOSED
    assert "Origin" in response.headers["vary"]
