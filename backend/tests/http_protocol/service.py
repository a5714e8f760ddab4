"""A service of `DeadlineProtocol` alone, and peers that speak to it byte by byte."""

import asyncio
import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, ClassVar

import uvicorn

from todo_server.api.routing.long_json_request import LONG_BODY
from todo_server.http_protocol import DeadlineProtocol

GUARD = 8.0  # seconds until a test gives up: above every deadline that it waits for


class HastyProtocol(DeadlineProtocol):
    deadline = 0.5
    stall = 1.0
    slowest = 1 << 18


class PatientProtocol(DeadlineProtocol):
    deadline = stall = 100 * GUARD  # so that nothing in a test is the deadline's doing


class CrowdedProtocol(PatientProtocol):
    max_unread = 5 << 24  # two and a half times what /big answers
    _behind: ClassVar[dict[DeadlineProtocol, int]] = {}


class Application:
    """Answers with the length of the body, and remembers what it was asked."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.left = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        self.paths.append(path)
        if path == "/long":
            scope["state"][LONG_BODY] = True
        if path == "/slow":
            await asyncio.sleep(2 * HastyProtocol.deadline)
        if path == "/flood":
            await self.flood(send)
            return
        length, more = 0, path != "/early"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            length, more = length + len(message["body"]), message["more_body"]
        if path == "/late":
            await asyncio.sleep(2 * HastyProtocol.deadline)
        names = [name.decode() for name, _ in scope["headers"]]
        body = json.dumps({"path": path, "length": length, "headers": names}).encode()
        if path == "/big":
            body = bytes(1 << 25)
        start = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": start})
        await send({"type": "http.response.body", "body": body})

    async def flood(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        self.left.set()


class Peer:
    """A client that says exactly what it is told to."""

    def __init__(self, port: int, window: int | None) -> None:
        self.socket = socket.socket()
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.settimeout(GUARD)
        self.socket.connect(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> "Peer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.file.close()
        self.socket.close()

    def say(self, data: bytes) -> "Peer":
        self.socket.sendall(data)
        return self

    def trickle(self, data: bytes) -> "Peer":
        """Send a byte at a time, until something comes back."""
        for byte in data:
            if select.select([self.socket], [], [], HastyProtocol.deadline / 10)[0]:
                break
            self.say(bytes([byte]))
        return self

    def hear(self) -> tuple[int, dict[str, str], bytes]:
        """Return one answer: status, headers, body."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().strip().decode():
            name, _, value = line.partition(": ")
            headers[name] = value
        return status, headers, self.file.read(int(headers.get("content-length", 0)))

    def hear_length(self) -> int:
        status, _, body = self.hear()
        assert status == 200
        return int(json.loads(body)["length"])

    def hear_refusal(self, status: int, error: str) -> None:
        """Expect one problem document, and the end."""
        seen, headers, body = self.hear()
        problem = json.loads(body)
        assert (seen, problem["status"], problem["error"]) == (status, status, error)
        assert problem["detail"] == problem["message"]
        assert problem.keys() == {
            "type", "title", "status", "detail", "instance", "error", "message", "details",
            "request_id",
        }  # fmt: skip
        assert headers["content-type"] == "application/problem+json"
        assert headers["connection"] == "close"
        self.hear_the_end()

    def hear_the_end(self) -> None:
        assert self.file.read() == b""


class Service:
    """A server that listens, and the application behind it."""

    def __init__(self, app: Application, server: uvicorn.Server, port: int) -> None:
        self.app = app
        self.connections = server.server_state.connections
        self.port = port

    def peer(self, window: int | None = None) -> Peer:
        return Peer(self.port, window)

    def wait_until_nobody_is_connected(self) -> None:
        end = time.monotonic() + GUARD
        while self.connections:
            assert time.monotonic() < end
            time.sleep(0.01)


@contextmanager
def serving(protocol: type[DeadlineProtocol], loop: Any, keep_alive: int = 60) -> Iterator[Service]:
    app = Application()
    server = uvicorn.Server(
        uvicorn.Config(
            app, http=protocol, ws="none", loop=loop, lifespan="off", log_config=None,
            timeout_keep_alive=keep_alive, timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield Service(app, server, listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


def get(fields: bytes = b"", target: bytes = b"/", version: bytes = b"1.1") -> bytes:
    return b"GET %b HTTP/%b\r\nHost: a\r\n%b\r\n" % (target, version, fields)


def post(fields: bytes, body: bytes = b"", path: bytes = b"/") -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: a\r\n%b\r\n%b" % (path, fields, body)


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked\r\n", body)
