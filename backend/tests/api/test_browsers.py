"""What browsers are told: to guess no type, to show no page in a frame, to run nothing else."""

import logging
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from http.client import HTTPResponse
from socket import create_connection
from typing import Any

import httpx
import pytest

from tests.contract import answer_of
from tests.server import RunningServer, User, nobody, settings
from tests.waiting import until
from todo_server.http_protocol import DeadlineProtocol

ORIGIN = "http://localhost:3000"
NOTHING = "default-src 'none'; frame-ancestors 'none'"
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


class HastyProtocol(DeadlineProtocol):
    deadline = 0.5


@pytest.fixture(scope="module")
def hasty(database_url: str) -> Iterator[RunningServer]:
    with RunningServer(settings(database_url), HastyProtocol) as server:
        yield server


# Headers of every answer


@pytest.mark.parametrize("origin", [None, ORIGIN, "http://evil.example"])
@pytest.mark.parametrize(
    ("status", "method", "path", "options"),
    [
        (200, "GET", "/api/me/tasks", {}),
        (201, "POST", "/api/me/tasks", {"json": {"title": "x"}}),
        (200, "GET", "/livez", {}),
        (200, "GET", "/", {}),
        (200, "GET", "/openapi.json", {}),
        (200, "GET", "/docs/assets/swagger-ui.css", {}),
        (400, "GET", "/api/me/tasks?cursor=x", {}),
        (401, "GET", "/api/me/tasks", {"headers": {"Authorization": "Bearer x"}}),
        (403, "GET", "/api/else/tasks", {}),
        (404, "GET", "/nowhere", {}),
        (405, "PUT", "/docs", {}),
        (414, "GET", "/docs?" + "x" * 8192, {}),
        (422, "GET", "/api/me/tasks?limit=0", {}),
        (431, "GET", "/", {"headers": {"Accept": HTML + "x" * 33_000}}),
    ],
)
def test_every_answer_tells_browsers_to_make_nothing_of_it(
    user: User,
    *,
    status: int,
    method: str,
    path: str,
    options: dict[str, Any],
    origin: str | None,
):
    if origin is not None:
        user.headers["Origin"] = origin
    response = user.request(method, path, **options)
    assert response.status_code == status
    assert response.headers.get_list("x-content-type-options") == ["nosniff"]
    assert response.headers.get_list("content-security-policy") == [NOTHING]
    assert response.headers.get_list("vary").count("Origin") == 1
    allowed = [ORIGIN] if origin == ORIGIN else []
    assert response.headers.get_list("access-control-allow-origin") == allowed


def test_a_preflight_varies_by_origin_once(server: RunningServer):
    for origin in (ORIGIN, "http://evil.example"):
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        response = httpx.options(f"{server.url}/api/me/tasks", headers=headers)
        assert response.headers.get_list("vary") == ["Origin"]
        assert response.headers["x-content-type-options"] == "nosniff"


def exchange(server: RunningServer, request: bytes, body: bytes = b"") -> httpx.Response:
    """Send a head as it stands, then the body when it is asked for."""
    with closing(create_connection(("127.0.0.1", server.port), timeout=30)) as peer:
        peer.sendall(request)
        if body:
            assert peer.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            peer.sendall(body)
        answer = HTTPResponse(peer)
        answer.begin()
        return answer_of(answer, "GET", f"{server.url}/nowhere")


REFUSED = {
    400: b"GET / HTTP/1.1\r\nOrigin: %b\r\nHost: a\r\nHost: b\r\n\r\n",
    408: b"GET / HTTP/1.1\r\nOrigin: %b\r\nHost: a\r\n",
    431: b"GET / HTTP/1.1\r\nOrigin: %b\r\nHost: a\r\nX-Long: " + b"x" * 70_000,
}


@pytest.mark.parametrize("status", REFUSED)
def test_a_front_end_can_read_what_is_refused_before_the_application(
    hasty: RunningServer, status: int
):
    for origin, allowed in ((ORIGIN, [ORIGIN]), ("http://evil.example", [])):
        response = exchange(hasty, REFUSED[status] % origin.encode())
        assert response.status_code == status
        assert response.headers.get_list("access-control-allow-origin") == allowed
        exposed = response.headers.get("access-control-expose-headers", "")
        assert ("X-Request-ID" in exposed) == bool(allowed)
        assert response.headers.get_list("vary") == ["Origin"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"] == NOTHING


# Clients that leave


POST = b"POST /api/me/tasks HTTP/1.1\r\nHost: a\r\nX-Request-ID: %b\r\nAuthorization: Bearer %b\r\n"
JSON = b"Content-Type: application/json\r\n"


@contextmanager
def one_line(caplog: pytest.LogCaptureFixture, request_id: bytes, status: int) -> Iterator[None]:
    """Expect the request's line in the log, and no error."""
    with caplog.at_level(logging.INFO):
        yield
    lines = [vars(record).get("fields", {}) for record in caplog.records]
    its_own = [line["status"] for line in lines if line.get("request_id") == request_id.decode()]
    assert its_own == [status]
    assert not [r for r in caplog.records if r.exc_info or r.levelno >= logging.WARNING]


def post_of(user: User, request_id: bytes, fields: bytes, body: bytes = b"") -> bytes:
    return POST % (request_id, user.token.encode()) + JSON + fields + b"\r\n" + body


def leave(server: RunningServer, request: bytes) -> None:
    with closing(create_connection(("127.0.0.1", server.port), timeout=30)) as peer:
        peer.sendall(request)


def test_a_client_that_leaves_is_one_line_and_no_error(
    database_url: str, caplog: pytest.LogCaptureFixture
):
    with (
        one_line(caplog, b"it-left", 499),
        RunningServer(settings(database_url)) as server,
        User(server) as user,
    ):
        leave(server, post_of(user, b"it-left", b"Content-Length: 100\r\n", b"{"))
        until(lambda: any("it-left" in str(vars(r)) for r in caplog.records), "its line")


def test_a_client_that_leaves_with_half_a_form_is_one_line_and_no_error(
    database_url: str, caplog: pytest.LogCaptureFixture
):
    fields = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n"
    with (
        one_line(caplog, b"it-left", 499),
        RunningServer(settings(database_url, auth_mode="builtin")) as server,
    ):
        head = b"POST /api/auth/token HTTP/1.1\r\nHost: a\r\nX-Request-ID: it-left\r\n"
        leave(server, head + fields + b"\r\nusername=")
        until(lambda: any("it-left" in str(vars(r)) for r in caplog.records), "its line")


@pytest.mark.parametrize(
    ("status", "fields", "body"),
    [
        (400, b"Transfer-Encoding: chunked\r\n", b"1\r\n{\r\nzz\r\n"),
        (408, b"Content-Length: 100\r\n", b"{"),
    ],
)
def test_what_the_protocol_answers_while_a_body_is_read_is_one_line_with_its_status(
    database_url: str, caplog: pytest.LogCaptureFixture, status: int, fields: bytes, body: bytes
):
    with (
        one_line(caplog, b"refused", status),
        RunningServer(settings(database_url), HastyProtocol) as server,
        User(server) as user,
    ):
        expecting = fields + b"Expect: 100-continue\r\n"
        response = exchange(server, post_of(user, b"refused", expecting), body)
        assert response.status_code == status
        assert response.headers["x-request-id"] == response.json()["request_id"] == "refused"


# Pages


def policy_of(page: httpx.Response) -> dict[str, list[str]]:
    parts = [part.split() for part in page.headers["content-security-policy"].split("; ")]
    return {name: sources for name, *sources in parts}


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_may_run_and_load_what_is_its_own_and_is_shown_in_no_frame(
    server: RunningServer, path: str
):
    page = httpx.get(server.url + path, headers={"Accept": HTML})
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert len(page.headers.get_list("content-security-policy")) == 1
    policy = policy_of(page)
    for name in ("default-src", "base-uri", "form-action", "frame-ancestors"):
        assert policy.pop(name) == ["'none'"]
    for kind in ("script", "style"):
        inline = re.findall(rf"<{kind}>(.*?)</{kind}>", page.text, re.DOTALL)
        hashes = [f"'sha256-{b64encode(sha256(t.encode()).digest()).decode()}'" for t in inline]
        sources = policy.pop(f"{kind}-src", [])
        assert [source for source in sources if source != "'self'"] == hashes
    assert {source for sources in policy.values() for source in sources} <= {"'self'", "data:"}
    assert not re.findall(r" on\w+=| style=|https?://(?!www.w3.org)", page.text)


def test_the_documentation_keeps_nothing_that_was_typed(server: RunningServer):
    page = httpx.get(f"{server.url}/docs").text
    assert "persistAuthorization: false" in page
    for name in re.findall(r'(?:src|href)="([^"]+)"|url: "([^"]+)"', page):
        assert httpx.get(f"{server.url}/{name[0] or name[1]}").status_code == 200


def test_a_browser_is_shown_where_to_go(server: RunningServer):
    page = httpx.get(server.url, headers={"Accept": HTML})
    assert page.headers.get_list("vary") == ["Accept", "Origin"]
    for path in re.findall(r'href="([a-z.]+)"', page.text):
        assert httpx.get(f"{server.url}/{path}").status_code == 200
    assert {'href="docs"', 'href="openapi.json"'} <= set(re.findall('href="[a-z.]+"', page.text))


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "application/json, text/html;q=0.5", "", "text/plain"]
)
def test_others_are_told_in_json(server: RunningServer, accept: str):
    with nobody(server) as client:
        home = client.get("/", headers={"Accept": accept})
        assert home.headers["content-type"] == "application/json"
        assert home.headers.get_list("vary") == ["Accept", "Origin"]
        told = home.json()
        for member in ("documentation", "contract", "live", "ready"):
            assert client.get(told[member]).status_code == 200


# Names that were made to lead here (DNS rebinding)


OWN = ["localhost", "LOCALHOST:3000", "localhost.", "todo.localhost", "127.0.0.1", "127.9.9.9:1",
       "[::1]", "[::1]:8000", ""]  # fmt: skip
FOREIGN = ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example",
           "evillocalhost", "0.0.0.0", "192.168.1.4:8000", "[::2]", "[fe80::1]", "2130706433",
           "."]  # fmt: skip


@pytest.fixture(scope="module")
def trusting(database_url: str) -> Iterator[RunningServer]:
    with RunningServer(settings(database_url, auth_mode="none")) as server:
        yield server


@pytest.mark.parametrize("host", OWN)
def test_without_tokens_this_machines_names_are_answered(trusting: RunningServer, host: str):
    with nobody(trusting) as client:
        assert client.get("/api/ada/tasks", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_without_tokens_no_other_name_is_answered(trusting: RunningServer, host: str):
    with nobody(trusting) as client:
        for method, path in (
            ("GET", "/api/ada/tasks"),
            ("POST", "/api/ada/tasks"),
            ("GET", "/docs"),
            ("GET", "/livez"),
            ("GET", "/nowhere"),
        ):
            response = client.request(method, path, headers={"Host": host}, json={"title": "x"})
            assert (response.status_code, response.json()["error"]) == (421, "misdirected_request")


def test_a_client_that_names_no_host_is_answered_without_tokens(trusting: RunningServer):
    with closing(create_connection(("127.0.0.1", trusting.port), timeout=30)) as peer:
        peer.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
        assert peer.recv(65536).startswith(b"HTTP/1.1 200")


def test_with_tokens_or_where_it_was_insisted_any_name_is_answered(database_url: str, user: User):
    assert user.get(user.path, headers={"Host": "evil.example"}).status_code == 200
    its_settings = settings(database_url, auth_mode="none", auth_none_anywhere=True)
    with RunningServer(its_settings) as server:
        response = httpx.get(f"{server.url}/api/ada/tasks", headers={"Host": "todo.example"})
        assert response.status_code == 200
