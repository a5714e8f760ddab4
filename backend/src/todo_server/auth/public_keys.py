"""The public keys in a key set (RFC 7517), and what each of them may verify."""

from collections import defaultdict
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from todo_server.auth.verifier import token_refused
from todo_server.domain import base64url, strict_json

# Each with its names: EdDSA with this curve is called Ed25519 since RFC 9864.
_ALGORITHMS: dict[tuple[str, str | None], tuple[set[str], ...]] = {
    ("OKP", "Ed25519"): ({"EdDSA", "Ed25519"},),
    ("EC", "P-256"): ({"ES256"},),
    ("RSA", None): ({"RS256"}, {"PS256"}),
}
ALGORITHMS = frozenset(name for kind in _ALGORITHMS.values() for names in kind for name in names)

_PUBLIC_MEMBERS = {"OKP": ("crv", "x"), "EC": ("crv", "x", "y"), "RSA": ("n", "e")}
_PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_RSA_BITS = range(2048, 4096 + 1)


class PublicKeys:
    """The keys of one set that can be used here, each with the algorithms of its kind alone."""

    def __init__(self) -> None:
        # By thumbprint (RFC 7638): the same key twice is one key.
        self._fitting: defaultdict[tuple[str | None, str], dict[str, Key]] = defaultdict(dict)
        self._ids: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._fitting)

    def add(self, key: Key, key_id: str | None, algorithms: set[str]) -> None:
        """Use a key with these algorithms: for tokens with its id, and for those without any."""
        for algorithm in algorithms:
            self._fitting[None, algorithm][key.thumbprint()] = key
            if key_id is not None:
                self._fitting[key_id, algorithm][key.thumbprint()] = key
                self._ids.add(key_id)

    def find(self, key_id: str | None, algorithm: str) -> Key | None:
        """Give the one key that a token's header means, or None if it may be a new one.

        UnauthenticatedError where a newer set is not likely to help: several keys fit, or the
        key is for another algorithm.
        """
        fitting = tuple(self._fitting.get((key_id, algorithm), {}).values())
        if len(fitting) > 1:
            raise token_refused("several keys fit its header")
        if not fitting and key_id in self._ids:
            raise token_refused("its key has another algorithm")
        return fitting[0] if fitting else None


def read_key_set(document: bytes) -> tuple[PublicKeys, list[str]]:
    """Read a JSON key set; gives its keys, and a sentence for each that is not used.

    ValueError says why it is no key set.
    """
    try:
        key_set = strict_json.loads(document)
    except ValueError as error:
        raise ValueError(f"it answers with what is no key set: {error}") from error
    entries = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(entries, list):
        raise ValueError("it answers with no JSON object that has a list 'keys'")  # noqa: TRY004 - as above
    keys, ignored = PublicKeys(), []
    for entry in entries:
        # .NET writes the members that a key does not have as null.
        members = entry.items() if isinstance(entry, dict) else ()
        jwk = {name: value for name, value in members if value is not None}
        try:
            algorithms = _algorithms(jwk)
            keys.add(_public_key(jwk), jwk.get("kid"), algorithms)
        except (JoseError, ValueError) as error:
            ignored.append(f"{ascii(jwk.get('kid'))[:80]} ({error})")
    return keys, ignored


def _algorithms(jwk: dict[str, Any]) -> set[str]:
    """Give the algorithms of the key's type and curve, or of those the one that it names."""
    if not all(isinstance(jwk.get(name, ""), str) for name in ("kty", "crv", "kid", "alg", "use")):
        raise ValueError("not an object of texts")
    kind = str(jwk.get("kty"))
    curve = jwk.get("crv") if kind != "RSA" else None  # Better Auth may give an RSA key a curve
    of_its_kind = _ALGORITHMS.get((kind, curve), ())
    algorithms = {
        name for names in of_its_kind if jwk.get("alg") in {None, *names} for name in names
    }
    operations = jwk.get("key_ops", ["verify"])
    verifies = isinstance(operations, list) and "verify" in operations
    if not algorithms or not verifies or jwk.get("use", "sig") != "sig":
        raise ValueError("not for signatures with EdDSA of Ed25519, ES256, RS256 or PS256")
    return algorithms


def _public_key(jwk: dict[str, Any]) -> Key:
    """Import nothing but the public members: what others say of the key has been weighed."""
    if jwk.keys() & _PRIVATE_MEMBERS:
        raise ValueError("not a public key")
    kind = str(jwk["kty"])
    members = {name: jwk.get(name) for name in _PUBLIC_MEMBERS[kind]}
    texts = {name: value for name, value in members.items() if isinstance(value, str) and value}
    if len(texts) < len(members):
        raise ValueError("not all its members are there")
    if kind == "RSA" and _bits(texts["n"]) not in _RSA_BITS:
        raise ValueError("not of 2,048 to 4,096 bits")
    return import_key({"kty": kind, **texts})


def _bits(number: str) -> int:
    data = base64url.decode(number)
    return int.from_bytes(data).bit_length()
