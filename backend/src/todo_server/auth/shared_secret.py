"""Tokens signed with a secret shared with the auth server: HS256 alone (RFC 7518)."""

import time
from collections.abc import Callable

from joserfc.jwk import OctKey

from todo_server.auth.claims import Rules, check_claims
from todo_server.auth.jws import verified_payload
from todo_server.auth.verifier import Verified, Verify

_ALGORITHMS = frozenset({"HS256"})


def shared_secret(secret: str, rules: Rules, clock: Callable[[], float] = time.time) -> Verify:
    """Make the verification of AUTH_MODE=shared_secret."""
    key = OctKey.import_key(secret.encode())

    async def verify(token: str) -> Verified:
        claims = verified_payload(token, lambda _: key, _ALGORITHMS)
        return check_claims(claims, rules, clock())

    return verify
