"""Sends webhooks: a POST to an address that a user gave, who may mean harm.

The name is looked up once, and what is connected to is exactly an address that was looked at: a
name that leads elsewhere a moment later leads nowhere new. There are no redirects and no proxies,
and the answer is bounded in time and in bytes.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from threading import Thread
from typing import Any, TypeAlias

import httpcore

from todo_server import __version__
from todo_server.domain.public_addresses import Address, is_public
from todo_server.outbound.causes import innermost

SECONDS = 10.0
"""What it may take until the head of an answer is there, which decides."""

MAX_BYTES = 64 * 1024
"""What is read of an answer at most, with its head; no more than the head is looked at."""

DRAIN_SECONDS = 1.0
"""How long the rest of an answer is waited for, so that who sends it is not cut off at once."""

CONNECT_SECONDS = 4.0
"""What one address may take, where a name has several."""

MAX_ADDRESSES = 4
"""How many of them are tried."""

LOOKUPS = 32
"""Names that are looked up at once: each is a thread, which nobody can stop."""

USER_AGENT = f"todo-server/{__version__}"

Resolve: TypeAlias = Callable[[str, int], Awaitable[list[Address]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a delivery."""

    status: int | None
    """What was answered, if anything was."""
    error: str | None
    """What is wrong, as a sentence for the webhook's owner; None where it was taken."""

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more, ever."""
        return self.status == HTTPStatus.GONE


class _NotAllowedError(Exception):
    """A name leads to an address that is not public, or to none."""


class WebhookSender:
    """Posts to the addresses of users."""

    def __init__(
        self,
        *,
        private_addresses: bool = False,
        resolve: Resolve | None = None,
        certificates: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._private_addresses = private_addresses
        self._resolve = resolve or Lookups(LOOKUPS)
        self._certificates = certificates or httpcore.default_ssl_context()
        self._seconds = seconds

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post once; whatever happens, it ends in time, and with an answer."""
        try:
            status = await self._post(url, headers, body)
        except Exception as error:  # noqa: BLE001 - a receiver may break anything
            return Answer(None, self._explain(error))
        return Answer(status, _judge(status))

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        target = httpcore.URL(url)
        backend = _CheckedBackend(self._resolve, self._may_be_asked)
        # Never decompressed: it is not even looked at.
        own = {"Host": _netloc(target), "Accept-Encoding": "identity", "Connection": "close"}
        sent = {**own, "Content-Type": "application/json", "User-Agent": USER_AGENT, **headers}
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._certificates, network_backend=backend
            ) as pool,
            AsyncExitStack() as answering,
        ):
            posting = pool.stream("POST", target, headers=[*sent.items()], content=body)
            async with asyncio.timeout(self._seconds):
                answer = await answering.enter_async_context(posting)
            with suppress(Exception):
                async with asyncio.timeout(DRAIN_SECONDS):
                    async for _ in answer.aiter_stream():
                        pass
            status: int = answer.status
        return status

    def _may_be_asked(self, address: Address) -> bool:
        return self._private_addresses or is_public(address)

    def _explain(self, error: Exception) -> str:
        cause = innermost(error)
        if isinstance(error, TimeoutError):
            return f"It did not answer within {self._seconds:g} seconds."
        if isinstance(cause, ssl.SSLError):
            return f"Its certificate is not trusted: {getattr(cause, 'verify_message', cause)}."
        for kind, sentence in _SENTENCES.items():
            if isinstance(error, kind):
                return sentence
        return f"It could not be asked ({type(error).__name__})."


# One for what is refused and for what is not there, so that nobody finds out what is inside.
_SENTENCES: dict[type[Exception] | tuple[type[Exception], ...], str] = {
    _NotAllowedError: "Its name leads to no public address.",
    (httpcore.ConnectError, httpcore.ConnectTimeout): "No connection could be made.",
    (httpcore.ReadError, httpcore.WriteError): "It broke the connection, or answered too much.",
    httpcore.ProtocolError: "What it answered is not HTTP.",
}


def _judge(status: int) -> str | None:
    """Give what is wrong with the status of an answer."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"It answered {status}, and redirects are not followed."
    return f"It answered {status}, not 2xx."


def _netloc(url: httpcore.URL) -> str:
    host = url.host.decode()
    host = f"[{host}]" if ":" in host else host
    return host if url.port is None else f"{host}:{url.port}"


class Lookups:
    """Looks names up, some at once, each in a thread of its own that keeps no process from ending.

    The threads of the event loop's pool would be taken by names whose servers do not answer.
    """

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)

    async def __call__(self, host: str, port: int) -> list[Address]:
        """Give the addresses of a name, or OSError."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[Address]] = loop.create_future()

        def settle(addresses: list[Address], error: Exception | None) -> None:
            self._free.release()
            if found.done():
                return
            if error is None:
                found.set_result(addresses)
            else:
                found.set_exception(error)

        def look_up() -> None:
            addresses, failure = [], None
            try:
                infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                addresses = [ip_address(info[4][0]) for info in infos]
            except Exception as error:  # noqa: BLE001 - told where it is waited for
                failure = error
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(settle, addresses, failure)

        Thread(target=look_up, name="webhook-lookup", daemon=True).start()
        return await found


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to nothing but addresses that were looked at."""

    def __init__(self, resolve: Resolve, allowed: Callable[[Address], bool]) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise _NotAllowedError from error
        # One that is refused refuses them all: a name that leads inside as well means no good.
        if not (addresses and all(map(self._allowed, addresses))):
            raise _NotAllowedError
        failure: Exception | None = None
        for address in dict.fromkeys(addresses[:MAX_ADDRESSES]):
            try:
                stream = await self._network.connect_tcp(
                    str(address), port, CONNECT_SECONDS, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _BoundedStream(stream)
        raise httpcore.ConnectError from failure


class _BoundedStream(httpcore.AsyncNetworkStream):
    """Reads `MAX_BYTES` and no more."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._left = MAX_BYTES

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._left <= 0:
            raise httpcore.ReadError
        data = await self._stream.read(min(max_bytes, self._left), timeout)
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        inner = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _BoundedStream(inner)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's interface
        return self._stream.get_extra_info(info)
