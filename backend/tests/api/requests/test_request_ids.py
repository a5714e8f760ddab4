"""Request ids: the good ones are kept."""

import re
import socket
import uuid
from contextlib import closing

import pytest

from tests.api.requests.raw import say
from tests.server import RunningServer, User


@pytest.mark.parametrize(
    "request_id", ["a", "a" * 128, "0", "A-b_c.9", "-", "...", str(uuid.UUID(int=7))]
)
def test_a_good_request_id_is_kept(user: User, request_id: str):
    for path in (user.path, "/nowhere", "/api/else/tasks", f"{user.path}?limit=0", "/livez"):
        response = user.get(path, headers={"X-Request-ID": request_id})
        assert response.headers.get_list("x-request-id") == [request_id]


NO_REQUEST_IDS = [
    b"",
    b"a" * 129,
    b"a" * 5000,
    b"a b",
    b"a\tb",
    b"a\x85b",
    b"a\xa0b",
    b"a\xe2\x80\xa8b",
    b"\xff",
    "\u0661".encode(),
    b"a,b",
    b"a:b",
    b"a/b",
    b"a;b",
    b'"a"',
    b"<script>",
    b"${jndi:ldap://x}",
    b"%0d%0aSet-Cookie:x=1",
    b"a%0Ab",
    b"{a}",
]


@pytest.mark.parametrize("request_id", NO_REQUEST_IDS)
def test_any_other_request_id_is_replaced(server: RunningServer, request_id: bytes):
    response = say(server, "GET /nowhere HTTP/1.1", b"X-Request-ID: " + request_id)
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


@pytest.mark.parametrize(
    "control",
    [b"\n", b"\r", b"\r\n", b"\r\n ", b"\n\t", b"\0", b"\0\n", b"\x0b", b"\x0c", b"\x1b", b"\x7f"],
)
def test_a_control_in_a_request_id_starts_no_header_of_the_answer(
    server: RunningServer, control: bytes
):
    line = b"X-Request-ID: a" + control + b"Set-Cookie: x=1"
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=30)) as peer:
        peer.sendall(
            b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + line + b"\r\n\r\n"
        )
        answer = b"".join(iter(lambda: peer.recv(65536), b""))
    assert answer[:12] in (b"HTTP/1.1 200", b"HTTP/1.1 400")
    assert b"set-cookie" not in answer.lower()


def test_requests_without_an_id_get_one_each(user: User):
    ids = {user.get(path).headers["x-request-id"] for path in ["/livez", "/nowhere"] * 20}
    assert len(ids) == 40


def test_the_first_good_one_of_several_request_ids_is_kept(user: User):
    headers = [("X-Request-ID", "not one"), ("X-Request-ID", "first"), ("X-Request-ID", "second")]
    response = user.get(user.path, headers=headers)
    assert response.headers.get_list("x-request-id") == ["first"]
