"""The built-in access tokens: what they say, and an attack on them with what they must not be."""

import base64
import hmac
import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from tests.api.auth.people import AccountServer, Person
from tests.contract import check_response
from tests.databases import new_database, run
from todo_server.auth import sign

NOW = int(time.time())
LATER = 4_000_000_000  # the same in every process: it is part of the tests' names
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ABSENT = "absent"
OTHER_KEY = ECKey.generate_key("P-256", auto_kid=True)
SOMEONE = "00000000-0000-7000-8000-000000000000"


def encoded(part: Any) -> str:
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def in_our_form(signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:])
    return signature[:32] + min(s, P256_ORDER - s).to_bytes(32)


def with_changes(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in (members | changes).items() if v is not ABSENT}


@dataclass
class Material:
    """What an attacker may have: a good token, the public key; and for some tests the private."""

    server: AccountServer
    person: Person
    stranger: Person
    key: ECKey

    @property
    def token(self) -> str:
        return str(self.person.tokens["access_token"])

    @property
    def header(self) -> dict[str, Any]:
        header: dict[str, Any] = json.loads(decoded(self.token.split(".")[0]))
        return header

    @property
    def claims(self) -> dict[str, Any]:
        claims: dict[str, Any] = json.loads(decoded(self.token.split(".")[1]))
        return claims

    @property
    def signature(self) -> bytes:
        return decoded(self.token.split(".")[2])

    @property
    def public_jwk(self) -> dict[str, Any]:
        (jwk,) = self.person.get("/.well-known/jwks.json").json()["keys"]
        return dict(jwk)

    def signed(self, header: Any, claims: Any, key: ECKey | None = None) -> str:
        """Sign whatever this is with the server's own key, or with another."""
        signed = f"{encoded(header)}.{encoded(claims)}"
        signature = jws.JWSRegistry().get_alg("ES256").sign(signed.encode(), key or self.key)
        return f"{signed}.{encoded(in_our_form(signature))}"

    def with_signature(self, signature: bytes) -> str:
        return f"{self.token.rpartition('.')[0]}.{encoded(signature)}"


@pytest.fixture(scope="module")
def material() -> Iterator[Material]:
    """A server with one key, and two people."""
    url = new_database()
    with (
        AccountServer(url) as server,
        Person(server) as person,
        Person(server) as stranger,
    ):
        person.sign_up()
        stranger.sign_up()
        (private,) = run(url, "SELECT private_jwk FROM signing_key")
        key = ECKey.import_key(json.loads(private["private_jwk"]))
        yield Material(server, person, stranger, key)


def ask(server: AccountServer, token: str | bytes, method: str = "GET") -> httpx.Response:
    """Send a token as it stands, byte by byte."""
    path = "/api/me/tasks"
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as client:
        client.putrequest(method, path)
        client.putheader("Authorization", b"Bearer " + _bytes(token))
        if method == "POST":
            client.putheader("Content-Type", "application/json")
            client.putheader("Content-Length", "17")
        client.endheaders(b'{"title": "mine"}' if method == "POST" else None)
        with client.getresponse() as answer:
            response = httpx.Response(
                answer.status,
                headers=answer.getheaders(),
                content=answer.read(),
                request=httpx.Request(method, f"{server.url}{path}"),
            )
    check_response(response)
    return response


def _bytes(token: str | bytes) -> bytes:
    return token if isinstance(token, bytes) else token.encode()


def check_refused(material: Material, token: str | bytes) -> None:
    for method in ("GET", "POST"):
        response = ask(material.server, token, method)
        assert (response.status_code, response.json()["error"]) == (401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
        assert material.person.id not in response.text
        assert material.stranger.id not in response.text


def test_a_token_says_who_where_and_until_when_and_nothing_else(material):
    before = int(time.time())
    tokens = material.person.sign_in().tokens
    assert material.header.keys() == {"alg", "typ", "kid"}
    assert (material.header["alg"], material.header["typ"]) == ("ES256", "at+jwt")
    claims = material.claims
    assert claims.keys() == {"iss", "aud", "sub", "sid", "iat", "exp"}
    assert (claims["iss"], claims["aud"]) == ("todo-server", "todo-server")
    assert claims["sub"] == tokens["user_id"]
    assert claims["sid"] == material.person.get("/api/auth/session").json()["id"]
    assert UUID(claims["sid"])
    assert before <= claims["iat"] <= time.time()
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 15 * 60


def test_whoever_has_the_published_keys_can_verify_a_token(material):
    keys = KeySet.import_key_set(material.person.get("/.well-known/jwks.json").json())
    verified = jwt.decode(material.token, keys, algorithms=["ES256"])
    assert verified.claims["sub"] == material.person.id


def test_what_the_attack_is_built_from_is_accepted(material):
    """Or all refusals below would mean nothing."""
    assert ask(material.server, material.token).status_code == 200
    rebuilt = material.signed(material.header, material.claims)
    assert rebuilt != material.token
    assert ask(material.server, rebuilt).status_code == 200
    assert ask(material.server, rebuilt, "POST").status_code == 201


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
        token = sign(material.key, SOMEONE, UUID(SOMEONE), time.time())
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


def texts(token: str) -> Iterator[tuple[str, str | bytes]]:
    header, payload, signature = token.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last character of 64 bytes carries 4 bits that mean nothing.
    last = alphabet.index(signature[-1])
    for number in range(last + 1, last + 16):
        yield "bits that mean nothing", token[:-1] + alphabet[number % 64]
    yield "padding", token + "=="
    yield "padding everywhere", f"{header}=.{payload}=.{signature}=="
    yield "the other alphabet", f"{header}.{payload}.{'+/' + signature[2:]}"
    yield "a percent-encoded dot", token.replace(".", "%2E", 1)
    yield "a line break", f"{header}.{payload}\u2028.{signature}"
    yield "a space within", f"{header}. {payload}.{signature}"
    yield "a tab within", f"{header}.\t{payload}.{signature}"
    yield "quotes", f'"{token}"'
    yield "two tokens", f"{token} {token}"
    yield "two tokens with a comma", f"{token},{token}"
    yield "a part less", f"{header}.{payload}"
    yield "a part less, with its dot", f"{header}.{payload}."
    yield "a part more", f"{token}.{signature}"
    yield "five parts", f"{header}..{payload}.{signature}.x"
    yield "no header", f".{payload}.{signature}"
    yield "no payload", f"{header}..{signature}"
    yield "dots", ".."
    yield "parts exchanged", f"{payload}.{header}.{signature}"
    yield "in capitals", token.upper()
    yield "no ASCII", token.replace("e", "\N{CYRILLIC SMALL LETTER IE}", 1)
    yield "full width", token.replace(".", "\N{FULLWIDTH FULL STOP}")
    yield "latin-1", token.encode() + b"\xff"
    yield "longer than 8 KiB", token + "A" * 8192
    yield "JSON", json.dumps({"payload": payload, "protected": header, "signature": signature})
    yield "a claim more", f"{header}.{encoded({'sub': 'x'})}.{signature}"


def test_a_token_has_one_text(material):
    for name, text in texts(material.token):
        assert ask(material.server, text).status_code == 401, (name, text)
    assert ask(material.server, material.token).status_code == 200


def test_a_token_whose_session_was_never_there_is_401(material):
    for sid in (SOMEONE, str(UUID(int=0)), str(UUID(int=2**128 - 1))):
        check_refused(material, material.signed(material.header, material.claims | {"sid": sid}))


def test_an_expired_token_is_401_to_the_second(material):
    token = material.signed(material.header, material.claims | {"exp": int(time.time())})
    check_refused(material, token)


def test_the_attack_is_of_well_over_a_hundred_tokens():
    assert len(HEADERS) * 2 + len(CLAIMS) + len(PAYLOADS) > 200
