"""Which web pages of other origins may use the API (the Fetch standard's CORS protocol)."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from todo_server.api.middleware.headers import EVERY, NOT_A_PAGE
from todo_server.api.problems import problem_response
from todo_server.domain.origins import EVERY_PAGE, expression_for, is_pattern
from todo_server.errors import CorsRefusedError

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_ALLOWED = (
    *("Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"),
    "X-Request-ID",
)
_EXPOSED = ("Link", "Location", "ETag", "Retry-After", "X-Request-ID", "Idempotency-Replayed")


class CORS:
    """Starlette's rules for what comes from a browser; everything else passes by their cost.

    `Vary` is not set here, as every answer has it (`api/middleware/headers.py`).
    """

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._cors = CORSMiddleware(
            app,
            allow_origins=[origin for origin in origins if not is_pattern(origin)],
            allow_origin_regex=expression_for(origins),
            # What a proxy in front knows by a cookie is not for every page.
            allow_credentials=EVERY_PAGE not in origins,
            allow_methods=_METHODS,
            allow_headers=_ALLOWED,
            expose_headers=_EXPOSED,
        )
        self._readable = Headers(self._cors.simple_headers).raw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, add the headers that a browser looks for, or do nothing."""
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == b"origin":
                    await self._answer_page(value, scope, receive, send)
                    return
        await self._app(scope, receive, send)

    def headers_for(self, origin: bytes) -> list[tuple[bytes, bytes]]:
        """Give the headers by which a page of this origin may read an answer, if it may."""
        if self._cors.allow_all_origins:
            return self._readable
        if not self._cors.is_allowed_origin(origin.decode("latin-1")):
            return []
        return [(b"access-control-allow-origin", origin), *self._readable]

    def headers_of_refusal(self, origin: bytes | None) -> list[tuple[bytes, bytes]]:
        """Give all headers of an answer that does not pass through here."""
        readable = [] if origin is None else self.headers_for(origin)
        return [*EVERY, NOT_A_PAGE, *readable]

    async def _answer_page(self, origin: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(scope, headers)(scope, receive, send)
            return
        readable = self.headers_for(origin)

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += readable
            await send(message)

        await self._app(scope, receive, send_readable)

    def _preflight(self, scope: Scope, headers: Headers) -> Response:
        response = self._cors.preflight_response(headers)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            return problem_response(scope, CorsRefusedError())
        del response.headers["Vary"]
        return response
