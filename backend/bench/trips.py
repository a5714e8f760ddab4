"""Counts round trips to PostgreSQL on the wire.

A proxy on 127.0.0.1 that passes every byte on and counts the messages after which a client waits
for an answer: Sync, Query, Flush and FunctionCall of protocol 3.

    with counting_proxy(database_url) as trips:
        ...                       # a server that uses trips.url
        before = trips.count
        ...                       # one request
        assert trips.count - before == 1
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

AWAITED = frozenset(b"SQHF")
UNTYPED_REQUESTS = {80877103, 80877104}  # SSLRequest, GSSENCRequest: the start-up message follows

NOT_PASSED_ON = {"host", "port", "sslmode", "channel_binding"}  # the proxy speaks no TLS


class Trips:
    """`count` grows with every trip; `url` is the database's, by way of the proxy."""

    def __init__(self, url: str) -> None:
        self.count = 0
        self._target = urlsplit(url)
        self._query = dict(parse_qsl(self._target.query))
        self.url = ""

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        login = self._target.netloc.rpartition("@")[0]
        rest = {key: value for key, value in self._query.items() if key not in NOT_PASSED_ON}
        self.url = urlunsplit(
            (
                self._target.scheme,
                f"{login}@127.0.0.1:{port}",
                self._target.path,
                urlencode(rest),
                "",
            )
        )
        return server

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host = self._query.get("host") or unquote(self._target.hostname or "127.0.0.1")
        port = int(self._query.get("port") or self._target.port or 5432)
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            upstream_reader, upstream_writer = await self._connect()
            answers = asyncio.create_task(_copy(upstream_reader, writer))
            try:
                await self._copy_and_count(reader, upstream_writer)
            finally:
                upstream_writer.close()
                answers.cancel()
        writer.close()

    async def _copy_and_count(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        started = False
        while True:
            kind = b"" if not started else await reader.readexactly(1)
            size = await reader.readexactly(4)
            body = await reader.readexactly(int.from_bytes(size) - 4)
            if not started:
                started = int.from_bytes(body[:4]) not in UNTYPED_REQUESTS
            elif kind[0] in AWAITED:
                self.count += 1
            writer.write(kind + size + body)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextmanager
def counting_proxy(url: str) -> Iterator[Trips]:
    """The proxy, running in a thread of its own, so that sync and async code can be counted."""
    trips, ready, loop = Trips(url), threading.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        server = await trips.start()
        ready.set()
        await server.serve_forever()

    def work() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(serving)
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()

    serving = loop.create_task(serve())
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    if not ready.wait(10):
        raise TimeoutError("the counting proxy did not start")
    try:
        yield trips
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join(10)
