"""Tokens that are well signed, and say what they must not."""

import json
from typing import Any
from uuid import UUID

import pytest

from tests.api.auth.access_tokens.material import (
    ABSENT,
    LATER,
    OTHER_KEY,
    SOMEONE,
    check_refused,
    decoded,
    with_changes,
)

HEADERS: dict[str, Any] = {
    **{
        f"alg {algorithm!a}": {"alg": algorithm}
        for algorithm in (
            *("none", "None", "NONE", "nOnE", "", " ", "es256", "Es256", "ES256 ", "ES256\0"),
            *("HS256", "HS384", "HS512", "RS256", "PS256", "ES384", "ES512", "ES256K", "EdDSA"),
            *("Ed25519", "dir", "ECDH-ES", "ECDH-ES+A128KW", "A128KW", "PBES2-HS256+A128KW"),
            *(None, True, 256, ["ES256"], {"ES256": 1}, ABSENT),
        )
    },
    **{
        f"typ {kind!a}": {"typ": kind}
        for kind in ("refresh", "Refresh", "rt+jwt", "refresh+jwt", "dpop+jwt", "JWE", "", 5, None)
    },
    **{
        f"kid {kid!a:.40}": {"kid": kid}
        for kid in (
            *("", "x", "../../../../dev/null", "/dev/null", "file:///dev/null", "http://evil"),
            *("' OR '1'='1", "x' UNION SELECT 'key' --", "'; DROP TABLE signing_key; --"),
            *("%00", "\x00", "\ud800", "\N{KEY}", "k" * 3000, "$(id)", "`id`", "__proto__"),
            *(None, 0, True, [], ["x"], {}, {"$ne": None}, ABSENT),
        )
    },
    "an embedded key": {"jwk": OTHER_KEY.as_dict(private=False)},
    "an embedded key that says none": {"jwk": {"kty": "oct", "k": ""}},
    "jku": {"jku": "http://127.0.0.1/.well-known/jwks.json"},
    "x5u": {"x5u": "https://evil.example/cert.pem"},
    "x5c": {"x5c": ["MIIB"]},
    "x5t": {"x5t": "x"},
    "crit": {"crit": ["exp"], "exp": LATER},
    "b64": {"b64": False, "crit": ["b64"]},
    "zip": {"zip": "DEF"},
    "enc": {"enc": "A256GCM"},
    "cty": {"cty": "JWT"},
    "an unknown member": {"foo": "bar"},
}


@pytest.mark.parametrize("changes", HEADERS.values(), ids=list(HEADERS))
@pytest.mark.parametrize("key", ["own", "another"])
def test_a_header_that_asks_for_anything_else_is_401(key, changes, material):
    """Even if the server's own key had signed it."""
    header = with_changes(material.header, changes)
    signer = material.key if key == "own" else OTHER_KEY
    check_refused(material, material.signed(header, material.claims, signer))


NO_INSTANTS: list[Any] = [
    *(0, 1, -1, None, "", str(LATER), LATER + 0.5, float(LATER), True, [LATER], {}),
    *(2**53 + 1, 2**63, 10**30, "2100-01-01T00:00:00Z"),
]
NOT_BEFORE: list[Any] = [LATER, "x", None, 1.5, -1, True]
NO_SESSIONS: list[Any] = [
    *(None, "", "x", 5, True, [], {}, "me", SOMEONE, SOMEONE.upper() + "\n"),
    *("{{{sid}}}", "urn:uuid:{sid}", "{sid}\x00", " {sid}", "{hex}", "{upper}", ["{sid}"]),
    *("'; DELETE FROM session; --", "x" * 3000),
]
NO_SUBJECTS: list[Any] = [None, "", 5, [], {}, "a\x00", "\ud800", "x" * 256, SOMEONE, "me"]
NO_AUDIENCES: list[Any] = [None, "", "other", [], ["other"], "better-auth:session-cache", 5, {}]
NO_ISSUERS: list[Any] = [None, "", "other", ["todo-server"], 5]

CLAIMS: dict[str, Any] = {
    **{f"no {name}": {name: ABSENT} for name in ("iss", "aud", "sub", "sid", "exp")},
    **{f"exp {value!a}": {"exp": value} for value in NO_INSTANTS},
    **{f"iat {value!a}": {"iat": value} for value in NOT_BEFORE},
    **{f"nbf {value!a}": {"nbf": value} for value in NOT_BEFORE},
    **{f"sid {value!a:.40}": {"sid": value} for value in NO_SESSIONS},
    **{f"sub {value!a:.40}": {"sub": value} for value in NO_SUBJECTS},
    **{f"aud {value!a}": {"aud": value} for value in NO_AUDIENCES},
    **{f"iss {value!a}": {"iss": value} for value in NO_ISSUERS},
    "typ refresh": {"typ": "refresh"},
    "type refresh": {"type": "refresh"},
    "a session object": {"session": {"id": "x"}},
}


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=list(CLAIMS))
def test_claims_that_do_not_hold_are_401_though_the_signature_does(changes, material):
    sid = material.claims["sid"]
    names = {"sid": sid, "hex": UUID(sid).hex, "upper": sid.upper()}

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        return value.format(**names) if isinstance(value, str) and "{" in value else value

    changes = {name: filled(value) for name, value in changes.items()}
    claims = with_changes(material.claims, changes)
    check_refused(material, material.signed(material.header, claims))


def test_a_session_is_good_for_its_own_user_alone(material):
    mine, theirs = (
        material.claims,
        json.loads(decoded(material.stranger.tokens["access_token"].split(".")[1])),
    )
    for changes in ({"sid": theirs["sid"]}, {"sub": theirs["sub"]}):
        check_refused(material, material.signed(material.header, mine | changes))


PAYLOADS = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "text": b'"x"',
    "a number": b"5",
    "no JSON": b"x",
    "a cut object": b'{"sub":"x"',
    "a byte-order mark": b"\xef\xbb\xbf%s",
    "trailing bytes": b"%sx",
    "UTF-16": "utf-16",
    "no UTF-8": b'{"x":"\xff",%.0s"y":1}',
    "NaN": b'{"x":NaN}',
    "deep nesting": b'{"x":' + b"[" * 1500 + b"]" * 1500 + b"}",
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
def test_a_payload_that_is_no_object_is_401(payload, material):
    claims = json.dumps(material.claims)
    content = claims.encode("utf-16") if payload == "utf-16" else payload
    content = content.replace(b"%s", claims.encode()).replace(b"%.0s", b"")
    check_refused(material, material.signed(material.header, content))


@pytest.mark.parametrize("name", ["sub", "sid", "exp", "iss", "aud", "iat"])
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_claim_that_stands_there_twice_is_401(place, name, material):
    good = json.dumps(material.claims)[1:-1]
    other = json.dumps({name: LATER if name in ("exp", "iat") else SOMEONE})[1:-1]
    members = f"{other}, {good}" if place == "first" else f"{good}, {other}"
    check_refused(material, material.signed(material.header, f"{{{members}}}".encode()))


@pytest.mark.parametrize("name", ["alg", "kid", "typ"])
def test_a_member_of_the_header_that_stands_there_twice_is_401(name, material):
    header = json.dumps(material.header)[:-1] + f', "{name}": "none"}}'
    check_refused(material, material.signed(header.encode(), material.claims))
