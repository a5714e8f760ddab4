"""Attacks on AUTH_MODE=shared_secret: what is no good token is 401, in the one shape."""

import base64
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, TypeAlias

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import server as servers
from tests.contract import check_response
from tests.server import SECRET, RunningServer, User

PROPERTY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NOW = int(time.time())
HOUR = 3600
LATER = 4_000_000_000  # the same in every process: it is part of the tests' names
HEADER = {"alg": "HS256", "typ": "JWT"}
PUBLIC_KEY = (
    rsa.generate_private_key(65537, 2048)
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
)
JWK = {"kty": "oct", "k": base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")}

Json: TypeAlias = Any  # or bytes, which are taken as they are


def encoded(part: Json) -> bytes:
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def mac(signed: bytes, secret: str | bytes = SECRET, digest: str = "sha256") -> bytes:
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.digest(key, signed, digest)


def token(header: Json, payload: Json, secret: str | bytes = SECRET, digest: str = "sha256") -> str:
    """Sign whatever this is; the signature always holds unless the secret is another."""
    signed = encoded(header) + b"." + encoded(payload)
    return (signed + b"." + encoded(mac(signed, secret, digest))).decode()


def claims(**others: Any) -> dict[str, Any]:
    """Claims of a good token, with others, or without those that are ABSENT."""
    given = {"sub": SUBJECT, "iat": NOW, "exp": NOW + HOUR} | others
    return {name: value for name, value in given.items() if value is not ABSENT}


ABSENT = object()
SUBJECT = "the subject of all these tokens"


@pytest.fixture
def user(new_user: Callable[..., User]) -> User:
    return new_user(SUBJECT)


@pytest.fixture(autouse=True)
def _the_list_survives(user: User) -> Iterator[None]:
    yield
    assert user.get("/api/me/tasks").status_code == 200


def ask(
    server: RunningServer, *authorization: str | bytes, path: str = "/api/me/tasks"
) -> httpx.Response:
    """List the tasks with these Authorization headers, byte by byte as they stand."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as client:
        client.putrequest("GET", path)
        for value in authorization:
            raw = value if isinstance(value, bytes) else value.encode()
            client.putheader("Authorization", raw)
        client.endheaders()
        with client.getresponse() as answer:
            response = httpx.Response(
                answer.status,
                headers=answer.getheaders(),
                content=answer.read(),
                request=httpx.Request("GET", f"{server.url}{path}"),
            )
    check_response(response)
    return response


def check_refused(response: httpx.Response) -> None:
    assert (response.status_code, response.json()["error"]) == (401, "unauthenticated")
    assert response.headers["www-authenticate"] == "Bearer"
    assert SUBJECT not in response.text


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


GOOD = token(HEADER, claims())
HEAD, BODY, SIGNATURE = GOOD.split(".")
SIGNED = f"{HEAD}.{BODY}".encode()
OTHER = token(HEADER, claims(sub="somebody else", jti="x"))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def signed_as(signature: bytes, head: Json = HEADER) -> str:
    return f"{encoded(head).decode()}.{BODY}.{encoded(signature).decode()}"


FORGERIES = {
    "alg none and no signature": f"{encoded({'alg': 'none'}).decode()}.{BODY}.",
    "alg none, no typ, no second point": f"{encoded({'alg': 'none'}).decode()}.{BODY}",
    "alg none and a signature": f"{encoded({'alg': 'none'}).decode()}.{BODY}.{SIGNATURE}",
    "no signature": f"{HEAD}.{BODY}.",
    "an empty secret": token(HEADER, claims(), ""),
    "a guessed secret": token(HEADER, claims(), "secret"),
    "the usual secret": token(HEADER, claims(), "your-256-bit-secret"),
    "a secret of zeros": token(HEADER, claims(), bytes(32)),
    "the secret in capitals": token(HEADER, claims(), SECRET.upper()),
    "the secret without its end": token(HEADER, claims(), SECRET[:-1]),
    "the secret and a line feed": token(HEADER, claims(), SECRET + "\n"),
    "the secret and a NUL and more": token(HEADER, claims(), SECRET + "\0x"),
    "the secret in base64": token(HEADER, claims(), base64.b64encode(SECRET.encode())),
    "the hash of the secret": token(HEADER, claims(), hashlib.sha256(SECRET.encode()).digest()),
    "the name of the setting": token(HEADER, claims(), "BETTER_AUTH_SECRET"),
    "the key id as secret": token({**HEADER, "kid": "k" * 32}, claims(), "k" * 32),
    "the key of /dev/null": token({**HEADER, "kid": "../../../dev/null"}, claims(), ""),
    "the key of a query": token({**HEADER, "kid": "' UNION SELECT 'k' --"}, claims(), "k"),
    "a public key as secret": token(HEADER, claims(), PUBLIC_KEY),
    "a public key as secret, trimmed": token(HEADER, claims(), PUBLIC_KEY.strip()),
    "the embedded key": token({**HEADER, "jwk": JWK}, claims(), b"k" * 32),
    "SHA-1": token(HEADER, claims(), digest="sha1"),
    "SHA-512": token(HEADER, claims(), digest="sha512"),
    "HS512 by name and by signature": token({"alg": "HS512"}, claims(), digest="sha512"),
    "HS384 by name and by signature": token({"alg": "HS384"}, claims(), digest="sha384"),
    "no HMAC but a hash": signed_as(hashlib.sha256(SECRET.encode() + SIGNED).digest()),
    "a signature in hexadecimal": signed_as(mac(SIGNED).hex().encode()),
    "a signature of the claims alone": signed_as(mac(BODY.encode())),
    "a signature of what was decoded": signed_as(mac(json.dumps(claims()).encode())),
    "a signature of zeros": signed_as(bytes(32)),
    "a signature cut by a byte": signed_as(mac(SIGNED)[:-1]),
    "a signature cut to one byte": signed_as(mac(SIGNED)[:1]),
    "a signature and a byte more": signed_as(mac(SIGNED) + b"\0"),
    "a signature twice": signed_as(mac(SIGNED) * 2),
    "a signature with its first bit changed": signed_as(
        bytes([mac(SIGNED)[0] ^ 128, *mac(SIGNED)[1:]])
    ),
    "a signature with its last bit changed": signed_as(
        bytes([*mac(SIGNED)[:-1], mac(SIGNED)[-1] ^ 1])
    ),
    "the signature of another token": f"{HEAD}.{BODY}.{OTHER.split('.')[2]}",
    "the claims of another token": f"{HEAD}.{OTHER.split('.')[1]}.{SIGNATURE}",
    "the header of another token": f"{encoded({'alg': 'HS256'}).decode()}.{BODY}.{SIGNATURE}",
    "a signature with unused bits": GOOD[:-1] + ALPHABET[ALPHABET.index(GOOD[-1]) | 1],
    "a signature with padding": f"{GOOD}=",
    "all parts with padding": ".".join(
        part + "=" * (-len(part) % 4 or 4) for part in GOOD.split(".")
    ),
    "a space in the signature": f"{GOOD[:-5]} {GOOD[-5:]}",
    "a full stop after it": f"{GOOD}.",
    "a full stop before it": f".{GOOD}",
    "the parts in another order": f"{BODY}.{HEAD}.{SIGNATURE}",
    "characters that decoders skip": f"{HEAD}!.{BODY}.{SIGNATURE}",
    "characters that decoders skip, in the claims": f"{HEAD}.{BODY[:4]}*{BODY[4:]}.{SIGNATURE}",
    "in capitals": GOOD.upper(),
    "in small letters": GOOD.lower(),
    "backwards": GOOD[::-1],
    "in double quotes": f'"{GOOD}"',
    "in angle brackets": f"<{GOOD}>",
    "percent-encoded": GOOD.replace(".", "%2E"),
    "encoded once more": encoded(GOOD.encode()).decode(),
    "twice": f"{GOOD} {GOOD}",
    "twice, with a comma": f"{GOOD},{GOOD}",
    "twice, with a full stop": f"{GOOD}.{GOOD}",
    "with a parameter": f"{GOOD}, realm=x",
    "a word": "x",
    "three words": "x.y.z",
    "one full stop": ".",
    "two full stops": "..",
    "three full stops": "...",
    "eight thousand full stops": "." * 8000,
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{GOOD}.x",
    "five parts, as if encrypted": f"{encoded({'alg': 'dir', 'enc': 'A256GCM'}).decode()}..x.y.z",
    "the JSON form": json.dumps({"protected": HEAD, "payload": BODY, "signature": SIGNATURE}),
    "the general JSON form": json.dumps(
        {"payload": BODY, "signatures": [{"protected": HEAD, "signature": SIGNATURE}]}
    ),
    "empty claims and header": f"..{encoded(mac(b'.')).decode()}",
    "claims in the open": f"{HEAD}.{json.dumps(claims())}.{SIGNATURE}",
    "PASETO": "v2.local." + "QAxIpVe-ECVNI1z4xQbm_qQYomyT3h8F" * 4 + ".UGFyYWdvbg",
    "a session token of Better Auth": "iQ3XUYcBmL8zn1vT5Nn0wbhpbYF3ne5M.c2lnbmF0dXJl",
    "null": "null",
    "undefined": "undefined",
    "an object that somebody printed": "[object Object]",
    "a template that nobody filled in": "${token}",
    "the secret itself": SECRET,
    "the subject itself": SUBJECT,
    "a good token of 8 KiB and a byte": token(HEADER, claims(pad="x" * 6000)).ljust(8193, "x"),
    "a good token of 16 KiB": token(HEADER, claims(pad="x" * 12_000)),
    "16 KiB of nothing": "A" * 16_384,
    "letters of another alphabet": "\u0435yJ" + GOOD[3:],
    "an emoji": "\U0001f642",
    "full-width full stops": GOOD.replace(".", "\uff0e"),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=list(FORGERIES))
def test_a_token_that_the_secret_did_not_sign_as_it_stands_is_401(
    server: RunningServer, forgery: str
):
    assert forgery != GOOD
    check_refused(ask(server, f"Bearer {forgery}"))


AUTHORIZATIONS: dict[str, list[str | bytes]] = {
    "none": [],
    "an empty one": [""],
    "a space": [" "],
    "the scheme alone": ["Bearer"],
    "the scheme and a space": ["Bearer "],
    "the scheme and many spaces": ["Bearer      "],
    "the token alone": [GOOD],
    "no space": [f"Bearer{GOOD}"],
    "a colon": [f"Bearer:{GOOD}"],
    "a colon and a space": [f"Bearer: {GOOD}"],
    "an equals sign": [f"Bearer={GOOD}"],
    "a comma": [f"Bearer, {GOOD}"],
    "a tab": [f"Bearer\t{GOOD}"],
    "a no-break space": [f"Bearer\u00a0{GOOD}"],
    "a no-break space in Latin-1": [b"Bearer\xa0" + GOOD.encode()],
    "the scheme twice": [f"Bearer Bearer {GOOD}"],
    "another name": [f"JWT {GOOD}"],
    "Token": [f"Token {GOOD}"],
    "DPoP": [f"DPoP {GOOD}"],
    "a longer name": [f"BearerX {GOOD}"],
    "a name with an accent": [f"B\u00e9arer {GOOD}"],
    "a name of full-width letters": [f"\uff22earer {GOOD}"],
    "Basic": ["Basic " + base64.b64encode(f"{SUBJECT}:x".encode()).decode()],
    "Basic with the token as password": [
        "Basic " + base64.b64encode(f"x:{GOOD}".encode()).decode()
    ],
    "Basic with the token": [f"Basic {GOOD}"],
    "Digest": [f'Digest username="{SUBJECT}", realm="x", nonce="x", uri="/", response="x"'],
    "Negotiate": ["Negotiate YII="],
    "Basic, then Bearer, in one": [f"Basic eDp4, Bearer {GOOD}"],
    "Bearer, then Basic, in one": [f"Bearer {GOOD}, Basic eDp4"],
    "the same twice": [f"Bearer {GOOD}", f"Bearer {GOOD}"],
    "a good and a bad one": [f"Bearer {GOOD}", "Bearer x"],
    "a bad and a good one": ["Bearer x", f"Bearer {GOOD}"],
    "Basic and Bearer": ["Basic eDp4", f"Bearer {GOOD}"],
    "Bearer and an empty one": [f"Bearer {GOOD}", ""],
    "two users": [f"Bearer {GOOD}", f"Bearer {OTHER}"],
    "a hundred": [f"Bearer {GOOD}"[:200]] * 100,
    "bytes that are no text": [b"Bearer \xff\xfe\x80"],
    "a good token with such a byte": [b"Bearer " + GOOD.encode() + b"\xff"],
    "a soft hyphen in it": [b"Bearer " + GOOD[:50].encode() + b"\xad" + GOOD[50:].encode()],
}


@pytest.mark.parametrize("authorization", AUTHORIZATIONS.values(), ids=list(AUTHORIZATIONS))
def test_a_header_that_is_not_one_bearer_token_is_401(
    server: RunningServer, authorization: list[str | bytes]
):
    check_refused(ask(server, *authorization))


@pytest.mark.parametrize(
    "options",
    [
        {"params": {"access_token": GOOD}},
        {"params": {"token": GOOD}},
        {"params": {"authorization": f"Bearer {GOOD}"}},
        {"params": {"jwt": GOOD}},
        {"headers": {"Cookie": f"token={GOOD}"}},
        {"headers": {"Cookie": f"better-auth.session_token={GOOD}"}},
        {"headers": {"Cookie": f"Authorization=Bearer {GOOD}"}},
        {"headers": {"Proxy-Authorization": f"Bearer {GOOD}"}},
        {"headers": {"X-Authorization": f"Bearer {GOOD}"}},
        {"headers": {"X-Access-Token": GOOD}},
        {"headers": {"X-Forwarded-Authorization": f"Bearer {GOOD}"}},
        {"headers": {"X-User-Id": SUBJECT, "X-Forwarded-User": SUBJECT, "Remote-User": SUBJECT}},
        {"headers": {"Set-Authorization": f"Bearer {GOOD}"}},
        {"headers": {"Sec-WebSocket-Protocol": f"bearer, {GOOD}"}},
        {"content": json.dumps({"access_token": GOOD}), "headers": {"Content-Type": "text/json"}},
        {"data": {"access_token": GOOD}},
        {"auth": (SUBJECT, GOOD)},
        {"auth": ("Bearer", GOOD)},
    ],
    ids=lambda options: ", ".join(f"{k} {v}"[:40] for k, v in options.items()),
)
def test_a_token_anywhere_else_is_not_looked_for(server: RunningServer, options: Mapping[str, Any]):
    response = httpx.request("GET", f"{server.url}/api/me/tasks", **options)
    check_response(response)
    check_refused(response)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/me/tasks"),
        ("POST", "/api/me/tasks"),
        ("GET", "/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"),
        ("PUT", "/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"),
        ("PATCH", "/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"),
        ("DELETE", "/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"),
        ("PATCH", "/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11/complete"),
    ],
)
@pytest.mark.parametrize("forgery", ["", "alg none and no signature", "a guessed secret"])
def test_no_operation_takes_a_forgery(server: RunningServer, method: str, path: str, forgery: str):
    headers = {"Authorization": f"Bearer {FORGERIES[forgery]}"} if forgery else {}
    response = httpx.request(method, server.url + path, headers=headers)
    check_response(response)
    check_refused(response)


def test_a_token_that_was_good_is_refused_once_anything_in_it_changes(server: RunningServer):
    assert ask(server, f"Bearer {GOOD}").status_code == 200
    for place, character in enumerate(GOOD):
        if place % 7 == 0 and character != ".":
            changed = ALPHABET[ALPHABET.index(character) - 1]
            check_refused(ask(server, f"Bearer {GOOD[:place]}{changed}{GOOD[place + 1 :]}"))
    assert ask(server, f"Bearer {GOOD}").status_code == 200


GOOD_TOKENS: dict[str, tuple[Json, Json]] = {
    "neither kid nor typ, iss nor aud": ({"alg": "HS256"}, claims()),
    "typ JWT": (HEADER, claims()),
    "typ jwt": ({"alg": "HS256", "typ": "jwt"}, claims()),
    "typ at+jwt": ({"alg": "HS256", "typ": "at+jwt"}, claims()),
    "typ application/at+jwt": ({"alg": "HS256", "typ": "application/at+jwt"}, claims()),
    "a kid": ({**HEADER, "kid": "any"}, claims()),
    "iss and aud": (HEADER, claims(iss="http://localhost:3000", aud="http://localhost:3000")),
    "several audiences": (HEADER, claims(aud=["web", "api"])),
    "30 minutes": (HEADER, claims(exp=NOW + 1800)),
    "7 days": (HEADER, claims(exp=NOW + 7 * 24 * HOUR)),
    "a hundred years": (HEADER, claims(exp=NOW + 100 * 365 * 24 * HOUR)),
    "the last exp": (HEADER, claims(exp=2**53)),
    "no iat": (HEADER, claims(iat=ABSENT)),
    "an old iat": (HEADER, claims(iat=0)),
    "a clock that is 20 seconds fast": (HEADER, claims(iat=NOW + 20, nbf=NOW + 20)),
    "nbf now": (HEADER, claims(nbf=NOW)),
    "the claims of Better Auth": (
        HEADER,
        claims(id=SUBJECT, email="ada@example.com", name="Ada", emailVerified=True, image=None),
    ),
    "type access": (HEADER, claims(type="access")),
    "claims that nobody knows": (HEADER, claims(roles=["admin"], a={"b": {"c": [1.5, None]}})),
    "a name in another script": (HEADER, claims(name="\u05d0\U0001f642")),
    "claims as UTF-8": (HEADER, json.dumps(claims(name="\u00e9"), ensure_ascii=False).encode()),
    "JSON with spaces": (
        b' { "typ" : "JWT",\r\n "alg" : "HS256" } ',
        json.dumps(claims(), indent=2).encode(),
    ),
    "8 KiB": (HEADER, claims(pad="x" * 5900)),
}


@pytest.mark.parametrize(("header", "payload"), GOOD_TOKENS.values(), ids=list(GOOD_TOKENS))
def test_the_tokens_of_real_clients_are_accepted(
    server: RunningServer, header: Json, payload: Json
):
    written = token(header, payload)
    assert len(written) <= 8192
    for _ in range(2):
        assert ask(server, f"Bearer {written}").status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer ", "Bearer   "])
def test_the_scheme_may_be_written_in_any_case(server: RunningServer, scheme: str):
    assert ask(server, f"{scheme} {GOOD}").status_code == 200


def test_a_good_token_opens_nobody_elses_path(server: RunningServer):
    response = ask(server, f"Bearer {GOOD}", path="/api/else/tasks")
    assert (response.status_code, response.json()["error"]) == (403, "forbidden")
    assert "www-authenticate" not in response.headers


@pytest.fixture(scope="module")
def strict_server(database_url: str) -> Iterator[RunningServer]:
    """A server that expects an issuer and an audience."""
    expected = {"jwt_issuer": "https://issuer.example", "jwt_audience": "todo"}
    with RunningServer(servers.settings(database_url, **expected)) as running:
        yield running


ISSUERS: list[Json] = [
    *("https://issuer.example/", "https://issuer.example.evil", "http://issuer.example"),
    *("HTTPS://ISSUER.EXAMPLE", "", None, 5, True, ["https://issuer.example"], {}),
]
AUDIENCES: list[Json] = [
    *("other", "TODO", "todo ", "todo,other", "", "tod", "todos", None, 5, True),
    *([], [[]], ["other"], [["todo"]], {"todo": True}, [{"todo": 1}], [None], "*"),
    ["todo", "better-auth:session-cache"],
]


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"iss": "https://issuer.example"},
        {"aud": "todo"},
        *[{"iss": issuer, "aud": "todo"} for issuer in ISSUERS],
        *[{"iss": "https://issuer.example", "aud": audience} for audience in AUDIENCES],
    ],
    ids=str,
)
def test_another_issuer_or_audience_is_401_where_one_is_expected(
    strict_server: RunningServer, others: dict[str, Any]
):
    check_refused(ask(strict_server, f"Bearer {token(HEADER, claims(**others))}"))


@pytest.mark.parametrize("audience", ["todo", ["todo"], ["other", "todo"], ["todo", 5]], ids=str)
def test_the_expected_issuer_and_audience_are_accepted(
    strict_server: RunningServer, audience: Json
):
    written = token(HEADER, claims(iss="https://issuer.example", aud=audience))
    assert ask(strict_server, f"Bearer {written}").status_code == 200


HASHABLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANYTHING = st.recursive(
    HASHABLE, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)


@PROPERTY
@given(
    header=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "x"]), HASHABLE),
    payload=st.fixed_dictionaries(
        {"sub": ANYTHING, "exp": st.just(NOW + HOUR) | ANYTHING},
        optional=dict.fromkeys(("iat", "nbf", "iss", "aud", "type", "session", "x"), ANYTHING),
    )
    | ANYTHING,
    honest=st.booleans(),
)
def test_whatever_is_signed_is_answered_without_an_error_of_the_servers(
    server: RunningServer, header: Json, payload: Json, honest: bool
):
    response = ask(server, f"Bearer {token(HEADER if honest else header, payload)}")
    assert response.status_code in (200, 401)
    assert honest or response.status_code == 401


@PROPERTY
@given(st.binary(max_size=300) | st.text(ALPHABET + "..=", max_size=300).map(str.encode))
def test_whatever_is_sent_is_answered_without_an_error_of_the_servers(
    server: RunningServer, written: bytes
):
    printable = bytes(byte for byte in written if byte >= 32 and byte != 127)
    check_refused(ask(server, b"Bearer " + printable))
