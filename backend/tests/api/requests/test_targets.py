"""Targets that are no path of ours."""

import uuid

import pytest

from tests.api.requests.raw import bearer, say
from tests.server import RunningServer, User


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/me",
        "/api/me/",
        "/api/me/tasks/",
        "/api//tasks",
        "//api/me/tasks",
        "/api/me//tasks",
        "/api/me/tasks//",
        f"/api/me/tasks/{uuid.UUID(int=1)}/",
        f"/api/me/tasks/{uuid.UUID(int=1)}/complete/",
        f"/api/me/tasks/{uuid.UUID(int=1)}/completed",
        f"/api/me/tasks/{uuid.UUID(int=1)}/complete/x",
        "/api/me/task",
        "/api/me/Tasks",
        "/API/me/tasks",
        "/api/me/tasks;x",
        "/api/me/tasks.json",
        "/api/me/tasks%00",
        "/api/me/tasks%20",
        "/api%2Fme%2Ftasks/",
        "/api%2Fme%2Ftasks",
        "/api%2fme/tasks",
        "/api/me%2Ftasks",
        "/%2Fapi/me/tasks",
        "/api/me/tasks%2F",
        "/api/me/tasks%0a",
        f"/api/me/tasks/{uuid.UUID(int=1)}/complete%0A",
        "/api/auth/session%0a",
        "/%0a",
        "/livez%0a",
        "/livez%0d%0a",
        "/livez%2f",
        "/readyz%0A",
        "/docs%0a",
        "/openapi.json%0a",
        "/.well-known/jwks.json%0a",
        "/docs/assets/swagger-ui.css%0a",
        "/docs%2Fassets/swagger-ui.css",
        "/docs/assets%2fswagger-ui.css",
        "/api/x/../me/tasks",
        "/api/./me/tasks",
        "/v1/api/me/tasks",
        "/livez/",
        "/readyz/",
        "/docs/",
        "/openapi.json/",
        "/openapi.yaml",
        "/redoc",
        "/docs/assets/",
        "/docs/assets/%00",
        "/docs/assets/..%2f..%2fpyproject.toml",
        "/docs/assets/%2e%2e/__init__.py",
        "/docs/assets//etc/passwd",
        "/docs/assets/" + "a" * 300,
        "/.env",
        "/.git/config",
        "/favicon.ico",
        "/%ff",
        "/%00",
        "/*",
    ],
)
def test_what_is_not_a_path_is_404_and_redirects_nobody(server: RunningServer, path: str):
    response = say(server, f"GET {path} HTTP/1.1")
    assert (response.status_code, response.json()["error"]) == (404, "not_found")
    assert "location" not in response.headers


def test_the_whole_url_as_a_target_is_the_same_path(server: RunningServer, user: User):
    response = say(server, "GET http://elsewhere/api/me/tasks HTTP/1.1", bearer(user))
    assert response.status_code == 200
