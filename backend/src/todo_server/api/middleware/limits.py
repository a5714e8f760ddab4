"""The innermost layer around the routes: limits on the head, unread bodies, unforeseen errors."""

import logging
from collections.abc import Awaitable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from todo_server.api.problems import problem_response
from todo_server.api.routing.path import decoded
from todo_server.errors import HeadersTooLargeError, InternalError, UriTooLongError

log = logging.getLogger("todo_server.api")

MAX_TARGET = 8 * 1024
MAX_HEADERS = 32 * 1024
MAX_DISCARDED = 64 * 1024 * 1024
"""Bytes, all three."""


class Limits:
    """Refuse heads over the limits, and let no exception and no unread body escape.

    A reply that leaves while the client still sends its body reaches few clients: the connection
    is reset under them. So what was announced is read and thrown away first, up to a limit.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _UnreadBody(scope, receive)
        if body.unread:
            receive, send = body.receive, body.discarded_before(send)
        try:
            if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET:
                await problem_response(scope, UriTooLongError())(scope, receive, send)
            elif body.headers_size > MAX_HEADERS:
                await problem_response(scope, HeadersTooLargeError())(scope, receive, send)
            else:
                await self._route(scope, receive, send)
        except ClientDisconnect:
            log.debug("the client left before its request was complete")
        except Exception:
            log.exception(
                "unforeseen error", extra={"fields": {"request_id": scope["state"]["request_id"]}}
            )
            if "status" in scope["state"]:  # the answer has begun
                raise
            await problem_response(scope, InternalError())(scope, receive, send)

    def _route(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if b"%" in scope["raw_path"]:
            scope["path"] = decoded(scope["raw_path"])
        app = self._answer_head if scope["method"] == "HEAD" else self._app
        return app(scope, receive, send)

    async def _answer_head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do what GET would (RFC 9110, section 9.3.2); uvicorn leaves the body out."""
        get = {**scope, "method": "GET"}
        scope["state"]["head_alone"] = True  # for answers that would be dear to make
        try:
            await self._app(get, receive, send)
        finally:
            if "route" in get:
                scope["route"] = get["route"]  # for the log


class _UnreadBody:
    """What the client has announced and nobody has read yet; and how large the headers are."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._expects = False
        self.unread = False
        self.headers_size = 0
        for name, value in scope["headers"]:  # once, for this is done for every request
            self.headers_size += len(name) + len(value)
            if name == b"content-length":
                self.unread = value != b"0"
            elif name == b"transfer-encoding":
                self.unread = True
            elif name == b"expect":
                self._expects = True

    async def receive(self) -> Message:
        """Pass a part of the body on."""
        message = await self._receive()
        if not message.get("more_body", False):
            self.unread = False
            self._expects = False
        return message

    def discarded_before(self, send: Send) -> Send:
        """Discard what is left before an answer leaves; where that is too much, it says `close`."""

        async def send_after_body(message: Message) -> None:
            begins = message["type"] == "http.response.start"
            if begins and self.unread and not await self._discard():
                message["headers"].append((b"connection", b"close"))
            await send(message)

        return send_after_body

    async def _discard(self) -> bool:
        """Read to the end; False if the client waits to be asked, or sends too much."""
        size = 0
        while self.unread and not self._expects and size <= MAX_DISCARDED:
            message = await self.receive()
            size += len(message.get("body", b""))
        return not self.unread
