"""A bounded pool of connections, the most recently used first.

asyncpg's own pool costs more CPU per request than the query it is for (docs/decisions/0011): it
resets session state that is never set here, shields that in a task, and hands out proxies.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import asyncpg

from todo_server.errors import UnavailableError

MAX_IDLE = 300.0
"""Seconds after which an unused connection is not trusted: firewalls forget it silently."""


class Pool:
    """At most `size` connections, made when needed; whoever comes later waits in line."""

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], size: int, patience: float
    ) -> None:
        self._connect = connect
        self._vacancies = size
        self._patience = patience
        self._idle: list[tuple[asyncpg.Connection, float]] = []
        # A waiter is given a connection, or None: the right to make one. And until when it waits.
        self._waiting: deque[tuple[asyncio.Future[asyncpg.Connection | None], float]] = deque()
        self._turning_away: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    async def acquire(self) -> asyncpg.Connection:
        """Give a connection that nobody else has; UnavailableError after `patience` seconds."""
        while self._idle:
            connection, since = self._idle.pop()
            if not connection.is_closed() and self._loop.time() - since < MAX_IDLE:
                return connection
            connection.terminate()
            self._vacancies += 1
        if self._vacancies:
            self._vacancies -= 1
            waited = None
        else:
            waited = await self._wait()
        return waited or await self._make()

    def release(self, connection: asyncpg.Connection) -> None:
        """Take a connection back; one that was terminated makes room for another."""
        self._pass_on(None if connection.is_closed() else connection)

    async def close(self) -> None:
        """Close what is idle; nothing is acquired any more."""
        for connection, _ in self._idle:
            await connection.close(timeout=2)
        self._idle.clear()

    async def _make(self) -> asyncpg.Connection:
        try:
            return await self._connect()
        except BaseException:
            self._pass_on(None)
            raise

    async def _wait(self) -> asyncpg.Connection | None:
        waiter: asyncio.Future[asyncpg.Connection | None] = self._loop.create_future()
        self._waiting.append((waiter, self._loop.time() + self._patience))
        if self._turning_away is None:
            self._turning_away = self._loop.call_later(self._patience, self._turn_away)
        try:
            return await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._pass_on(waiter.result())  # given to somebody who has left meanwhile
            raise

    def _turn_away(self) -> None:
        """Refuse those who have waited too long: one timer for all, since they stand in line."""
        now = self._loop.time()
        while self._waiting and self._waiting[0][1] <= now:
            waiter, _ = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(
                    UnavailableError("Too many requests are waiting for the database.")
                )
        self._turning_away = None
        if self._waiting:
            self._turning_away = self._loop.call_at(self._waiting[0][1], self._turn_away)

    def _pass_on(self, usable: asyncpg.Connection | None) -> None:
        while self._waiting:
            waiter, _ = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(usable)
                return
        if usable is None:
            self._vacancies += 1
        else:
            self._idle.append((usable, self._loop.time()))
