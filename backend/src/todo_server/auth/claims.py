"""What a token's header and claims must say, whoever signed it (RFC 7519, RFC 8725)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from todo_server.auth.verifier import Verified, token_refused
from todo_server.domain.identity import USER_ID_LENGTH, Identity
from todo_server.domain.text import has_nul
from todo_server.errors import UnauthenticatedError

_GREATEST_EXP = 2**53
_TYPES = {"jwt", "at+jwt", "application/at+jwt"}
# Members that name or embed a key, or change what the signature covers: none is ever followed.
_KNOWN_HEADER = {"alg", "typ", "kid"}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a mode expects; leeways in seconds, for clocks that differ."""

    issuer: str | None = None
    audience: str | None = None
    leeway: int = 30
    expiry_leeway: int = 0


def check_header(header: Any, algorithms: frozenset[str]) -> str:  # noqa: ANN401 - JSON
    """Give the header's algorithm if it is one of these and nothing else is asked for."""
    if not isinstance(header, dict) or not header.keys() <= _KNOWN_HEADER:
        raise token_refused("its header has members that are not supported")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise token_refused("it is not signed with an algorithm that is accepted here")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise token_refused("it is not an access token")
    if not isinstance(header.get("kid", ""), str):
        raise token_refused("its key id is not text")
    return algorithm


def check_claims(claims: Any, rules: Rules, now: float) -> Verified:  # noqa: ANN401 - JSON
    """Give what the claims prove; UnauthenticatedError names the first that does not hold."""
    if not isinstance(claims, dict):
        raise token_refused("its claims are not an object")
    expires_at = _instant(claims, "exp")
    if expires_at is None:
        raise token_refused("it has no expiry")
    if expires_at + rules.expiry_leeway <= now:
        raise UnauthenticatedError("The token has expired; sign in again or refresh it.")
    for name in ("nbf", "iat"):
        instant = _instant(claims, name)
        if instant is not None and instant > now + rules.leeway:
            raise token_refused(f"its {name} lies in the future")
    _check_audience(claims, rules)
    if rules.issuer is not None and claims.get("iss") != rules.issuer:
        raise token_refused(f"its iss is not {rules.issuer!r}, the issuer that is trusted here")
    if "session" in claims or any(_is_refresh(claims.get(name)) for name in ("typ", "type")):
        raise token_refused("it is not an access token")
    return Verified(Identity(_subject(claims)), expires_at + rules.expiry_leeway)


def _check_audience(claims: Mapping[str, Any], rules: Rules) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if "better-auth:session-cache" in audiences:
        raise token_refused("it is a session cookie, not an access token")
    if rules.audience is not None and rules.audience not in audiences:
        raise token_refused(
            f"its aud is not {rules.audience!r}, the audience that is expected here"
        )


def _instant(claims: Mapping[str, Any], name: str) -> int | None:
    """Read a NumericDate, whole seconds only: whoever sends others has mixed up the unit."""
    value = claims.get(name)
    if name in claims and (type(value) is not int or not 0 <= value <= _GREATEST_EXP):
        raise token_refused(f"its {name} is not a whole number of seconds")
    return value


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= USER_ID_LENGTH:
        raise token_refused(f"its subject is not text of 1 to {USER_ID_LENGTH} characters")
    if has_nul(subject) or not _is_unicode(subject):
        raise token_refused("its subject is not text")
    return subject


def _is_refresh(kind: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(kind, str) and kind.lower() == "refresh"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
