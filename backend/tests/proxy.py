"""A proxy before PostgreSQL that counts what passes, and makes trouble; for tests and bench."""

import asyncio
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

# Simple query, Sync, Flush, function call: after each, the client waits for an answer.
END_OF_TRIP = b"QSHF"
UNTYPED_REQUESTS = {80877103, 80877104}  # SSLRequest, GSSENCRequest: the start-up message follows


class Proxy:
    """Between a server and PostgreSQL: passes messages on, counts them, and makes trouble.

    `trouble` is a text and what to do, once, when a message with it comes: "cut" before it gets
    there, "lose" the answer to it and cut, or "freeze" with it in hand.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = asyncio.Event()
        self._port = 0
        self.trouble: tuple[bytes, str] | None = None
        self.happened = threading.Event()
        self.messages: list[bytes] = []
        self.dead = 0  # the connections up to this one break as soon as they are used
        self.swallowed = 0  # nothing comes through those up to this one, in either direction
        self.connections = 0
        self.trips = 0
        self.address = ""  # without a word on TLS, which it does not speak
        self.url = ""
        self._name = f"{parts.username}@{{}}{parts.path}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.accept()
        self.thaw()
        self.address = f"postgresql://{self._name.format(f'127.0.0.1:{self._port}')}"
        self.url = f"{self.address}?sslmode=disable"
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self.thaw()
        self.cut()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def accept(self) -> None:
        """Listen, always on the same port."""

        async def listen() -> None:
            self._server = await asyncio.start_server(self._meet, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

        self._do(listen())

    def refuse(self) -> None:
        """Refuse new connections; those that are open stay."""

        async def stop() -> None:
            if self._server is not None:
                self._server.close()

        self._do(stop())

    def cut(self) -> None:
        """Reset every connection."""

        async def abort() -> None:
            for writer in list(self._writers):
                writer.transport.abort()

        self._do(abort())

    def swallow(self) -> None:
        """Keep every connection that is open, and pass nothing on; new ones are as before."""
        self.swallowed = self.connections

    def freeze(self) -> None:
        """Pass nothing on, in either direction; new connections are accepted and not answered."""
        self._loop.call_soon_threadsafe(self._running.clear)

    def thaw(self) -> None:
        """Go on."""
        self._loop.call_soon_threadsafe(self._running.set)

    def expect(self, text: bytes, what: str) -> None:
        """Make trouble at the next message with this text."""
        self.happened.clear()
        self.trouble = (text, what)

    @contextmanager
    def counting(self) -> Iterator[Counter[str]]:
        """Count the round trips of what happens meanwhile, by the message that ends them."""
        trips: Counter[str] = Counter()
        before = len(self.messages)
        yield trips
        trips.update(chr(m[0]) for m in self.messages[before:] if m[:1] in END_OF_TRIP)

    def _do(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _end(self) -> None:
        await asyncio.gather(*self._tasks)

    async def _meet(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        own = asyncio.current_task()
        assert own is not None
        self._tasks.add(own)
        self._writers.add(to_client)
        server, to_server = await asyncio.open_unix_connection(self._target)
        self._writers.add(to_server)
        lost = asyncio.Event()
        back = asyncio.create_task(self._pass_back(server, to_client, lost, number))
        self._tasks.add(back)
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._pass_on(client, to_server, lost, number)
        to_server.transport.abort() if to_client.transport.is_closing() else to_server.close()
        to_client.transport.abort()
        self._writers -= {to_client, to_server}

    async def _pass_on(
        self,
        client: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        lost: asyncio.Event,
        number: int,
    ) -> None:
        kind = b""  # what comes first has none
        while True:
            length = await client.readexactly(4)
            (size,) = struct.unpack("!I", length)
            body = await client.readexactly(size - 4)
            message = kind + length + body
            if kind:
                self.messages.append(message)
                self.trips += kind in END_OF_TRIP
            if number <= self.dead:
                return
            await self._running.wait()
            if number <= self.swallowed:
                kind = await client.readexactly(1)
                continue
            if self.trouble is not None and self.trouble[0] in message:
                what, self.trouble = self.trouble[1], None
                if what == "cut":
                    self.happened.set()
                    return
                if what == "freeze":
                    self._running.clear()
                    self.happened.set()
                    await self._running.wait()
                if what == "lose":
                    lost.set()
            to_server.write(message)
            await to_server.drain()
            if kind or int.from_bytes(body[:4]) not in UNTYPED_REQUESTS:
                kind = await client.readexactly(1)

    async def _pass_back(
        self,
        server: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        lost: asyncio.Event,
        number: int,
    ) -> None:
        with suppress(OSError):
            while data := await server.read(65536):
                await self._running.wait()
                if number <= self.swallowed:
                    continue
                if lost.is_set():
                    if data[-6:-1] == b"Z\0\0\0\5":  # it has done what it was asked for
                        self.happened.set()
                        break
                    continue
                to_client.write(data)
                await to_client.drain()
        to_client.transport.abort()
