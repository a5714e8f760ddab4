"""What a request must pass before FastAPI reads its parameters: identity, then body."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from fastapi import Request, Response
from fastapi.routing import APIRoute

from todo_server.api.json_request import JSONRequest
from todo_server.auth import ME, Authenticate
from todo_server.database import Database
from todo_server.domain.identity import Identity

Handler: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]


class JSONRoute(APIRoute):
    """A route for everybody, whose body is strict JSON (415, 413, 400 before FastAPI's 422)."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()

        async def with_body(request: Request) -> Response:
            if self.body_field is not None:
                request = JSONRequest(request.scope, request.receive)
                await request.load()
            return await handle(request)

        return with_body


class OwnerRoute(JSONRoute):
    """A route that only the user in its path may use, or only somebody signed in.

    Runs between routing (404, 405) and the reading of the body: a dependency would come after
    it, and cost more.
    """

    def get_route_handler(self) -> Handler:
        """Wrap the handler of a route with a body."""
        handle = super().get_route_handler()

        async def as_owner(request: Request) -> Response:
            scope = request.scope
            authenticate: Authenticate = scope["app"].state.authenticate
            authorization = request.headers.getlist("authorization")
            scope["state"]["identity"] = await authenticate(
                authorization, scope["path_params"].get("user_id", ME)
            )
            return await handle(request)

        return as_owner


def identity_of(request: Request) -> Identity:
    """Give the identity that `OwnerRoute` has verified; a KeyError where it has not."""
    identity: Identity = request.scope["state"]["identity"]
    return identity


def database_of(request: Request) -> Database:
    """Give the database that the server was wired to."""
    database: Database = request.scope["app"].state.database
    return database
