"""Bodies, headers and URLs that are too long."""

import http.client
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from tests.api.requests.raw import JSON, MIB, TASK, say, writings
from tests.server import RunningServer, User, nobody


def body_of(size: int) -> bytes:
    return TASK + b" " * (size - len(TASK))


def in_pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]


@pytest.mark.parametrize("prepare", [bytes, in_pieces], ids=["with a length", "chunked"])
def test_one_mebibyte_is_the_most(
    user: User, task: dict[str, Any], prepare: Callable[[bytes], Any]
):
    for method, path in writings(user, task["id"])[:3]:
        enough = user.request(method, path, content=prepare(body_of(MIB)), headers=JSON)
        assert enough.is_success
        more = user.request(method, path, content=prepare(body_of(MIB + 1)), headers=JSON)
        assert (more.status_code, more.json()["error"]) == (413, "body_too_large")


FAULTS = {
    413: {},
    401: {"Authorization": "Bearer x"},
    415: {"Content-Type": "text/plain"},
}


@pytest.mark.parametrize("status", FAULTS)
@pytest.mark.parametrize("connection", ["keep-alive", "close"])
@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
@pytest.mark.parametrize(("size", "clients"), [(2 * MIB, 12), (20 * MIB, 3)])
def test_clients_that_are_still_sending_see_why_they_are_refused(
    server: RunningServer,
    user: User,
    *,
    size: int,
    clients: int,
    chunked: bool,
    connection: str,
    status: int,
):
    headers = {**user.headers, **JSON, "Connection": connection, **FAULTS[status]}
    body = bytes(size)

    def send(_: int) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as client:
            content = in_pieces(body) if chunked else body
            client.request("POST", user.path, content, headers, encode_chunked=chunked)
            with client.getresponse() as response:
                assert json.load(response)["status"] == response.status
                return response.status

    with ThreadPoolExecutor(clients) as pool:
        assert set(pool.map(send, range(clients))) == {status}


def test_a_refused_body_leaves_the_connection_usable(server: RunningServer, user: User):
    headers = {**user.headers, **JSON}
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as client:
        for path, status in ((user.path, 413), ("/nowhere", 404), ("/api/else/tasks", 403)):
            client.request("POST", path, bytes(2 * MIB), headers)
            with client.getresponse() as response:
                response.read()
                assert response.status == status
            used = client.sock
        client.request("GET", user.path, headers=headers)
        with client.getresponse() as response:
            assert (response.status, len(json.load(response))) == (200, 1)
        assert client.sock is used


def test_a_client_that_waits_to_be_asked_is_refused_without_its_body(server: RunningServer):
    expecting = (b"Content-Length: 9999999", b"Expect: 100-continue")
    response = say(server, "POST /api/me/tasks HTTP/1.1", *expecting)
    assert response.status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Long": "a" * 31_000}, 200),
        ({"X-Long": "a" * 33_000}, 431),
        ({f"X-{n}": "a" for n in range(2000)}, 200),
        ({f"X-{n}": "a" * 10 for n in range(2500)}, 431),
        ({"Cookie": "; ".join(f"c{n}=v" for n in range(5000))}, 431),
        ({"a" * 33_000: "x"}, 431),
    ],
    ids=["31 KB", "33 KB", "2,000 short", "2,500 long", "cookies", "a long name"],
)
def test_32_kib_of_headers_are_the_most(user: User, headers: dict[str, str], status: int):
    response = user.get(user.path, headers=headers)
    assert response.status_code == status
    if status == 431:
        assert response.json()["error"] == "headers_too_large"


@pytest.mark.parametrize("path", ["/api/me/tasks?x=", "/api/me/tasks/", "/api/", "/", "/livez?x="])
def test_a_url_over_8_kib_is_414_wherever_it_leads(server: RunningServer, path: str):
    with nobody(server) as client:
        response = client.get(path + "a" * 8 * 1024)
        assert (response.status_code, response.json()["error"]) == (414, "uri_too_long")
