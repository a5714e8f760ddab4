"""People with accounts of the server's own, and servers that keep them."""

import base64
import json
import random
import ssl
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

import httpx
from argon2 import PasswordHasher

from tests.contract import check_response
from tests.server import RunningServer, settings
from todo_server.auth import Passwords
from todo_server.auth.passwords import THREADS
from todo_server.services.accounts import Accounts

PASSWORD = "correct horse battery"

# Names, and what stands behind them, in the order of the answers that carry tokens.
TOKENS = {
    *("access_token", "token", "token_type", "expires_in", "refresh_token"),
    *("user_id", "user_name", "user"),
}
USER = {"id", "email", "name", "created_at"}


class Hasher(PasswordHasher):
    """Argon2id at next to no cost, which counts, and holds whoever hashes while it is closed."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**{"time_cost": 1, "memory_cost": 8, "parallelism": 1} | parameters)
        self.open = threading.Event()
        self.open.set()
        self.busy = threading.Event()
        """That as many verify as can at one time."""
        self.verified = self.running = self.most_running = 0
        self._lock = threading.Lock()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Hold whoever hashes, until this ends or `open` is set."""
        self.open.clear()
        self.busy.clear()
        try:
            yield
        finally:
            self.open.set()

    def verify(self, *arguments: Any, **options: Any) -> Any:
        with self._lock:
            self.verified += 1
            self.running += 1
            self.most_running = max(self.running, self.most_running)
            if self.running == THREADS:
                self.busy.set()
        self.open.wait(30)
        try:
            return super().verify(*arguments, **options)
        finally:
            with self._lock:
                self.running -= 1


class AccountServer(RunningServer):
    """A server with accounts of its own: one worker of several, if they share the database.

    Limits on guessing are out of the way, and hashing is cheap, unless it is said otherwise.
    """

    def __init__(self, database_url: str, *, hasher: PasswordHasher | None = None, **values: Any):
        generous = {
            "auth_mode": "builtin",
            "better_auth_secret": None,
            "sign_in_limit_per_account": "100000/minute",
            "sign_in_limit_per_address": "100000/minute",
        }
        super().__init__(settings(database_url, **generous | values))
        self.as_created: Accounts = self.app.state.accounts
        self.hasher: Any = hasher or Hasher()
        self._passwords: list[Passwords] = []
        self.hash_with(self.hasher)

    def hash_with(self, hasher: PasswordHasher, minimum_length: int = 8) -> None:
        """Replace how passwords are hashed, from now on."""
        self._passwords.append(Passwords(minimum_length, hasher))
        self.app.state.accounts = replace(self.as_created, passwords=self._passwords[-1])

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        for passwords in self._passwords:
            passwords.close()


# Made once: httpx would read all certificates of the world for every client, for 30 ms.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

JSON = {"Content-Type": "application/json"}


def escaped(form: dict[str, Any]) -> bytes:
    """Write JSON in ASCII, which can carry what UTF-8 cannot: lone surrogates."""
    return json.dumps(form).encode()


def header_of(token: str) -> dict[str, Any]:
    """Read what a token says of its key."""
    part = token.partition(".")[0]
    header: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return header


def new_email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def new_address() -> str:
    """An address of its own for everybody, so that nobody is limited for another."""
    return ".".join(["10", *(str(random.randrange(256)) for _ in range(3))])


class Person(httpx.Client):
    """Somebody with a device; every answer is held against the contract."""

    def __init__(
        self, server: RunningServer, *, address: str | None = None, token: str | None = None
    ) -> None:
        self.email = new_email()
        self.password = PASSWORD
        self.address = address or new_address()
        super().__init__(
            base_url=server.url,
            headers={"X-Forwarded-For": self.address},
            event_hooks={"response": [check_response]},
            timeout=30,
            verify=_NO_TLS,
        )
        self.tokens: dict[str, Any] = {}
        if token:
            self.carry({"access_token": token})

    def carry(self, tokens: dict[str, Any]) -> Self:
        """Use these tokens from now on."""
        self.tokens = tokens
        self.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return self

    @property
    def id(self) -> str:
        return str(self.tokens["user_id"])

    def sign_up(self, **members: Any) -> Self:
        form = {"email": self.email, "name": "Ada", "password": self.password, **members}
        response = self.post("/api/auth/sign-up", json=form)
        assert response.status_code == 201, response.text
        return self.carry(response.json())

    def try_to_sign_in(
        self, email: str | None = None, password: str | None = None
    ) -> httpx.Response:
        form = {"email": email or self.email, "password": password or self.password}
        return self.post("/api/auth/sign-in", json=form)

    def sign_in(self, email: str | None = None, password: str | None = None) -> Self:
        response = self.try_to_sign_in(email, password)
        assert response.status_code == 200, response.text
        return self.carry(response.json())

    def try_to_refresh(self, refresh_token: str | None = None) -> httpx.Response:
        form = {"refresh_token": refresh_token or self.tokens["refresh_token"]}
        return self.post("/api/auth/refresh", json=form)

    def refresh(self) -> Self:
        response = self.try_to_refresh()
        assert response.status_code == 200, response.text
        return self.carry(response.json())

    def change(self, current_password: str | None = None, **members: Any) -> httpx.Response:
        form = {"current_password": current_password or self.password, **members}
        return self.patch("/api/auth/account", json=form)

    def leave(self, current_password: str | None = None) -> httpx.Response:
        form = {"current_password": current_password or self.password}
        return self.request("DELETE", "/api/auth/account", json=form)

    def has_access(self) -> bool:
        status = self.get("/api/me/tasks").status_code
        assert status in (200, 401)
        return status == 200

    def create(self, title: str = "Buy milk") -> dict[str, Any]:
        response = self.post("/api/me/tasks", json={"title": title})
        assert response.status_code == 201, response.text
        task: dict[str, Any] = response.json()
        return task


def check_tokens(tokens: dict[str, Any], email: str, name: str = "Ada") -> None:
    """The members of an answer that carries tokens: these, and no others."""
    assert tokens.keys() == TOKENS
    assert tokens["token"] == tokens["access_token"]
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    assert tokens["user"].keys() == USER
    assert tokens["user"]["id"] == tokens["user_id"]
    assert tokens["user"]["name"] == tokens["user_name"] == name
    assert tokens["user"]["email"] == email
