"""A receiver of webhooks on loopback, which can answer in every bad way there is."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, Self


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    """By their names in small letters."""
    body: bytes


Answer = Callable[[socket.socket], None]


def answering(status: int, **headers: str) -> Answer:
    """Answer with a status, in good order."""
    lines = [f"HTTP/1.1 {status} Whatever", "content-length: 0"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return saying("\r\n".join([*lines, "", ""]).encode())


def saying(data: bytes) -> Answer:
    """Answer with exactly these bytes."""
    return lambda client: client.sendall(data)


class Receiver:
    """`with Receiver() as receiver:`; how it answers is set by its `answers`."""

    def __init__(self, host: str = "127.0.0.1", certificate: ssl.SSLContext | None = None) -> None:
        self.answers: Callable[[Received], Answer] = lambda _: answering(204)
        self.received: list[Received] = []
        self.come = threading.Condition()
        self.ending = threading.Event()
        self._certificate = certificate
        self._listener = socket.create_server((host, 0), backlog=1000)
        self.host, self.port = self._listener.getsockname()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http{'s' if self._certificate else ''}://{self.host}:{self.port}/hook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in list(self._open):
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)

    def silence(self, _: socket.socket) -> None:
        """Answer nothing, until the end or `ending` is set."""
        self.ending.wait()

    def wait_for(self, count: int, seconds: float = 30) -> list[Received]:
        """Wait until so many requests have come; AssertionError if they do not."""
        with self.come:
            assert self.come.wait_for(lambda: len(self.received) >= count, seconds), (
                f"{len(self.received)} came, not {count}"
            )
            return list(self.received)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._open.add(client)
        with suppress(OSError, ValueError), client:
            if self._certificate is not None:
                client = self._certificate.wrap_socket(client, server_side=True)
            with client:
                request = _read(client)
                with self.come:
                    self.received.append(request)
                    self.come.notify_all()
                self.answers(request)(client)
        self._open.discard(client)


def _read(client: socket.socket) -> Received:
    with client.makefile("rb") as stream:
        path = stream.readline().decode().split(" ")[1]
        lines = iter(lambda: stream.readline().decode().strip(), "")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        return Received(path, headers, stream.read(int(headers.get("content-length", 0))))
