"""Signing in by the names that existing front ends use (docs/compatibility.md)."""

from collections.abc import Callable
from copy import deepcopy
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from fastapi.routing import APIRoute

from todo_server.api import accounts as canonical
from todo_server.api.routing.dependencies import InAccounts, Mine
from todo_server.api.routing.open_route import JSONOrFormRoute, OpenRoute
from todo_server.api.routing.owner_route import SignedInRoute
from todo_server.models import AccountRead, OtherSignIn, OtherSignOut, OtherSignUp, Tokens

PREFIX = "/api/auth"

OTHER_NAMES = {
    "/register": "sign_up",
    "/signup": "sign_up",
    "/sign-up/email": "sign_up",  # Better Auth's client
    "/login": "sign_in",
    "/signin": "sign_in",
    "/sign-in/email": "sign_in",  # Better Auth's client
    "/logout": "sign_out",
}
"""Other paths of our operations, by the ids of these. Each answers as the operation does."""

router = APIRouter(prefix=PREFIX, tags=["compatibility"])


async def _sign_up(form: OtherSignUp, request: Request, accounts: InAccounts) -> Tokens:
    return await canonical.sign_up(form, request, accounts)


async def _sign_in(form: OtherSignIn, request: Request, accounts: InAccounts) -> Tokens:
    return await canonical.sign_in(form, request, accounts)


async def _sign_out(
    mine: Mine,
    accounts: InAccounts,
    which: Annotated[OtherSignOut, Body()] = OtherSignOut(),  # noqa: B008 - immutable in use
) -> Response:
    return await canonical.sign_out(mine, accounts, which)


_SERVED: dict[str, tuple[Callable[..., Any], type[APIRoute]]] = {
    "sign_up": (_sign_up, OpenRoute),
    "sign_in": (_sign_in, JSONOrFormRoute),
    "sign_out": (_sign_out, SignedInRoute),
}


def operation_id_of(path: str) -> str:
    """Give the id of the operation at another name: `sign_up_email` for `/sign-up/email`."""
    return path.strip("/").replace("-", "_").replace("/", "_")


def _serve(path: str, operation: str) -> None:
    """Add a route that is documented as the one whose other name it is."""
    endpoint, route_class = _SERVED[operation]
    (its,) = (
        route
        for routes in (canonical.open_router.routes, canonical.own_router.routes)
        for route in routes
        if isinstance(route, APIRoute) and route.operation_id == operation
    )
    router.add_api_route(
        path,
        endpoint,
        methods=list(its.methods or ()),
        operation_id=operation_id_of(path),
        summary=f"{its.summary}, by another name",
        description=f"As `{operation}` at `{its.path}`, with the members that front ends send.",
        status_code=its.status_code,
        response_description=its.response_description,
        responses=deepcopy(its.responses),
        dependencies=its.dependencies,
        route_class_override=route_class,
    )


for _path, _operation in OTHER_NAMES.items():
    _serve(_path, _operation)

own_router = APIRouter(prefix=PREFIX, tags=["compatibility"], route_class=SignedInRoute)


@own_router.get(
    "/me",
    summary="Who am I, as a user alone",
    operation_id="me",
    response_description="The account.",
)
async def me(mine: Mine, accounts: InAccounts) -> AccountRead:
    """Tell who is signed in: the `user` of `get_session`."""
    return await accounts.get_account(mine)
