"""Requests that are wrong around their content: type, size, method, path, headers, order."""

import gzip
import http.client
import json
import re
import socket
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.contract import check_response
from tests.server import RunningServer, User, nobody

JSON = {"Content-Type": "application/json"}
TASK = b'{"title":"x"}'
MIB = 1024 * 1024
ORIGIN = "http://localhost:3000"


@pytest.fixture(autouse=True)
def _the_list_survives(user: User) -> Iterator[None]:
    before = user.create("Here before")
    yield
    assert before in user.tasks()


@pytest.fixture
def task(user: User) -> dict[str, Any]:
    return user.create("Unchanged")


def writings(user: User, task_id: str) -> list[tuple[str, str]]:
    """All operations that read a body."""
    path = f"{user.path}/{task_id}"
    return [("POST", user.path), ("PUT", path), ("PATCH", path), ("PATCH", f"{path}/complete")]


def all_of_one(user: User, task_id: str) -> list[tuple[str, str, bytes]]:
    """All operations on one task, with a body that would do."""
    path = f"{user.path}/{task_id}"
    return [
        ("GET", path, b""),
        ("PUT", path, TASK),
        ("PATCH", path, TASK),
        ("PATCH", f"{path}/complete", b""),
        ("DELETE", path, b""),
    ]


def say(server: RunningServer, head: str, *lines: bytes, body: bytes = b"") -> httpx.Response:
    """Send a head byte by byte as it stands, and hold the answer against the contract."""
    method, path, _ = head.split(" ")
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=30)) as peer:
        fields = [b"Host: x", b"Connection: close", *lines]
        peer.sendall(b"\r\n".join([head.encode(), *fields, b"", body]))
        answer = http.client.HTTPResponse(peer, method=method)
        answer.begin()
        response = httpx.Response(
            answer.status,
            headers=answer.getheaders(),
            content=answer.read(),
            request=httpx.Request(method, httpx.URL(server.url).join(path)),
        )
    if method != "HEAD":
        check_response(response)
    return response


def bearer(user: User) -> bytes:
    return f"Authorization: Bearer {user.token}".encode()


# Media types


NO_JSON = [
    "text/plain",
    "text/json",
    "text/html",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/octet-stream",
    "application/jsonp",
    "application/x-json",
    "application/json-seq",
    "application/x-ndjson",
    "application/json, text/plain",
    "application/json+xml",
    "application/+json",
    "application/x/y+json",
    "application/ json",
    "application /json",
    "application/json/",
    "application",
    "json",
    "/json",
    "*/*",
    "application/*",
    ";",
    "",
]


@pytest.mark.parametrize("kind", NO_JSON, ids=[kind or "empty" for kind in NO_JSON])
def test_a_body_of_another_type_is_415(user: User, task: dict[str, Any], kind: str):
    for method, path in writings(user, task["id"]):
        response = user.request(method, path, content=TASK, headers={"Content-Type": kind})
        assert (response.status_code, response.json()["error"]) == (415, "unsupported_media_type")
    assert user.task(task["id"]).json() == task


def test_a_body_of_no_type_is_415(user: User, task: dict[str, Any]):
    for method, path in writings(user, task["id"]):
        assert user.request(method, path, content=TASK).status_code == 415


@pytest.mark.parametrize(
    "coding", ["gzip", "x-gzip", "deflate", "br", "zstd", "GZIP", "gzip, gzip"]
)
def test_a_compressed_body_is_415(user: User, task: dict[str, Any], coding: str):
    headers = {**JSON, "Content-Encoding": coding}
    for method, path in writings(user, task["id"]):
        response = user.request(method, path, content=gzip.compress(TASK), headers=headers)
        assert response.status_code == 415


@pytest.mark.parametrize(
    "others",
    [
        [("Content-Type", "application/json"), ("Content-Type", "text/plain")],
        [("Content-Type", "text/plain"), ("Content-Type", "application/json")],
        [*JSON.items(), ("Content-Encoding", "gzip"), ("Content-Encoding", "identity")],
        [*JSON.items(), ("Content-Encoding", "identity"), ("Content-Encoding", "gzip")],
    ],
)
def test_a_header_that_contradicts_another_of_its_name_is_415(
    user: User, task: dict[str, Any], others: list[tuple[str, str]]
):
    headers = [*user.headers.items(), *others]
    for method, path in writings(user, task["id"]):
        assert user.request(method, path, content=TASK, headers=headers).status_code == 415
    assert user.task(task["id"]).json() == task


def test_no_name_of_a_member_is_taken_for_a_parameter_of_ours(user: User, task: dict[str, Any]):
    for method, path in writings(user, task["id"]):
        for name in ("__pydantic_self__", "self", "data", "cls"):
            assert user.request(method, path, json={"title": "x", name: 1}).status_code == 422


def test_a_type_that_is_not_ascii_is_415(user: User):
    headers = {b"Content-Type": b"application/\xff+json"}
    assert user.post(user.path, content=TASK, headers=headers).status_code == 415


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=utf-8",
        "application/json ; Charset=UTF-8",
        'application/json; x="a;b"',
        "application/json;",
        "application/vnd.api+json",
        "application/merge-patch+json",
        'application/ld+json; profile="http://example.com"',
        "Application/Problem+JSON",
    ],
)
def test_json_is_json_whatever_the_case_and_parameters(user: User, task: dict[str, Any], kind: str):
    headers = {"Content-Type": kind, "Content-Encoding": "identity"}
    for method, path in writings(user, task["id"])[:3]:
        assert user.request(method, path, content=TASK, headers=headers).is_success


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", ""])
def test_the_type_of_no_body_does_not_matter(user: User, task: dict[str, Any], kind: str):
    path = f"{user.path}/{task['id']}"
    for method, path_ in (("GET", user.path), ("GET", path), ("PATCH", f"{path}/complete")):
        assert user.request(method, path_, headers={"Content-Type": kind}).status_code == 200
    assert user.delete(path, headers={"Content-Type": kind}).status_code == 204


def test_a_body_where_none_is_read_is_passed_over(user: User, task: dict[str, Any]):
    path = f"{user.path}/{task['id']}"
    for content in (b"{", b"x" * 100_000, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"):
        assert user.request("GET", path, content=content).json() == task
        assert user.request("GET", user.path, content=content).status_code == 200
    assert user.request("DELETE", path, content=b"{").status_code == 204


# Sizes


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


# Methods and paths


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


# The order of checks


ORDER = {
    "route": 404,
    "method": 405,
    "token": 401,
    "owner": 403,
    "type": 415,
    "size": 413,
    "syntax": 400,
    "rule": 422,
    "task": 404,
    "nothing": 200,
}


@pytest.mark.parametrize("place", range(len(ORDER)), ids=list(ORDER))
def test_of_many_faults_the_first_in_order_is_answered(
    user: User, stranger: User, task: dict[str, Any], place: int
):
    wrong = list(ORDER)[place:]
    task_id = stranger.create()["id"] if "task" in wrong else task["id"]
    path = f"/api/{stranger.id if 'owner' in wrong else user.id}/tasks/{task_id}"
    content = TASK
    if "rule" in wrong:
        content = b'{"title":""}'
    if "syntax" in wrong:
        content = b"{"
    if "size" in wrong:
        content += b" " * MIB
    response = user.request(
        "POST" if "method" in wrong else "PUT",
        path + "/nowhere" * ("route" in wrong),
        content=content,
        headers={
            "Content-Type": "text/plain" if "type" in wrong else "application/json",
            "Authorization": "Bearer x" if "token" in wrong else user.headers["authorization"],
        },
    )
    assert response.status_code == ORDER[wrong[0]]


def test_a_bad_query_and_a_bad_id_come_after_the_token(server: RunningServer, user: User):
    with nobody(server) as client:
        assert client.get("/api/me/tasks?limit=0").status_code == 401
        assert client.get("/api/me/tasks/x").status_code == 401
    assert user.get("/api/else/tasks?limit=0").status_code == 403
    assert user.get("/api/else/tasks/x").status_code == 403


# Other origins


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


# Request ids


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


# Headers that mean nothing here


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": '"x"'},
        {"If-Match": "*"},
        {"If-None-Match": "*"},
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
