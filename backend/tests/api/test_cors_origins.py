"""CORS_ORIGINS on the wire: what pages of a pattern, and of strangers, are told."""

from collections.abc import Iterator

import httpx
import pytest

from tests.server import RunningServer, settings

PREVIEW = "https://pr-12.example.app"


@pytest.fixture(scope="module")
def server(database_url: str) -> Iterator[RunningServer]:
    origins = "HTTPS://App.Example.com:443/,https://*.example.app"
    with RunningServer(settings(database_url, cors_origins=origins)) as running:
        yield running


@pytest.fixture(scope="module")
def open_server(database_url: str) -> Iterator[RunningServer]:
    with RunningServer(settings(database_url, cors_origins="*")) as running:
        yield running


def answers(server: RunningServer, origin: str) -> Iterator[httpx.Response]:
    """Those to a preflight and to a request."""
    headers = [(b"Origin", origin.encode())]
    asks = [*headers, (b"Access-Control-Request-Method", b"GET")]
    yield httpx.options(f"{server.url}/api/me/tasks", headers=asks)
    yield httpx.get(f"{server.url}/api/me/tasks", headers=headers)


@pytest.mark.parametrize("origin", ["https://app.example.com", PREVIEW])
def test_a_page_that_is_named_or_fits_a_pattern_is_let_in(server, origin):
    for response in answers(server, origin):
        assert response.headers["access-control-allow-origin"] == origin
        assert response.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in response.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil-example.app", "https://a.b.example.app", "https://a.example.app.evil.com"),
        *("https://A.example.app", "http://a.example.app", "https://a.example.app:444"),
        *("https://*.example.app", "https://example.app", "https://a.example.app/", "null", "*"),
        *("https://\u00e4.example.app", "https://\u212a.example.app", "https://\u0661.example.app"),
        "https://a.example.app https://evil.com",
    ],
    ids=repr,
)
def test_a_page_of_a_stranger_is_told_nothing(server, origin):
    for response in answers(server, origin):
        assert "access-control-allow-origin" not in response.headers
        assert "Origin" in response.headers["vary"]


def test_where_every_page_is_let_in_none_may_use_a_cookie(open_server):
    for response in answers(open_server, "https://anywhere.example"):
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers
