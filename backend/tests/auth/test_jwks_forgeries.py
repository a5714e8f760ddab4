"""AUTH_MODE=jwks: tokens that nobody signed, or not in this form."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.auth.issuer import ALGORITHMS, Issuer, SigningKey

ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
KEYS = {algorithm: SigningKey(algorithm) for algorithm in ALGORITHMS}


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_signature(token: str, signature: bytes) -> str:
    return f"{token.rpartition('.')[0]}.{encoded(signature)}"


def signature_of(token: str) -> bytes:
    return base64.urlsafe_b64decode(token.rpartition(".")[2] + "==")


def public_forms(key: SigningKey) -> list[bytes]:
    """What an attacker may take for an HMAC secret."""
    public = key.key.as_dict(private=False)
    return [
        key.key.as_bytes("PEM"),
        key.key.as_bytes("DER"),
        json.dumps(public).encode(),
        json.dumps(key.jwk).encode(),
        next(str(public[name]) for name in ("x", "n") if name in public).encode(),
    ]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_public_key_is_no_secret(issuer, ours, algorithm):
    key = issuer.keys[0] = KEYS[algorithm]
    assert ours.accepts(issuer.token())
    payload = issuer.token().split(".")[1]
    for form in public_forms(key):
        for named in ("HS256", algorithm):
            header = encoded(json.dumps({"alg": named, "kid": key.id}).encode())
            mac = hmac.digest(form, f"{header}.{payload}".encode(), "sha256")
            assert ours.refusal(f"{header}.{payload}.{encoded(mac)}") == "unauthenticated"


OTHER_ALGORITHMS = [
    "none",
    "None",
    "nOnE",
    "",
    "HS256",
    "RS512",
    "ES384",
    "Ed448",
    "eddsa",
    "A128KW",
]


@pytest.mark.parametrize("algorithm", OTHER_ALGORITHMS)
def test_no_other_algorithm_is_accepted_or_causes_a_fetch(issuer, ours, algorithm):
    _, payload, signature = issuer.token().split(".")
    for kid in (issuer.keys[0].id, "unknown"):
        header = encoded(json.dumps({"alg": algorithm, "kid": kid}).encode())
        for part in (signature, ""):
            assert ours.refusal(f"{header}.{payload}.{part}") == "unauthenticated"
    assert issuer.requests == []


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_is_used_with_its_own_algorithm_alone(issuer, ours, algorithm):
    key = issuer.keys[0] = KEYS[algorithm]
    _, payload, signature = issuer.token().split(".")
    names_of_one = {"EdDSA", "Ed25519"}
    for named in ALGORITHMS:
        header = encoded(json.dumps({"alg": named, "kid": key.id}).encode())
        if named != algorithm and not {named, algorithm} <= names_of_one:
            assert ours.refusal(f"{header}.{payload}.{signature}") == "unauthenticated"
    assert ours.accepts(issuer.token())
    assert len(issuer.requests) == 1


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": SigningKey().jwk},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": True},
        {"typ": "refresh"},
        {"typ": "better-auth.session-cache+jwt"},
        {"cty": "JWT"},
        {"zip": "DEF"},
        {"x": "y"},
    ],
    ids=",".join,
)
def test_a_header_that_says_more_is_refused_and_never_followed(issuer, ours, header):
    parts = issuer.keys[0].sign(issuer.claims()).split(".")
    for kid in (issuer.keys[0].id, "unknown"):
        parts[0] = encoded(json.dumps({"alg": "EdDSA", "kid": kid, **header}).encode())
        signature = issuer.keys[0].key.private_key.sign(".".join(parts[:2]).encode())
        assert ours.refusal(f"{parts[0]}.{parts[1]}.{encoded(signature)}") == "unauthenticated"
    assert issuer.requests == []


def test_a_key_that_comes_with_the_token_is_not_used(issuer, ours):
    with Issuer(SigningKey()) as evil:
        key = evil.keys[0]
        key_of_header = key.key.as_dict(private=False)
        for header in ({"jwk": key_of_header}, {"jku": evil.url}, {"x5u": evil.url}):
            for kid in (None, key.id, issuer.keys[0].id):
                assert not ours.accepts(key.sign(issuer.claims(), kid=kid, **header))
        assert issuer.requests == evil.requests == []


@pytest.mark.parametrize("algorithm", [None, 1, ["EdDSA"], {"EdDSA": 1}, True])
def test_an_algorithm_that_is_no_text_is_refused(issuer, ours, algorithm):
    _, payload, signature = issuer.token().split(".")
    header = encoded(json.dumps({"alg": algorithm, "kid": issuer.keys[0].id}).encode())
    assert ours.refusal(f"{header}.{payload}.{signature}") == "unauthenticated"
    assert issuer.requests == []


@pytest.mark.parametrize("kid", [None, 1, [], {}, True])
def test_a_key_id_that_is_no_text_is_refused(issuer, ours, kid):
    _, payload, signature = issuer.token().split(".")
    header = encoded(json.dumps({"alg": "EdDSA", "kid": kid}).encode())
    assert ours.refusal(f"{header}.{payload}.{signature}") == "unauthenticated"
    assert issuer.requests == []


def test_nobody_elses_signature_is_accepted(issuer, ours):
    assert ours.accepts(issuer.token())
    for algorithm in ALGORITHMS:
        forger = SigningKey(algorithm, kid=issuer.keys[0].id)
        assert ours.refusal(forger.sign(issuer.claims())) == "unauthenticated"


def test_what_is_signed_cannot_be_changed(issuer, ours):
    header, _, signature = issuer.token().split(".")
    payload = encoded(json.dumps(issuer.claims(sub="somebody-else")).encode())
    assert ours.refusal(f"{header}.{payload}.{signature}") == "unauthenticated"
    assert not ours.accepts(issuer.token() + "A")
    assert not ours.accepts(issuer.token() + "=")
    assert not ours.accepts(issuer.token() + ".")
    assert not ours.accepts(" ".join(issuer.token()))


def eddsa_forgeries(signature: bytes) -> Iterator[bytes]:
    point, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    for multiple in (1, 2, 7):  # the same signature again, to whoever does not reduce (RFC 8032)
        yield point + (scalar + multiple * ED25519_ORDER).to_bytes(32, "little")
    yield bytes([1]) + bytes(63)
    yield point + bytes(32)


def es256_forgeries(signature: bytes) -> Iterator[bytes]:
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    yield encode_dss_signature(r, s)
    yield signature[32:] + signature[:32]
    yield signature[:32] + bytes(32)
    yield P256_ORDER.to_bytes(32) * 2  # both zero, modulo the order
    yield r.to_bytes(33) + s.to_bytes(33)
    yield bytes(31) + b"\1" + bytes(31) + b"\1"


def rsa_forgeries(key: SigningKey, signature: bytes) -> Iterator[bytes]:
    yield bytes(255) + b"\1"
    yield b"\xff" * 256
    yield bytes(1) + signature
    modulus, number = key.key.public_key.public_numbers().n, int.from_bytes(signature)
    same = number + modulus  # to whoever does not compare with the modulus (RFC 8017, 5.2.2)
    yield same.to_bytes((same.bit_length() + 7) // 8)
    yield (modulus - number).to_bytes(256)


FORGERIES: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "EdDSA": eddsa_forgeries,
    "Ed25519": eddsa_forgeries,
    "ES256": es256_forgeries,
    "RS256": partial(rsa_forgeries, KEYS["RS256"]),
    "PS256": partial(rsa_forgeries, KEYS["PS256"]),
}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_is_accepted_in_its_one_form_alone(issuer, ours, algorithm):
    issuer.keys = [KEYS[algorithm]]
    token = issuer.token()
    assert ours.accepts(token)
    signature = signature_of(token)
    everywhere = [
        b"",
        bytes(len(signature)),
        signature[:-1],
        signature[1:],
        signature + b"\0",
        signature * 2,
        bytes([signature[0] ^ 1]) + signature[1:],
    ]
    forgeries = [*everywhere, *FORGERIES[algorithm](signature)]
    for forgery in forgeries:
        assert ours.refusal(with_signature(token, forgery)) == "unauthenticated", forgery.hex()


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_an_rsa_signature_is_not_accepted_without_its_leading_zeros(issuer, ours, algorithm):
    issuer.keys = [KEYS[algorithm]]
    tokens = (issuer.token(jti=str(number)) for number in count())
    token = next(token for token in tokens if signature_of(token)[0] == 0)
    assert ours.accepts(token)
    shorter = with_signature(token, signature_of(token).lstrip(b"\0"))
    assert ours.refusal(shorter) == "unauthenticated"


def test_an_issuers_ecdsa_signature_is_accepted_with_either_s(issuer, ours):
    """RFC 7518 does not say which is right, and WebCrypto makes both."""
    issuer.keys = [KEYS["ES256"]]
    token = issuer.token()
    signature = signature_of(token)
    other = P256_ORDER - int.from_bytes(signature[32:])
    assert ours.accepts(token)
    assert ours.accepts(with_signature(token, signature[:32] + other.to_bytes(32)))
