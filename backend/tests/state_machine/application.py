"""The application in this very process, on a real PostgreSQL, by a clock that stands still."""

import asyncio
import json
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

import asyncpg
import httpx

from tests.contract import check_response
from tests.server import settings
from todo_server.app import create_app
from todo_server.database import Database

Outcome = TypeVar("Outcome")


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()
"""Where there is no body; `null` is one."""


class Clock:
    """The time of the application: it moves when it is told to, backwards as well."""

    def __init__(self) -> None:
        self.set()

    def set(self) -> None:
        """Set it by that of the machine."""
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


class Application:
    """`with Application(url) as application:`; requests go in by ASGI, without a socket."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self._url = url
        self._app = create_app(settings(url))
        self._app.state.database = Database(url, pool_size=2, clock=self.clock)
        self.document: dict[str, Any] = self._app.openapi()
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        self._run(self._open())
        return self

    def __exit__(self, *exception: object) -> None:
        self._run(self._close())
        self._loop.close()

    def request(
        self, method: str, target: str, headers: dict[str, str], body: Any = ABSENT
    ) -> httpx.Response:
        """Send a request; its answer is held against the contract."""
        (response,) = self.together((method, target, headers, body))
        return response

    def together(self, *requests: tuple[str, str, dict[str, str], Any]) -> list[httpx.Response]:
        """Send some requests at once."""

        async def send() -> list[httpx.Response]:
            return await asyncio.gather(*(self._send(*request) for request in requests))

        responses = self._run(send())
        for response in responses:
            check_response(response)
        return responses

    async def _send(
        self, method: str, target: str, headers: dict[str, str], body: Any
    ) -> httpx.Response:
        content = None
        if body is not ABSENT:
            content = json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **headers}
        return await self._client.request(method, target, headers=headers, content=content)

    def rows(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Read the database as one who sees all."""
        return self._run(self._connection.fetch(sql, *arguments))

    def _run(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        return self._loop.run_until_complete(work)

    async def _open(self) -> None:
        transport = httpx.ASGITransport(self._app)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://application")
        self._connection = await asyncpg.connect(self._url)
        # As Python has it, and not as text.
        await self._connection.set_type_codec(
            "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )

    async def _close(self) -> None:
        await self._client.aclose()
        await self._connection.close()
        await self._app.state.database.close()
