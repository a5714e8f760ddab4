"""A server in a thread, on a port of its own, and the people who use it."""

import asyncio
import secrets
import socket
import threading
import time
from typing import Any, Self

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.contract import check_response
from todo_server.app import create_app
from todo_server.config import Settings
from todo_server.http_protocol import DeadlineProtocol

SECRET = "a secret for tests that is long enough"


def settings(database_url: str, **values: Any) -> Settings:
    """Settings that come from here alone, not from the environment."""
    defaults = {"auth_mode": "shared_secret", "better_auth_secret": SECRET}
    return Settings(_env_file=None, database_url=database_url, **(defaults | values))


class RunningServer:
    """`with RunningServer(settings) as server:`; `server.url` is where it listens."""

    def __init__(
        self, its_settings: Settings, protocol: type[DeadlineProtocol] = DeadlineProtocol
    ) -> None:
        assert its_settings.database_url is not None
        self.database_url = its_settings.database_url.get_secret_value()
        self.app = create_app(its_settings)
        config = uvicorn.Config(
            self.app,
            http=protocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        # As on the sockets that asyncio makes itself: without it every answer waits for 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.run(self._server.serve([self._socket]))

    def __enter__(self) -> Self:
        self._thread.start()
        with httpx.Client(transport=httpx.HTTPTransport(retries=5)) as client:
            client.get(f"{self.url}/livez").raise_for_status()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=30)
        self._socket.close()


def token_for(subject: str, secret: str = SECRET, **claims: Any) -> str:
    """Sign what an auth server with the shared secret would."""
    now = int(time.time())
    return jwt.encode(
        {"alg": "HS256"},
        {"sub": subject, "iat": now, "exp": now + 900, **claims},
        OctKey.import_key(secret),
    )


class User(httpx.Client):
    """A fresh user, signed in; every answer is held against the contract."""

    def __init__(self, server: RunningServer, user_id: str | None = None, **options: Any) -> None:
        self.server = server
        self.id = user_id or secrets.token_urlsafe(24)
        self.token = token_for(self.id)
        self.path = f"/api/{self.id}/tasks"
        super().__init__(
            base_url=server.url,
            headers={"Authorization": f"Bearer {self.token}"},
            event_hooks={"response": [check_response]},
            timeout=30,
            **options,
        )

    def create(self, title: str = "Buy milk", **members: Any) -> dict[str, Any]:
        """Create a task; gives it as the server answered."""
        response = self.post(self.path, json={"title": title, **members})
        assert response.status_code == 201, response.text
        task: dict[str, Any] = response.json()
        return task

    def task(self, task_id: str) -> httpx.Response:
        return self.get(f"{self.path}/{task_id}")

    def tasks(self, **query: Any) -> list[dict[str, Any]]:
        response = self.get(self.path, params=query)
        assert response.status_code == 200, response.text
        listed: list[dict[str, Any]] = response.json()
        return listed


def nobody(server: RunningServer, **options: Any) -> httpx.Client:
    """A client without a token."""
    return httpx.Client(
        base_url=server.url, event_hooks={"response": [check_response]}, timeout=30, **options
    )
