"""Secrets, signatures and keys that are not ours."""

import hmac
import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from tests.api.auth.access_tokens.material import (
    ABSENT,
    OTHER_KEY,
    P256_ORDER,
    SOMEONE,
    Material,
    ask,
    check_refused,
    decoded,
    encoded,
    in_our_form,
    with_changes,
)
from tests.api.auth.people import AccountServer, Person
from tests.databases import new_database
from todo_server.auth import sign


def secrets_of(material: Material) -> Iterator[bytes]:
    """All ways to write what is public, as a secret for HMAC."""
    jwk = material.public_jwk
    for form in (jwk, {k: jwk[k] for k in ("crv", "kty", "x", "y")}):
        for separators in ((",", ":"), (", ", ": ")):
            yield json.dumps(form, separators=separators).encode()
            yield json.dumps(form, separators=separators, sort_keys=True).encode()
    yield json.dumps({"keys": [jwk]}).encode()
    public = ECKey.import_key(jwk)
    pem: bytes = public.as_pem(private=False)
    yield from (pem, pem.strip(), pem.replace(b"\n", b""), pem.replace(b"\n", b"\r\n"))
    raw = public.public_key
    yield raw.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    yield raw.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    yield raw.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    yield from (decoded(jwk["x"]), jwk["x"].encode(), decoded(jwk["y"]), jwk["kid"].encode())
    yield from (b"", b"\0" * 32, b"secret", b"todo-server", b"null", b"None")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512", "ES256"])
def test_what_is_public_is_no_secret(algorithm, material):
    digest = "sha" + algorithm[2:]
    header, payload = {**material.header, "alg": algorithm}, encoded(material.claims)
    for secret in secrets_of(material):
        for kid in (material.header["kid"], ABSENT):
            signed = f"{encoded(with_changes(header, {'kid': kid}))}.{payload}"
            forged = f"{signed}.{encoded(hmac.digest(secret, signed.encode(), digest))}"
            assert ask(material.server, forged).status_code == 401, secret


def signatures(signature: bytes) -> Iterator[tuple[str, bytes]]:
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    order = P256_ORDER
    yield "none", b""
    yield "the other s", signature[:32] + (order - s).to_bytes(32)
    yield "all zero", bytes(64)
    yield "r zero", bytes(32) + signature[32:]
    yield "s zero", signature[:32] + bytes(32)
    yield "the order twice", order.to_bytes(32) * 2
    yield "zero and the order", bytes(32) + order.to_bytes(32)
    yield "one and one", (bytes(31) + b"\1") * 2
    yield "all ones", b"\xff" * 64
    yield "DER", encode_dss_signature(r, s)
    yield "DER of zeros", encode_dss_signature(0, 0)
    yield "halves exchanged", signature[32:] + signature[:32]
    yield "first half alone", signature[:32]
    yield "a byte less", signature[:-1]
    yield "a byte less in front", signature[1:]
    yield "a byte more", signature + b"\0"
    yield "a byte more in front", b"\0" + signature
    yield "padded halves", r.to_bytes(33) + s.to_bytes(33)
    yield "as long as P-384's", r.to_bytes(48) + s.to_bytes(48)
    yield "as long as P-521's", r.to_bytes(66) + s.to_bytes(66)
    yield "twice", signature * 2
    yield "a bit flipped", bytes([signature[0] ^ 1]) + signature[1:]
    yield "the last bit flipped", signature[:-1] + bytes([signature[-1] ^ 1])
    yield "very long", b"x" * 5000


def test_a_signature_has_one_form(material):
    for name, signature in signatures(material.signature):
        assert ask(material.server, material.with_signature(signature)).status_code == 401, name


def test_every_token_of_ours_is_signed_in_that_form(material):
    for _ in range(40):
        token = sign(material.key, SOMEONE, UUID(SOMEONE), time.time(), 900)
        signature = decoded(token.rpartition(".")[2])
        assert signature == in_our_form(signature)
        assert len(signature) == 64


def others(header: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "ES256", OTHER_KEY
    yield "ES256", ECKey.generate_key("P-256", parameters={"kid": header["kid"]})
    yield "ES384", ECKey.generate_key("P-384")
    yield "ES512", ECKey.generate_key("P-521")
    yield "ES256K", ECKey.generate_key("secp256k1")
    yield "Ed25519", OKPKey.generate_key("Ed25519")
    yield "RS256", RSAKey.generate_key()
    yield "PS256", RSAKey.generate_key()
    yield "HS256", OctKey.generate_key(256)


def test_nobody_elses_key_signs(material):
    keys = list(others(material.header))
    registry = jws.JWSRegistry(algorithms=[algorithm for algorithm, _ in keys])
    for algorithm, key in keys:
        for kid in (material.header["kid"], key.kid or "another", ABSENT):
            for embedded in (ABSENT, key.as_dict(private=False)):
                header = {**material.header, "alg": algorithm, "kid": kid, "jwk": embedded}
                forged = jws.serialize_compact(
                    with_changes(header, {}), json.dumps(material.claims), key, registry=registry
                )
                assert ask(material.server, forged).status_code == 401, (algorithm, kid)


def test_the_key_of_another_server_is_not_known_here(material):
    with AccountServer(new_database()) as elsewhere, Person(elsewhere) as person:
        foreign = person.sign_up().tokens["access_token"]
        assert person.has_access()
        check_refused(material, foreign)
        assert ask(elsewhere, material.token).status_code == 401
