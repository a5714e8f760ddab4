"""Tokens of an auth server that publishes its keys, Better Auth above all (RFC 7517, RFC 8725)."""

import base64
import time
from collections.abc import Callable
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key

from todo_server.auth.claims import Rules, check_claims, check_header
from todo_server.auth.jws import read_header
from todo_server.auth.key_set import KeySet
from todo_server.auth.public_keys import ALGORITHMS
from todo_server.auth.verifier import Verified, Verify
from todo_server.domain import strict_json
from todo_server.errors import UnauthenticatedError

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
            check_claims(_unverified_payload(token), rules, clock())
            key = await keys.learn(header.get("kid"), algorithm)
        verified = check_claims(_verified_payload(token, key), rules, clock())
        return Verified(verified.identity, verified.expires_at, keys.vouch())

    return verify


class _Registry(jws.JWSRegistry):
    """Knows Ed25519 by both its names: joserfc has a warning for each use of the older one."""

    def get_alg(self, name: str) -> JWSAlgModel:
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


_REGISTRY = _Registry(algorithms=ALGORITHMS)


def _verified_payload(token: str, key: Key) -> Any:  # noqa: ANN401 - JSON
    try:
        return strict_json.loads(jws.deserialize_compact(token, key, registry=_REGISTRY).payload)
    except (JoseError, ValueError) as error:
        raise UnauthenticatedError("The token is not accepted: its signature is wrong.") from error


def _unverified_payload(token: str) -> Any:  # noqa: ANN401 - JSON
    payload = token.split(".")[1]
    try:
        return strict_json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError as error:
        raise UnauthenticatedError("The token is not accepted: its claims are no JSON.") from error
