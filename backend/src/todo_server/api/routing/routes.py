"""Identity, then body: what a request passes before FastAPI reads the rest; and who it is then."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from fastapi import Request, Response
from fastapi.routing import APIRoute

from todo_server.api.routing.json_request import SmallJSONRequest
from todo_server.auth import ME, Authenticate
from todo_server.database import Database, Handle
from todo_server.domain.identity import Identity

Handler: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]


class JSONRoute(APIRoute):
    """A route for everybody; a body is small strict JSON (415, 413, 400 before FastAPI's 422)."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()

        async def with_body(request: Request) -> Response:
            request = SmallJSONRequest(request.scope, request.receive)
            if self.body_field is not None:
                await request.load()
            return await handle(request)

        return with_body


class SignedInRoute(JSONRoute):
    """A route for somebody signed in, on what is theirs by their token alone."""

    def get_route_handler(self) -> Handler:
        """Wrap the handler of a route with a body."""
        handle = super().get_route_handler()

        async def as_somebody(request: Request) -> Response:
            await identify(request, ME)
            return await handle(request)

        return as_somebody


async def identify(request: Request, user_id: str) -> None:
    """Settle who asks for what is under `user_id`, before anything else is read.

    Raises UnauthenticatedError or ForbiddenError.
    """
    authenticate: Authenticate = request.scope["app"].state.authenticate
    # As `request.headers.getlist` would, which costs five times as much.
    authorization = [
        value.decode("latin-1")
        for name, value in request.scope["headers"]
        if name == b"authorization"
    ]
    request.scope["state"]["identity"] = await authenticate(authorization, user_id)


def identity_of(request: Request) -> Identity:
    """Give the identity that `identify` has verified; a KeyError where it has not."""
    identity: Identity = request.scope["state"]["identity"]
    return identity


def database_of(request: Request) -> Database:
    """Give the database that the server was wired to."""
    database: Database = request.scope["app"].state.database
    return database


def handle_of(request: Request) -> Handle:
    """Give the handle by which this request works on the rows of who is asking."""
    return database_of(request).of(identity_of(request))
