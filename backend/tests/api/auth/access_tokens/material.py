"""What an attack on access tokens is built from."""

import base64
import http.client
import json
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import ECKey

from tests.api.auth.people import AccountServer, Person
from tests.contract import answer_of

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
            return answer_of(answer, method, f"{server.url}{path}")


def _bytes(token: str | bytes) -> bytes:
    return token if isinstance(token, bytes) else token.encode()


def check_refused(material: Material, token: str | bytes) -> None:
    for method in ("GET", "POST"):
        response = ask(material.server, token, method)
        assert (response.status_code, response.json()["error"]) == (401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
        assert material.person.id not in response.text
        assert material.stranger.id not in response.text
