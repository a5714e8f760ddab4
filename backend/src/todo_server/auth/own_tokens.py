"""Access tokens of the server's own: signed with ES256 (RFC 7518), tied to a session."""

import time
from collections.abc import Awaitable, Callable
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey

from todo_server.auth.claims import Rules, check_claims
from todo_server.auth.jws import read_header, verified_payload
from todo_server.auth.verifier import Verified, Verify, token_refused
from todo_server.domain import base64url
from todo_server.domain.identity import Identity

ALGORITHM = "ES256"
ISSUER = "todo-server"

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_GREATEST_S = _P256_ORDER // 2
"""Whoever has a signature (r, s) can make the other, (r, n - s), of it: ours is the lower s."""


def sign(key: ECKey, user_id: str, session_id: UUID, now: float, lifetime: int) -> str:
    """Issue an access token (RFC 9068's type), for our own audience alone.

    Good for `lifetime` seconds, if its session does not end before.
    """
    header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": key.kid}
    claims = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": user_id,
        "sid": str(session_id),
        "iat": int(now),
        "exp": int(now) + lifetime,
    }
    signed, _, signature = jwt.encode(header, claims, key, algorithms=[ALGORITHM]).rpartition(".")
    r, s = _halves(signature)
    return f"{signed}.{base64url.encode(r + min(s, _P256_ORDER - s).to_bytes(32))}"


def own_tokens(
    key_for: Callable[[str], Awaitable[ECKey | None]], clock: Callable[[], float] = time.time
) -> Verify:
    """Make the verification of AUTH_MODE=builtin; `key_for` finds a public key by its id."""
    rules = Rules(issuer=ISSUER, audience=ISSUER)

    async def verify(token: str) -> Verified:
        header = read_header(token)
        key_id = header.get("kid") if isinstance(header, dict) else None
        key = await key_for(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise token_refused("its key is not known here")
        _, s = _halves(token.rpartition(".")[2])
        if s > _GREATEST_S:
            raise token_refused("its signature is wrong")
        claims = verified_payload(token, lambda _: key, frozenset({ALGORITHM}))
        verified = check_claims(claims, rules, clock())
        identity = Identity(verified.identity.user_id, _session(claims.get("sid")))
        return Verified(identity, verified.expires_at)

    return verify


def _halves(signature: str) -> tuple[bytes, int]:
    data = base64url.decode_canonical(signature)
    return data[:32], int.from_bytes(data[32:])


def _session(claim: object) -> UUID:
    try:
        session_id = UUID(str(claim))
    except ValueError:
        session_id = None
    if session_id is None or str(session_id) != claim:
        raise token_refused("it belongs to no session")
    return session_id
