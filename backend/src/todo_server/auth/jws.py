"""Signatures: a token's three parts, and whether the key made them (RFC 7515)."""

from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key, RSAKey

from todo_server.auth.claims import check_header
from todo_server.auth.verifier import MAX_TOKEN_LENGTH, token_refused
from todo_server.domain import strict_json
from todo_server.domain.base64url import decode_canonical


class _Registry(jws.JWSRegistry):
    """Knows Ed25519 by both its names: joserfc has a warning for each use of the older one."""

    def get_alg(self, name: str) -> JWSAlgModel:
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


# Each mode accepts some of these; joserfc's own default lacks Ed25519 and PS256.
_REGISTRY = _Registry(algorithms=("HS256", "Ed25519", "ES256", "RS256", "PS256"))


def verified_payload(
    token: str, key_for: Callable[[Mapping[str, Any]], Key], algorithms: frozenset[str]
) -> Any:  # noqa: ANN401 - JSON
    """Give the payload of a compact JWS whose signature holds.

    `key_for` picks the key by the header; the algorithm is checked against the mode's own before
    it is asked. Raises UnauthenticatedError.
    """
    header = read_header(token)
    check_header(header, algorithms)
    key = key_for(header)
    if isinstance(key, RSAKey) and not _is_as_long_as(key, token.rpartition(".")[2]):
        raise token_refused("its signature is wrong")
    try:
        signed = jws.deserialize_compact(token, key, registry=_REGISTRY)
        return strict_json.loads(signed.payload or b"")
    except (JoseError, ValueError, TypeError) as error:
        raise token_refused("its signature is wrong") from error


def _is_as_long_as(key: RSAKey, signature: str) -> bool:
    """Whether a signature has the length of the modulus (RFC 8017, 8.1.2 and 8.2.2, step 1).

    OpenSSL takes one without its leading zeros for PS256: the same token, written otherwise.
    """
    return len(decode_canonical(signature)) == (key.public_key.key_size + 7) // 8


def read_header(token: str) -> Any:  # noqa: ANN401 - JSON
    """Read the header of a compact JWS, verifying nothing.

    All three parts must be base64url in its one canonical form (RFC 7515, section 2): otherwise
    a token could be written in several ways.
    """
    parts = token.split(".") if len(token) <= MAX_TOKEN_LENGTH else []
    try:
        header, _, _ = (decode_canonical(part) for part in parts)
        return strict_json.loads(header)
    except ValueError as error:
        raise token_refused("it is no signed JWT") from error


def unverified_payload(token: str) -> Any:  # noqa: ANN401 - JSON
    """Read what a token claims, verifying nothing, to see whether verifying it is worthwhile."""
    try:
        return strict_json.loads(decode_canonical(token.split(".")[1]))
    except ValueError as error:
        raise token_refused("its claims are no JSON") from error
