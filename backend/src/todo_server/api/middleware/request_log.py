"""The outermost layer: a request id for every request, and one log line when it is answered."""

import logging
import os
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from todo_server.api.middleware.headers import EVERY, NOT_A_PAGE

log = logging.getLogger("todo_server.request")

_EVERY = vars(logging.LogRecord(log.name, logging.INFO, __file__, 0, "request", (), None))
_EVERY |= dict.fromkeys(("process", "processName", "thread", "threadName"))  # see logs.py
_STARTED_AT = time.time()


class RequestRecord(logging.LogRecord):
    """The record of a request: all are alike but for the time and the fields.

    To make each one anew, by the factory of `logging`, costs more than to write the line.
    """

    def __init__(self, fields: dict[str, object]) -> None:
        now = time.time()
        since_start = (now - _STARTED_AT) * 1000
        self.__dict__.update(
            _EVERY,
            created=now,
            msecs=now % 1 * 1000,
            relativeCreated=since_start,
            fields=fields,
        )


_SECRET = re.compile(r"(?i)(?<=/calendar/).+|[\w.%-]{24,}", re.DOTALL)
"""What is longer than a word: ids, and secrets whole or in part."""

_CLIENT_LEFT = 499  # as nginx logs it
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class RequestLog:
    """Log method, route, status, duration, user and request id; never a token or content.

    The path is logged where no route matched, without its query, which may hold secrets, and
    without what may be one in it: the address of a calendar, mistyped.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request under an id, then log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at = time.perf_counter()
        request_id = _request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id.decode()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                state["status"] = message["status"]
                headers = message["headers"]
                headers += ((b"x-request-id", request_id), *EVERY)
                if "page" not in state:
                    headers.append(NOT_A_PAGE)
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            duration_ms = round((time.perf_counter() - started_at) * 1000, 2)
            # 408 or 400 where the protocol has answered, or nobody was there to be answered.
            status = state.get("refused") or state.get("status") or _CLIENT_LEFT
            _write(scope, status, duration_ms)


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return bytes(value)
    return os.urandom(16).hex().encode()


def _write(scope: Scope, status: int, duration_ms: float) -> None:
    state = scope["state"]
    route = scope.get("route")
    identity = state.get("identity")
    if log.isEnabledFor(logging.INFO):
        fields = {
            "method": scope["method"],
            "route": _SECRET.sub("…", scope["path"])[:200] if route is None else route.path,
            "status": status,
            "duration_ms": duration_ms,
            "user_id": None if identity is None else identity.user_id,
            "request_id": state["request_id"],
        }
        log.handle(RequestRecord(fields))
