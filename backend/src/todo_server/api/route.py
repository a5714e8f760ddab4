"""Routes below `/api/{user_id}`: who is asking is settled before anything else is looked at."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from todo_server.api.json_request import JSONRequest
from todo_server.auth import Authenticate
from todo_server.database import Database
from todo_server.domain.identity import Identity


class OwnerRoute(APIRoute):
    """A route that only the user in its path may use.

    Runs between routing (404, 405) and FastAPI's reading of the body (415, 413, 400) and
    parameters (422): a dependency would come after them, and cost more.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()

        async def as_owner(request: Request) -> Response:
            scope = request.scope
            authenticate: Authenticate = scope["app"].state.authenticate
            authorization = request.headers.getlist("authorization")
            scope["state"]["identity"] = await authenticate(
                authorization, scope["path_params"]["user_id"]
            )
            if self.body_field is not None:
                request = JSONRequest(scope, request.receive)
                await request.load()
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
