"""Accounts of the server's own: sign up, sign in, and what belongs to it."""

from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Form, Request, Response
from pydantic import ValidationError

from todo_server import errors
from todo_server.api.failures import failures
from todo_server.api.problems import validation_failed
from todo_server.api.routing.dependencies import InAccounts, Mine
from todo_server.api.routing.open_route import FormRoute, OpenRoute
from todo_server.api.routing.owner_route import SignedInRoute
from todo_server.models import (
    AccountChanged,
    AccountDelete,
    AccountUpdate,
    PasswordGrant,
    Refresh,
    SessionRead,
    SignIn,
    SignOut,
    SignUp,
    Tokens,
)

_IPV6_NETWORK = 64
"""Bits of an IPv6 address that a household or a server has to itself (RFC 6177)."""


def _never_stored(response: Response) -> None:
    """Keep tokens out of caches (RFC 6749, section 5.1)."""
    response.headers["Cache-Control"] = "no-store"


_COMMON: dict[str, Any] = {
    "prefix": "/api/auth",
    "tags": ["accounts"],
}
_NEVER_STORED = [Depends(_never_stored)]
open_router = APIRouter(route_class=OpenRoute, dependencies=_NEVER_STORED, **_COMMON)
form_router = APIRouter(route_class=FormRoute, dependencies=_NEVER_STORED, **_COMMON)
own_router = APIRouter(route_class=SignedInRoute, **_COMMON)


@open_router.post(
    "/sign-up",
    summary="Sign up",
    operation_id="sign_up",
    status_code=201,
    response_description="The tokens of the first session.",
    responses=failures(errors.TooManyAttemptsError, errors.EmailTakenError),
)
async def sign_up(form: SignUp, request: Request, accounts: InAccounts) -> Tokens:
    """Make an account, and sign in."""
    return await accounts.sign_up(_address(request), form)


@open_router.post(
    "/sign-in",
    summary="Sign in",
    operation_id="sign_in",
    response_description="The tokens of a new session.",
    responses=failures(errors.TooManyAttemptsError, errors.WrongPasswordError),
)
async def sign_in(form: SignIn, request: Request, accounts: InAccounts) -> Tokens:
    """Open a session with address and password."""
    return await accounts.sign_in(_address(request), form)


@form_router.post(
    "/token",
    summary="Sign in with a form",
    operation_id="token",
    response_description="The tokens of a new session.",
    responses=failures(errors.TooManyAttemptsError, errors.WrongPasswordError),
)
async def token(
    form: Annotated[PasswordGrant, Form()], request: Request, accounts: InAccounts
) -> Tokens:
    """Open a session with OAuth2's password form (RFC 6749, section 4.3), as Swagger UI does."""
    try:
        proof = SignIn(email=form.username, password=form.password)
    except ValidationError as error:
        raise validation_failed(error.errors()) from error
    return await accounts.sign_in(_address(request), proof)


@open_router.post(
    "/refresh",
    summary="Refresh the tokens",
    operation_id="refresh",
    response_description="The next pair of tokens.",
    responses=failures(errors.RefreshRefusedError),
)
async def refresh(form: Refresh, accounts: InAccounts) -> Tokens:
    """Exchange a refresh token for the next pair; using one twice ends its session."""
    return await accounts.sessions.refresh(form.refresh_token)


@own_router.post(
    "/sign-out",
    summary="Sign out",
    operation_id="sign_out",
    status_code=204,
    response_description="Access has ended.",
)
async def sign_out(
    mine: Mine,
    accounts: InAccounts,
    which: Annotated[SignOut, Body()] = SignOut(),  # noqa: B008 - immutable in use
) -> Response:
    """End this session, or all of the account."""
    await accounts.sessions.sign_out(mine, everywhere=which.everywhere)
    return Response(status_code=204)


@own_router.get(
    "/session",
    summary="Who am I?",
    operation_id="get_session",
    response_description="The account and the session.",
)
async def get_session(mine: Mine, accounts: InAccounts) -> SessionRead:
    """Tell who is signed in, and since when."""
    return await accounts.get_session(mine)


@own_router.patch(
    "/account",
    summary="Change the account",
    operation_id="update_account",
    response_description="The account as it is now.",
    response_model_exclude_none=True,
    responses=failures(errors.TooManyAttemptsError, errors.EmailTakenError),
)
async def update_account(
    change: AccountUpdate, request: Request, mine: Mine, accounts: InAccounts
) -> AccountChanged:
    """Change name, address or password; the current password is asked for.

    A new password ends all sessions, this one included, and answers the tokens of a new one.
    """
    account, tokens = await accounts.update(mine, _address(request), change)
    fresh: dict[str, Any] = tokens.model_dump(exclude={"user"}) if tokens else {}
    return AccountChanged(**account.model_dump(), **fresh)


@own_router.delete(
    "/account",
    summary="Delete the account",
    operation_id="delete_account",
    status_code=204,
    response_description="Everything of the user is gone.",
    responses=failures(errors.TooManyAttemptsError),
)
async def delete_account(
    consent: AccountDelete, request: Request, mine: Mine, accounts: InAccounts
) -> Response:
    """Delete the account with all its tasks and sessions; the current password is asked for."""
    await accounts.delete(mine, _address(request), consent.current_password)
    return Response(status_code=204)


def _address(request: Request) -> str:
    """Give who asks, as far as the network tells: an IPv4 address, or an IPv6 network."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host  # a proxy may write what it likes
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), _IPV6_NETWORK), strict=False))
