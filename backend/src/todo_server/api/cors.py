"""Which web pages of other origins may use the API (the Fetch standard's CORS protocol)."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from todo_server.api.problems import problem_response
from todo_server.domain.origins import EVERY_PAGE, expression_for, is_pattern
from todo_server.errors import CorsRefusedError

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ALLOWED = ("Authorization", "Content-Type", "X-Request-ID")
_EXPOSED = ("Link", "Location", "ETag", "Retry-After", "X-Request-ID")
_VARY = (b"vary", b"Origin")


class CORS:
    """Starlette's CORS for what comes from a browser; everything else passes by its cost."""

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, add the headers that a browser looks for, or do nothing."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        for name, _ in scope["headers"]:
            if name == b"origin":
                await self._answer_page(scope, receive, send)
                return

        async def send_varying(message: Message) -> None:
            # A shared cache must not show a browser what was answered to somebody else.
            if message["type"] == "http.response.start":
                message["headers"].append(_VARY)
            await send(message)

        await self._app(scope, receive, send_varying)

    async def _answer_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(scope, headers)(scope, receive, send)
        else:
            await self._cors(scope, receive, send)

    def _preflight(self, scope: Scope, headers: Headers) -> Response:
        response = self._cors.preflight_response(headers)
        if response.status_code < HTTPStatus.BAD_REQUEST:
            return response
        refusal = problem_response(scope, CorsRefusedError())
        refusal.headers["Vary"] = "Origin"
        return refusal
