"""Tokens of an auth server that publishes its keys, Better Auth above all (RFC 7517, RFC 8725)."""

import time
from collections.abc import Callable

from todo_server.auth.claims import Rules, check_claims, check_header
from todo_server.auth.jws import read_header, unverified_payload, verified_payload
from todo_server.auth.key_set import KeySet
from todo_server.auth.public_keys import ALGORITHMS
from todo_server.auth.verifier import Verified, Verify

LEEWAY = 30
"""Seconds by which the auth server's clock and ours may differ."""


def jwks(
    keys: KeySet, issuer: str, audience: str, clock: Callable[[], float] = time.time
) -> Verify:
    """Make the verification of AUTH_MODE=jwks.

    It raises UnavailableError, too: a token under a new key cannot be judged without the issuer.
    """
    rules = Rules(issuer, audience, leeway=LEEWAY, expiry_leeway=LEEWAY)

    async def verify(token: str) -> Verified:
        header = read_header(token)
        algorithm = check_header(header, ALGORITHMS)
        key = keys.find(header.get("kid"), algorithm)
        if key is None:
            # What no key could save is not worth a question to the issuer.
            check_claims(unverified_payload(token), rules, clock())
            key = await keys.learn(header.get("kid"), algorithm)
        claims = verified_payload(token, lambda _: key, frozenset({algorithm}))
        verified = check_claims(claims, rules, clock())
        return Verified(verified.identity, verified.expires_at, keys.vouch())

    return verify
