"""What is written already: whole, or in pieces, each sent as the last was taken."""

import logging
from collections.abc import AsyncIterator

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from todo_server.errors import TodoServerError

log = logging.getLogger("todo_server.api")


class JSONBytes(Response):
    """JSON that is written already; any other response spends more on its headers."""

    def __init__(self, body: bytes, status: int = 200, *headers: tuple[bytes, bytes]) -> None:
        self.status_code, self.body, self.background = status, body, None
        length = (b"content-length", b"%d" % len(body))
        self.raw_headers = [length, (b"content-type", b"application/json"), *headers]

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        """Send it; nothing is left to be done behind it."""
        status, headers = self.status_code, self.raw_headers
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class NotModified(Response):
    """Tells a client that what it has is still so (RFC 9110, section 15.4.5)."""

    def __init__(self, tag: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(status_code=304, headers={"ETag": tag})
        self.raw_headers += headers


class Streamed(Response):
    """Something in pieces (chunked transfer coding), each made when the one before was taken.

    Where they cannot be made to the end, the connection ends without the last chunk, so that no
    client takes a part for the whole (RFC 9112, section 8).
    """

    content_type = b"application/json"

    def __init__(self, pieces: AsyncIterator[bytes], *headers: tuple[bytes, bytes]) -> None:
        self.status_code, self.background = 200, None
        self.raw_headers = [(b"content-type", self.content_type), *headers]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all, unless the client leaves meanwhile."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        if "head_alone" in scope["state"]:
            await send({"type": "http.response.body", "body": b""})
            return
        request = Request(scope, receive)
        try:
            async for piece in self._pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                del piece
                # The server waits in a send until what was sent before has left its buffer.
                await send({"type": "http.response.body", "body": b"", "more_body": True})
                if await request.is_disconnected():
                    return
        except TodoServerError as error:
            fields = {"error": error.code, "request_id": scope["state"]["request_id"]}
            log.warning("an answer was cut off: %s", error.message, extra={"fields": fields})
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class StreamedJSON(Streamed):
    """JSON in pieces."""


class StreamedCalendar(Streamed):
    """A calendar in pieces."""

    content_type = b"text/calendar; charset=utf-8"


class StreamedArray(StreamedJSON):
    """The first array, and then what is in the others, as one; with something around it."""

    def __init__(
        self,
        first: bytes,
        others: AsyncIterator[bytes],
        *headers: tuple[bytes, bytes],
        around: tuple[bytes, bytes] = (b"", b""),
    ) -> None:
        super().__init__(_one_array([first], others, *around), *headers)


async def _one_array(
    first: list[bytes], others: AsyncIterator[bytes], before: bytes, after: bytes
) -> AsyncIterator[bytes]:
    yield before + first.pop()[:-1]  # which nobody holds while it is sent
    async for other in others:
        if other != b"[]":
            yield b", " + other[1:-1]
    yield b"]" + after
