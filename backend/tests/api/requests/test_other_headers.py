"""Headers that mean nothing here."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.server import User, nobody


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": "*"},
        {"If-None-Match": 'W/"x", "y"'},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "the day before yesterday"},
        {"If-Range": '"x"', "Range": "bytes=0-1"},
        {"Range": "bytes=9999999-"},
        {"Range": "bytes=" + "0-1," * 1000},
        {"Accept": "text/html"},
        {"Accept": "*/*;q=0"},
        {"Accept-Encoding": "br;q=1, *;q=0"},
        {"Accept-Charset": "utf-7"},
        {"Accept-Language": "x" * 1000},
        {"Cookie": "session=x; access_token=y; ;;;=;"},
        {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"},
        {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "::1"},
        {"X-User-Id": "somebody", "X-Remote-User": "somebody", "Remote-User": "somebody"},
        {"X-Original-URL": "/api/else/tasks", "X-Rewrite-URL": "/api/else/tasks"},
        {"Traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-01"},
        {"Max-Forwards": "0"},
        {"Date": "never"},
        {"Content-Length": "0"},
    ],
    ids=lambda headers: ", ".join(f"{k}: {v}"[:30] for k, v in headers.items()),
)
def test_headers_that_mean_nothing_here_are_ignored(
    user: User, task: dict[str, Any], headers: dict[str, str]
):
    path = f"{user.path}/{task['id']}"
    assert user.get(path, headers=headers).json() == task
    assert len(user.get(user.path, headers=headers).json()) == 2
    if "Content-Length" not in headers:
        assert user.put(path, json={"title": "Unchanged"}, headers=headers).json() == task
    assert user.patch(f"{path}/complete", headers=headers).json()["completed"]
    assert user.delete(path, headers=headers).status_code == 204


def test_a_host_that_somebody_made_up_appears_nowhere(user: User):
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"}
    user.create()
    for response in (
        user.post(user.path, json={"title": "x"}, headers=headers),
        user.get(user.path, params={"limit": 1}, headers=headers),
        user.get("/nowhere", headers=headers),
        user.get("/docs", headers=headers),
        user.get("/openapi.json", headers=headers),
    ):
        assert "evil" not in str(response.headers)
        assert "evil" not in response.text


@pytest.mark.parametrize(
    "path", ["/api/a b", "/api/\u00fc[x]", "//me:x/tasks", "/100%", '/a"b<c>|', "/a\\b^"]
)
def test_an_errors_instance_is_a_uri_reference_whatever_was_asked_for(path, server):
    with nobody(server) as client:
        instance = client.get(server.url + quote(path)).json()["instance"]
    assert instance == quote(path)
    assert re.fullmatch(r"(/|%[0-9A-F]{2}|[A-Za-z0-9._~-])+", instance)
