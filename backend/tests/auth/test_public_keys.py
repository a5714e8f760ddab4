"""The keys in a key set: which are used, and which of them a token means."""

import asyncio
import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey

from tests.auth.issuer import SigningKey
from todo_server.auth.key_set import REFRESH_AFTER


def test_a_token_without_a_key_id_needs_a_set_in_which_one_key_fits(issuer, ours):
    lone, other = issuer.keys[0], SigningKey("ES256")
    issuer.keys.append(other)
    assert ours.accepts(lone.sign(issuer.claims(), kid=None))
    assert ours.accepts(other.sign(issuer.claims(), kid=None))
    issuer.keys.append(SigningKey())
    assert ours.accepts(issuer.token())
    assert ours.refusal(lone.sign(issuer.claims(), kid=None)) == "unauthenticated"
    assert ours.accepts(other.sign(issuer.claims(), kid=None))
    assert len(issuer.requests) == 2


def test_a_key_without_an_id_serves_tokens_without_one(issuer, ours):
    key = issuer.keys[0] = SigningKey()
    del key.jwk["kid"]
    assert ours.accepts(key.sign(issuer.claims(), kid=None))
    assert not ours.accepts(key.sign(issuer.claims()))


def test_two_keys_with_one_id_are_told_apart_by_their_algorithms_or_not_at_all(issuer, ours):
    issuer.keys = [SigningKey(kid="1"), SigningKey("ES256", kid="1")]
    assert [ours.accepts(key.sign(issuer.claims())) for key in issuer.keys] == [True, True]
    issuer.keys.append(SigningKey(kid="1"))
    ours.later += REFRESH_AFTER
    assert ours.accepts(issuer.keys[0].sign(issuer.claims()))
    ours.wait_until(lambda: not ours.accepts(issuer.keys[0].sign(issuer.claims())))
    assert not ours.accepts(issuer.keys[2].sign(issuer.claims()))
    assert ours.accepts(issuer.keys[1].sign(issuer.claims()))


def test_the_same_key_twice_is_one_key(issuer, ours):
    issuer.keys *= 2
    assert ours.accepts(issuer.token())
    assert ours.accepts(issuer.keys[0].sign(issuer.claims(), kid=None))


UNUSABLE: dict[str, Any] = {
    "a number": 7,
    "a list": [],
    "nothing": None,
    "empty": {},
    "no type": {"kid": "x"},
    "unknown type": {"kty": "AKP", "kid": "x", "alg": "ML-DSA-44", "pub": "AAAA"},
    "a type that is a list": {"kty": ["OKP"], "kid": "x"},
    "oct": OctKey.generate_key(256).as_dict(),
    "Ed448": OKPKey.generate_key("Ed448").as_dict(private=False),
    "X25519": OKPKey.generate_key("X25519").as_dict(private=False),
    "P-384": ECKey.generate_key("P-384").as_dict(private=False),
    "P-521": ECKey.generate_key("P-521").as_dict(private=False),
    "secp256k1": ECKey.generate_key("secp256k1").as_dict(private=False),
    "private": OKPKey.generate_key().as_dict(private=True),
    "a key id that is a number": SigningKey(kid=1).jwk,
    "for encryption": SigningKey(use="enc").jwk,
    "for signing alone": SigningKey(key_ops=["sign"]).jwk,
    "for another algorithm": SigningKey(alg="ES256").jwk,
    "for another hash": SigningKey("ES256", alg="ES384").jwk,
    "no member x": {"kty": "OKP", "crv": "Ed25519", "kid": "x"},
    "a short x": SigningKey(x="AAAA").jwk,
    "an x that is no base64": SigningKey(x="*" * 43).jwk,
    "an x with padding": SigningKey(x="A" * 43 + "=").jwk,
    "a number as x": SigningKey(x=7).jwk,
    "a point beside the curve": SigningKey("ES256", y="A" * 43).jwk,
    "an even exponent": SigningKey("RS256", e="AgAA").jwk,
    "no modulus": SigningKey("RS256", n="").jwk,
    "a modulus of 1024 bits": SigningKey("RS256", n="_" * 170 + "8").jwk,
    "a modulus of 40,000 bits": SigningKey("RS256", n="_" * 6666 + "w").jwk,
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_key_that_cannot_be_used_is_ignored_and_its_neighbours_are_not(
    issuer, ours, name, caplog
):
    good = [issuer.keys[0].jwk, SigningKey("ES256").jwk]
    issuer.body = json.dumps({"keys": [good[0], UNUSABLE[name], good[1]]}).encode()
    assert ours.accepts(issuer.token())
    assert ours.accepts(issuer.keys[0].sign(issuer.claims(), kid=None))
    ours.later += REFRESH_AFTER
    assert ours.accepts(issuer.token())
    ours.wait_until(lambda: len(issuer.requests) == 2)
    ours.run(asyncio.sleep(0.1))
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"keys in the key set of {issuer.url} are ignored (1): ")


def test_no_token_of_another_curve_is_accepted(issuer, ours):
    foreign: dict[str, Any] = {
        "ES256K": ECKey.generate_key("secp256k1"),
        "ES384": ECKey.generate_key("P-384"),
        "Ed448": OKPKey.generate_key("Ed448"),
    }
    issuer.keys = [SigningKey(algorithm, key) for algorithm, key in foreign.items()]
    for key in issuer.keys:
        assert ours.refusal(key.sign(issuer.claims())) == "unauthenticated"
    assert issuer.requests == []


def test_members_that_are_null_are_not_there(issuer, ours):
    issuer.keys[0].jwk |= {"use": None, "key_ops": None, "alg": None, "d": None, "x5c": None}
    assert ours.accepts(issuer.token())


def test_members_that_are_not_asked_for_do_no_harm(issuer, ours):
    more: dict[str, Any] = {
        "use": "sig",
        "key_ops": ["verify"],
        "x5c": 7,
        "x5u": "evil",
        "ext": True,
        "crv": "x",
    }
    issuer.keys = [SigningKey("RS256", **more)]
    assert ours.accepts(issuer.token())
