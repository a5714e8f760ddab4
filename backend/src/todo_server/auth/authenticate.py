"""The seam through which an identity enters: from a request's header and path to an Identity."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from todo_server.auth.verifier import Verifier
from todo_server.domain.identity import USER_ID_LENGTH, Identity
from todo_server.domain.text import has_nul
from todo_server.errors import (
    FieldError,
    ForbiddenError,
    UnauthenticatedError,
    ValidationFailedError,
)

ME = "me"

Authenticate: TypeAlias = Callable[[Sequence[str], str], Awaitable[Identity]]
"""Settle who asks, from all Authorization headers and the user id in the path.

Raises UnauthenticatedError, or ForbiddenError where the path is somebody else's.
"""


def with_bearer_token(verifier: Verifier) -> Authenticate:
    """Ask for a token, whose subject must be the user in the path (or the path says `me`)."""

    async def authenticate(authorization: Sequence[str], user_id: str) -> Identity:
        identity = await verifier(_bearer_token(authorization))
        if user_id not in (identity.user_id, ME):
            raise ForbiddenError
        return identity

    return authenticate


def trust_the_path() -> Authenticate:
    """Believe the path, for a front end under development (AUTH_MODE=none)."""

    async def authenticate(_: Sequence[str], user_id: str) -> Identity:
        if user_id == ME:
            raise _invalid("'me' has no meaning with AUTH_MODE=none: put a user id there")
        if len(user_id) > USER_ID_LENGTH or has_nul(user_id):
            raise _invalid(f"a user id has 1 to {USER_ID_LENGTH} characters, and no U+0000")
        return Identity(user_id)

    return authenticate


def _bearer_token(authorization: Sequence[str]) -> str:
    """Read the one token (RFC 6750, section 2.1)."""
    if len(authorization) != 1:
        raise UnauthenticatedError
    scheme, _, token = authorization[0].partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError
    return token


def _invalid(message: str) -> ValidationFailedError:
    return ValidationFailedError.of(FieldError("user_id", "invalid", message))
