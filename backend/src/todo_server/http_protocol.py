"""uvicorn's HTTP/1.1 protocol, with a deadline for requests and a cap on their heads."""

import os
import re
import socket
from asyncio import TimerHandle, Transport
from typing import ClassVar

import httptools
from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from todo_server.api.problems import STATUS, problem_of
from todo_server.api.routing.long_json_request import LONG_BODY
from todo_server.errors import (
    HeadersTooLargeError,
    MalformedRequestError,
    RequestTimeoutError,
    TodoServerError,
)

REFUSALS = (MalformedRequestError, RequestTimeoutError, HeadersTooLargeError)
"""What is refused here, of all the errors that there are."""

_FRAMING = frozenset({b"host", b"transfer-encoding"})
# RFC 9110 section 7.2, which refers to RFC 3986 section 3.2.2; an empty one is valid.
_HOST = re.compile(rb"(?:[\w.~!$&'()*+,;=%-]*|\[[\dA-Fa-f:.]+\])(?::\d*)?[ \t]*")
# Bytes. Far less than a peer has to take in `stall` seconds, so that what it takes is seen.
_IN_THE_KERNEL = 32 * 1024


class DeadlineProtocol(HttpToolsProtocol):
    """Ends what uvicorn would wait for forever, and refuses what its parser lets through.

    For `uvicorn.run(http=DeadlineProtocol, ws="none")`, without TLS. A request has `deadline`
    seconds, and at most a quarter more, from its first byte to its last, and a new connection
    as long to begin one; between two requests uvicorn's `timeout_keep_alive` counts. A request
    that has arrived is not cut off, unless less than `slowest` bytes per second of its answer are
    taken, on average over `stall` seconds; or the answers that this process still holds for all
    its peers exceed `max_unread` bytes, and this peer has been behind for longest.

    `max_head` bounds, in bytes, the request line and header section together, the trailer
    section, and what stands between two pieces of a chunked body. Small things are dear, and
    arrive as many at once as fit a read, so a head has `max_fields` headers at most and a body
    `max_chunks` chunks. Of the requests that are sent before an answer, `max_ahead` are parsed,
    and as many more as begin in the same `max_piece` bytes; the others wait, and are not read.

    Of a body that the application calls long, by `LONG_BODY` in the request's state, the time
    begins anew whenever as much has arrived as comes in `deadline` seconds at `slowest` bytes per
    second, and it may have one more chunk for every `chunk` bytes.

    A refusal is a problem document (RFC 9457) and the end of the connection; where the answer
    to an earlier request is still due, it is the end after that answer. An application adds headers
    to refusals with `headers_for` in its lifespan's state, a function of the header `Origin`.
    """

    deadline = 10.0
    stall = 60.0
    slowest = 1024
    max_unread = 256 * 1024 * 1024
    max_head = 65536
    max_fields = 2048
    max_chunks = 1024
    chunk = 256
    max_ahead = 100
    max_piece = 8192

    _timer: TimerHandle  # one per connection, which looks four times per deadline
    _due: tuple[object, float] = ("nothing seen yet", 0.0)  # what has to be complete, and when
    _unread: tuple[int, float] = (0, 0.0)  # bytes that the peer had to take, and when we look
    _behind: ClassVar[dict["DeadlineProtocol", int]] = {}  # all that have to, longest first
    _unparsed = 0  # bytes since the last head ended, or the last piece of a body
    _chunks = 0  # of the body that arrives
    _arrived = 0  # bytes of it, so far
    _counted = 0  # and when its time began anew
    _held = b""  # what has arrived and waits for the answers to earlier requests
    _refused = False  # what still arrives is discarded
    _framing: list[tuple[bytes, bytes]] | None = None  # the last Host, once it was checked

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Start to look, as a new connection owes its first request."""
        super().connection_made(transport)
        _keep_little_in_the_kernel(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no longer, and forget what was held."""
        self._timer.cancel()
        self._held = b""
        self._behind.pop(self, None)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Note that the peer is behind; too much is held for all: give up who is so for longest."""
        super().pause_writing()
        self._behind[self] = self.transport.get_write_buffer_size()
        while sum(self._behind.values()) > self.max_unread:
            longest = next(iter(self._behind))
            del self._behind[longest]
            longest.logger.warning(
                "Cut a client off: too much is held for clients that read slowly"
            )
            longest.transport.abort()

    def resume_writing(self) -> None:
        """Note that the peer reads."""
        self._unread = (0, 0.0)
        self._behind.pop(self, None)
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Parse in pieces that end where `max_head` would be exceeded, at the latest."""
        self._unset_keepalive_if_required()
        data, self._held = self._held + data, b""
        while data and not self._refused:
            if len(self.pipeline) >= self.max_ahead:
                self._held = data
                self.flow.pause_reading()
                return
            room = min(self.max_piece, self.max_head - self._unparsed)
            piece, data = data[:room], data[room:]
            self._unparsed += len(piece)
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._head_without_upgrade() + piece[upgrade.args[0] :] + data
            except httptools.HttpParserError as error:
                raised = error.__context__  # by one of the methods below that the parser calls
                if not isinstance(raised, TodoServerError):
                    raised = MalformedRequestError()
                self._refuse(raised)
            else:
                if self._unparsed >= self.max_head:
                    self._refuse(HeadersTooLargeError("The head is larger than 64 KiB."))

    def on_response_complete(self) -> None:
        """Go on with what was held, before anything else is read."""
        super().on_response_complete()
        if self._held and not self.transport.is_closing():
            self.flow.pause_reading()
            self.loop.call_soon(self.data_received, b"")

    def on_headers_complete(self) -> None:
        """Check what the parser does not, before the application hears of the request."""
        self._unparsed = self._chunks = self._arrived = self._counted = 0
        if len(self.headers) > self.max_fields:
            raise HeadersTooLargeError("The request has too many headers.")
        framing = [field for field in self.headers if field[0] in _FRAMING]
        if framing != self._framing:  # which is rare on one connection
            self._check_framing(framing)
        super().on_headers_complete()
        self.headers = []  # where trailers go: they are no headers (RFC 9110 section 6.5.1)

    def _check_framing(self, fields: list[tuple[bytes, bytes]]) -> None:
        """Require one valid Host (RFC 9112 section 3.2), and no coding but chunked.

        The body would be passed on still coded, or without an end (section 6.1).
        """
        hosts = [value for name, value in fields if name == b"host"]
        codings = [value for name, value in fields if name == b"transfer-encoding"]
        valid = len(hosts) == 1 and _HOST.fullmatch(hosts[0])
        if not valid and (hosts or self.parser.get_http_version() != "1.0"):
            raise MalformedRequestError
        if codings and b",".join(codings).strip().lower() != b"chunked":
            raise MalformedRequestError
        if hosts:
            self._framing = fields

    def on_chunk_header(self) -> None:
        """Count the chunks."""
        self._chunks += 1
        more = self._arrived // self.chunk if self._is_long() else 0
        if self._chunks > self.max_chunks + more:
            raise MalformedRequestError

    def on_body(self, body: bytes) -> None:
        """Count anew: `max_head` does not bound bodies."""
        self._unparsed = 0
        self._arrived += len(body)
        super().on_body(body)

    def _should_upgrade(self) -> bool:
        """Hold a request with Upgrade back: its body would be parsed as the next request."""
        if self.scope["method"] == "CONNECT":
            raise MalformedRequestError
        return True

    def _head_without_upgrade(self) -> bytes:
        """Return the held head as if Upgrade were not there (RFC 9110 section 7.8)."""
        self.parser = httptools.HttpRequestParser(self)
        method, version = self.scope["method"].encode(), self.scope["http_version"].encode()
        kept = [field for field in self.scope["headers"] if field[0] != b"upgrade"]
        lines = [b"%b %b HTTP/%b" % (method, self.url, version), *(b"%b: %b" % f for f in kept)]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _peer_owes(self) -> bool:
        """Tell whether a request, or the rest of one, is due from the peer."""
        if self.cycle is None or self.cycle.response_complete:
            return self.timeout_keep_alive_task is None
        return self.cycle.more_body

    def _server_owes(self) -> bool:
        """Tell whether the peer may wait for us: its turn, room in our buffer, or a 100."""
        waiting = self.cycle is not None and self.cycle.waiting_for_100_continue
        return waiting or self.flow.read_paused or bool(self.pipeline)

    def _is_long(self) -> bool:
        """Tell whether the application has said so of the body that arrives."""
        return self.scope is not None and LONG_BODY in self.scope["state"]

    def _keeps_coming(self) -> bool:
        enough = self._arrived - self._counted >= self.slowest * self.deadline
        return enough and self._is_long()

    def _look(self) -> None:
        now = self.loop.time()
        if self.flow.write_paused or self.transport.is_closing():
            unread = self.transport.get_write_buffer_size()
            before, until = self._unread
            if until and now >= until and before - unread < self.slowest * self.stall:
                self.transport.abort()
                return
            if now >= until:
                self._unread = (unread, now + self.stall)
        elif (
            not self._peer_owes()
            or self._server_owes()
            or self.scope is not self._due[0]
            or self._keeps_coming()
        ):
            self._due = (self.scope, now + self.deadline)
            self._counted = self._arrived
        elif now >= self._due[1]:
            self._refuse(RequestTimeoutError())
            return
        self._timer = self.loop.call_later(self.deadline / 4, self._look)

    def _refuse(self, error: TodoServerError) -> None:
        self._refused = True
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if self.pipeline or not cycle.more_body:  # an earlier request is being answered
                cycle.keep_alive = False
                return
            cycle.disconnected = True
            cycle.waiting_for_100_continue = False
            cycle.message_event.set()
        answered = cycle is not None and cycle.scope is self.scope and cycle.response_started
        if self.scope is not None and not answered:
            self._write_problem(error)
        # Half a close, then a while of discarding: an answer sent to a peer that still sends
        # would be lost in a reset (RFC 9112 section 9.6).
        self.transport.write_eof()
        self._timer.cancel()
        self._timer = self.loop.call_later(self.deadline / 10, self.transport.abort)

    def _write_problem(self, error: TodoServerError) -> None:
        status = STATUS[error.code]
        state = self.scope["state"]
        state["refused"] = status.value  # for the application's log
        request_id = state.get("request_id")  # with which the application logs it
        if request_id is None:
            request_id = os.urandom(16).hex()
            what = {"status": status.value, "error": error.code, "request_id": request_id}
            self.logger.info("refused a request", extra={"fields": what})
        body = to_json(problem_of(error, "", request_id))  # there is no path to speak of
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"application/problem+json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
            (b"x-request-id", request_id.encode()),
            *self._headers_of_application(),
        ]
        fields = [b"%b: %b\r\n" % field for field in headers]
        if self.parser.get_method() == b"HEAD":  # RFC 9110, section 9.3.2
            body = b""
        self.transport.write(STATUS_LINE[status] + b"".join(fields) + b"\r\n" + body)

    def _headers_of_application(self) -> list[tuple[bytes, bytes]]:
        """Give what the application, by its lifespan's state, adds for the page that asks."""
        headers_for = self.app_state.get("headers_for")
        origins = [value for name, value in self.scope["headers"] if name == b"origin"]
        return [] if headers_for is None else headers_for(origins[0] if origins else None)


def _keep_little_in_the_kernel(transport: Transport) -> None:
    """Let the kernel take no more than it can send soon: it would hide megabytes of an answer."""
    connection = transport.get_extra_info("socket")
    if connection.family in (socket.AF_INET, socket.AF_INET6):
        option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, _IN_THE_KERNEL)
