"""An auth server for tests: it signs tokens, and publishes its keys over HTTP."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import uuid4

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

KINDS: dict[str, Any] = {
    "EdDSA": OKPKey.generate_key,
    "Ed25519": OKPKey.generate_key,
    "ES256": ECKey.generate_key,
    "RS256": RSAKey.generate_key,
    "PS256": RSAKey.generate_key,
}
ALGORITHMS = tuple(KINDS)


class _Signing(jws.JWSRegistry):
    def get_alg(self, name: str):
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


_SIGNING = _Signing(algorithms=[*ALGORITHMS, "HS256", "ES256K", "ES384", "Ed448", "RS512"])


class SigningKey:
    """A key pair with an id, as an auth server has it."""

    def __init__(self, algorithm: str = "EdDSA", key: Any = None, **members: Any) -> None:
        self.algorithm = algorithm
        self.key: Any = key or KINDS[algorithm]()
        self.id = members.get("kid", uuid4().hex)
        self.jwk = {"alg": algorithm, **self.key.as_dict(private=False), "kid": self.id, **members}

    def sign(self, claims: Any, **header: Any) -> str:
        """Sign these claims, or these bytes; a header given as None is left out."""
        header = {"alg": self.algorithm, "kid": self.id, **header}
        header = {name: value for name, value in header.items() if value is not None}
        payload = claims if isinstance(claims, bytes) else json.dumps(claims)
        return jws.serialize_compact(header, payload, self.key, registry=_SIGNING)


class Issuer:
    """`with Issuer(SigningKey()) as issuer:`; what it answers is set by its attributes."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys = list(keys)
        self.status = 200
        self.headers: dict[str, str] = {}
        self.delay = 0.0
        """Seconds before each answer."""
        self.drip = 0.0
        """Seconds between the bytes of an answer."""
        self.body: bytes | None = None
        """What is answered instead of the keys."""
        self.requests: list[dict[str, str]] = []
        """The headers of the requests that came."""
        self.answering = threading.Event()
        """Cleared to keep requests waiting."""
        self.answering.set()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"{self.origin}/api/auth/jwks"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What Better Auth says of a user; a claim given as None is left out."""
        now = int(time.time())
        claims = {
            "iat": now,
            "name": "Ada",
            "email": "ada@example.com",
            "id": "BTVgJXFAA5WdlW05NHAJ0kYmMtJPpmPa",
            "sub": "BTVgJXFAA5WdlW05NHAJ0kYmMtJPpmPa",
            "exp": now + 900,
            "iss": self.origin,
            "aud": self.origin,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, **changes: Any) -> str:
        """Sign a token with the newest key."""
        return self.keys[-1].sign(self.claims(**changes))

    def start(self) -> None:
        """Listen, on the same port as before."""
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.answer(self)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def stop(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer a request as the attributes say."""
        body = self.body
        if body is None:  # as it is when the request comes
            body = json.dumps({"keys": [key.jwk for key in self.keys]}).encode()
        self.requests.append({name.lower(): value for name, value in request.headers.items()})
        time.sleep(self.delay)
        self.answering.wait(10)
        try:
            request.send_response(self.status)
            for name, value in self.headers.items():
                request.send_header(name, value)
            request.end_headers()
            pieces = [bytes([byte]) for byte in body] if self.drip else [body]
            for piece in pieces:
                request.wfile.write(piece)
                time.sleep(self.drip)
        except OSError:
            pass  # the client has lost its patience

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
