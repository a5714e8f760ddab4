"""With AUTH_MODE=none: answer to this machine's own names, and to no other."""

from functools import lru_cache
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from todo_server.api.problems import problem_response
from todo_server.errors import MisdirectedRequestError


class LocalHosts:
    """Refuse requests for a `Host` that is not this machine.

    A page anywhere can have its name resolved to 127.0.0.1, and is then of the same origin as a
    server that listens there (DNS rebinding). What tells such a request is the name in it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what no page sends, or one of this machine."""
        if scope["type"] == "http":
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if not all(map(_is_local, hosts)):
                await problem_response(scope, MisdirectedRequestError())(scope, receive, send)
                return
        await self._app(scope, receive, send)


@lru_cache(maxsize=64)
def _is_local(host: bytes) -> bool:
    """Tell a loopback address or one of its names (RFC 6761, section 6.3), whatever the port."""
    text = host.decode("latin-1").strip().lower()
    if text.startswith("["):
        name = text[1:].partition("]")[0]
    else:
        name = text.partition(":")[0].removesuffix(".")
    if not text or name == "localhost" or name.endswith(".localhost"):  # pages name their host
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
