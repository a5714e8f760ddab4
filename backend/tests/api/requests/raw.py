"""Requests as they stand on the wire, and operations to send them to."""

import http.client
import socket
from contextlib import closing

import httpx

from tests.contract import answer_of
from tests.server import RunningServer, User

JSON = {"Content-Type": "application/json"}
TASK = b'{"title":"x"}'
MIB = 1024 * 1024
ORIGIN = "http://localhost:3000"


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
        return answer_of(answer, method, str(httpx.URL(server.url).join(path)))


def bearer(user: User) -> bytes:
    return f"Authorization: Bearer {user.token}".encode()
