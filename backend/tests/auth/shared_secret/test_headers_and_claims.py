"""What a token says of itself: a header that asks for anything else, claims that do not hold."""

import json

import pytest

from tests.auth.shared_secret.tokens import (
    ABSENT,
    HEADER,
    HOUR,
    JWK,
    LATER,
    NOW,
    SUBJECT,
    Json,
    ask,
    check_refused,
    claims,
    token,
)
from tests.server import RunningServer

HEADERS: dict[str, Json] = {
    **{
        f"alg {algorithm!a}": {**HEADER, "alg": algorithm}
        for algorithm in [
            *("none", "None", "NONE", "nOnE", "", " ", "hs256", "Hs256", "HS256 ", "HS256\0"),
            *("HS384", "HS512", "HS1", "HS", "SHA256", "HMAC-SHA256", "HS256,none", "256"),
            *("RS256", "RS512", "ES256", "ES256K", "PS256", "EdDSA", "Ed25519", "ML-DSA-44"),
            *("dir", "A128KW", "A256GCMKW", "RSA-OAEP", "PBES2-HS256+A128KW", "ECDH-ES"),
            *(None, True, 256, 0),
        ]
    },
    "no alg": {"typ": "JWT"},
    "ALG in capitals": {"ALG": "HS256", "typ": "JWT"},
    "an embedded key": {**HEADER, "jwk": JWK},
    "a key set at jku": {**HEADER, "jku": "https://evil.example/jwks.json"},
    "a key set at jku on this host": {**HEADER, "jku": "http://127.0.0.1/jwks.json"},
    "a certificate at x5u": {**HEADER, "x5u": "https://evil.example/cert.pem"},
    "a certificate": {**HEADER, "x5c": ["MIIB"]},
    "a thumbprint": {**HEADER, "x5t": "x", "x5t#S256": "x"},
    "crit": {**HEADER, "crit": ["exp"], "exp": NOW + HOUR},
    "empty crit": {**HEADER, "crit": []},
    "crit that is no list": {**HEADER, "crit": "exp"},
    "an unencoded payload": {**HEADER, "b64": False, "crit": ["b64"]},
    "b64 without crit": {**HEADER, "b64": False},
    "compression": {**HEADER, "zip": "DEF"},
    "encryption": {**HEADER, "enc": "A256GCM"},
    "a nested token": {**HEADER, "cty": "JWT"},
    "a nonce": {**HEADER, "nonce": "x"},
    "a great number of iterations": {**HEADER, "p2c": 2**31, "p2s": "x"},
    "an unknown member": {**HEADER, "foo": "bar"},
    "claims in the header": {**HEADER, "sub": SUBJECT},
    "typ refresh": {**HEADER, "typ": "refresh"},
    "typ Refresh": {**HEADER, "typ": "Refresh"},
    "typ refresh+jwt": {**HEADER, "typ": "refresh+jwt"},
    "typ dpop+jwt": {**HEADER, "typ": "dpop+jwt"},
    "typ logout+jwt": {**HEADER, "typ": "logout+jwt"},
    "typ JWE": {**HEADER, "typ": "JWE"},
    "empty typ": {**HEADER, "typ": ""},
    "no text as typ": {**HEADER, "typ": 5},
    "null as typ": {**HEADER, "typ": None},
    "a list as typ": {**HEADER, "typ": ["JWT"]},
    "a number as kid": {**HEADER, "kid": 5},
    "null as kid": {**HEADER, "kid": None},
    "a list as kid": {**HEADER, "kid": ["x"]},
    "an object as kid": {**HEADER, "kid": {"$ne": None}},
    "a list": [HEADER],
    "text": "HS256",
    "a number": 5,
    "null": None,
    "nothing": b"",
    "an empty object": {},
    "no JSON": b"HS256",
    "a cut object": b'{"alg":"HS256"',
    "trailing bytes": b'{"alg":"HS256"}x',
    "alg twice": b'{"alg":"HS256","alg":"none"}',
    "alg twice, good last": b'{"alg":"none","alg":"HS256"}',
    "a byte-order mark": b'\xef\xbb\xbf{"alg":"HS256"}',
    "UTF-16": '{"alg":"HS256"}'.encode("utf-16"),
    "no UTF-8": b'{"alg":"HS256","kid":"\xff"}',
    "NaN": b'{"alg":"HS256","kid":NaN}',
    "deep nesting": b'{"alg":"HS256","kid":' + b"[" * 1500 + b"]" * 1500 + b"}",
    "many digits": b'{"alg":"HS256","kid":' + b"9" * 3000 + b"}",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=list(HEADERS))
def test_a_header_that_asks_for_anything_else_is_401(server: RunningServer, header: Json):
    check_refused(ask(server, f"Bearer {token(header, claims())}"))


INSTANTS: list[Json] = [
    *(None, "", "x", str(LATER), "2030-01-01T00:00:00Z", True, False, [], [LATER], {}),
    *(LATER + 0.5, float(LATER), -1, -(2**63), 2**53 + 1, 2**63, 2**64, 10**30, 1e300),
]
PAYLOADS: dict[str, Json] = {
    "no exp": claims(exp=ABSENT),
    **{f"exp {value!r}": claims(exp=value) for value in INSTANTS},
    "exp 0": claims(exp=0),
    "exp 1": claims(exp=1),
    "exp a year ago": claims(exp=NOW - 365 * 24 * HOUR),
    "exp an hour ago": claims(exp=NOW - HOUR),
    "exp a second ago": claims(exp=NOW - 1),
    "exp now": claims(exp=NOW),
    "exp before iat": claims(iat=NOW, exp=NOW - 60),
    **{f"iat {value!r}": claims(iat=value) for value in INSTANTS},
    "iat in an hour": claims(iat=NOW + HOUR, exp=NOW + 2 * HOUR),
    "iat in milliseconds": claims(iat=NOW * 1000),
    **{f"nbf {value!r}": claims(nbf=value) for value in INSTANTS},
    "nbf in an hour": claims(nbf=NOW + HOUR),
    "nbf in milliseconds": claims(nbf=NOW * 1000),
    "no sub": claims(sub=ABSENT),
    **{
        f"sub {value!a}"[:60]: claims(sub=value)
        for value in [
            *(None, "", 5, 0, True, [], [SUBJECT], {}, {"id": SUBJECT}, "\0", f"{SUBJECT}\0"),
            *(f"\0{SUBJECT}", "\ud800", f"{SUBJECT}\udfff", "a" * 256, "\U0001f642" * 256),
        ]
    },
    "an id in place of sub": claims(sub=ABSENT, id=SUBJECT, user_id=SUBJECT, uid=SUBJECT),
    "SUB in capitals": claims(sub=ABSENT, SUB=SUBJECT),
    "a session cookie's audience": claims(aud="better-auth:session-cache"),
    "a session cookie's audience among others": claims(aud=["api", "better-auth:session-cache"]),
    "a session": claims(session={"id": "x", "userId": SUBJECT}),
    "a session cookie": {
        "session": {"session": {"userId": SUBJECT}, "user": {"id": SUBJECT}},
        "expiresAt": NOW * 1000,
        **claims(),
    },
    "type refresh": claims(type="refresh"),
    "a list": [claims()],
    "text": SUBJECT,
    "a number": 5,
    "null": None,
    "nothing": b"",
    "an empty object": {},
    "no JSON": SUBJECT.encode(),
    "a cut object": json.dumps(claims()).encode()[:-1],
    "trailing bytes": json.dumps(claims()).encode() + b"{}",
    "sub twice": f'{{"sub":"x","sub":"{SUBJECT}","exp":{NOW + HOUR}}}'.encode(),
    "sub twice, once escaped": f'{{"sub":"x","\\u0073ub":"{SUBJECT}","exp":{NOW + HOUR}}}'.encode(),
    "exp twice": f'{{"sub":"{SUBJECT}","exp":1,"exp":{NOW + HOUR}}}'.encode(),
    "exp NaN": f'{{"sub":"{SUBJECT}","exp":NaN}}'.encode(),
    "exp Infinity": f'{{"sub":"{SUBJECT}","exp":Infinity}}'.encode(),
    "exp 1e400": f'{{"sub":"{SUBJECT}","exp":1e400}}'.encode(),
    "exp 1e9 as a float": f'{{"sub":"{SUBJECT}","exp":9e9}}'.encode(),
    "exp of 5,000 digits": f'{{"sub":"{SUBJECT}","exp":{"9" * 5000}}}'.encode(),
    "exp of 900 digits": f'{{"sub":"{SUBJECT}","exp":{"9" * 900}}}'.encode(),
    "a byte-order mark": b"\xef\xbb\xbf" + json.dumps(claims()).encode(),
    "UTF-16": json.dumps(claims()).encode("utf-16"),
    "no UTF-8": b'{"sub":"\xff","exp":%d}' % (NOW + HOUR),
    "deep nesting": json.dumps(claims()).encode()[:-1]
    + b',"a":'
    + b"[" * 1000
    + b"]" * 1000
    + b"}",
    "a token in a token": token(HEADER, claims()).encode(),
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
def test_claims_that_do_not_hold_are_401(server: RunningServer, payload: Json):
    check_refused(ask(server, f"Bearer {token(HEADER, payload)}"))
