"""Tokens as they stand, signed with the shared secret or not."""

import base64
import hmac
import http.client
import json
import time
from contextlib import closing
from typing import Any, TypeAlias

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.contract import answer_of
from tests.server import SECRET, RunningServer

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
            return answer_of(answer, "GET", f"{server.url}{path}")


def check_refused(response: httpx.Response) -> None:
    assert (response.status_code, response.json()["error"]) == (401, "unauthenticated")
    assert response.headers["www-authenticate"] == "Bearer"
    assert SUBJECT not in response.text


GOOD = token(HEADER, claims())
HEAD, BODY, SIGNATURE = GOOD.split(".")
SIGNED = f"{HEAD}.{BODY}".encode()
OTHER = token(HEADER, claims(sub="somebody else", jti="x"))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
