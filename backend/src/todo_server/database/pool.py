"""A bounded pool of connections, the most recently used first, that no user can have all of.

asyncpg's own pool costs more CPU per request than the query it is for (docs/decisions/0011): it
resets session state that is never set here, shields that in a task, and hands out proxies. Why
one user never has more than half of it: docs/decisions/0014.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import asyncpg

from todo_server.database.connection import Connection
from todo_server.errors import UnavailableError

MAX_IDLE = 300.0
"""Seconds after which an unused connection is not trusted: firewalls forget it silently."""

TICK = 0.25
"""Seconds between looks for who has waited too long, and between tries of a full database."""

_BUSY = "Too many requests are waiting for the database."

# What a waiter is given: a connection, or None, the right to make one. And until when it waits.
Waiter: TypeAlias = tuple[asyncio.Future[Connection | None], float]


class Pool:
    """At most `size` connections, made when needed, and half of them for one owner.

    Whoever comes later waits in line: each owner in one of their own, which are served in turn.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[Connection]], size: int, patience: float
    ) -> None:
        self._connect = connect
        self._vacancies = size
        self._share = (size + 1) // 2
        self._patience = patience
        self._idle: list[tuple[Connection, float]] = []
        self._lent: dict[Connection, tuple[str, float]] = {}  # to whom, since when
        self._held: dict[str, int] = {}  # with those that are being made
        # While anything is free, whoever waits here has their share, or the database is full.
        self._waiting: OrderedDict[str, deque[Waiter]] = OrderedDict()
        self._turning_away: asyncio.TimerHandle | None = None
        self._trying_again: asyncio.TimerHandle | None = None  # while the database gives no more
        self._loop = asyncio.get_running_loop()

    async def acquire(self, owner: str) -> Connection:
        """Give a connection that nobody else has; UnavailableError after `patience` seconds."""
        held = self._held.get(owner, 0)
        if self._idle and held < self._share:  # as nearly always
            self._held[owner] = held + 1
            connection = self._take() or await self._make(owner)
        else:
            connection = await self._get(owner)
        self._lent[connection] = owner, self._loop.time()
        return connection

    def release(self, connection: Connection) -> None:
        """Take a connection back; one that was terminated makes room for another."""
        owner, _ = self._lent.pop(connection)
        self._pass_on(owner, None if connection.is_closed() else connection)

    def lent_since(self, latest: float) -> list[Connection]:
        """Give the connections that are out since an instant of the loop, or longer."""
        return [connection for connection, (_, since) in self._lent.items() if since <= latest]

    def distrust(self) -> None:
        """Drop what is idle: another connection broke, and these lead to the same place."""
        for connection, _ in self._idle:
            connection.terminate()
        self._vacancies += len(self._idle)
        self._idle.clear()

    async def close(self) -> None:
        """Close what is idle; nothing is acquired any more."""
        for connection, _ in self._idle:
            await connection.close(timeout=2)
        self._idle.clear()

    async def _get(self, owner: str) -> Connection:
        held = self._held.get(owner, 0)
        if held < self._share and (self._idle or self._may_make()):
            self._held[owner] = held + 1
            connection = self._take()
        else:
            connection = await self._wait(owner)
        return connection or await self._make(owner)

    def _take(self) -> Connection | None:
        while self._idle:
            connection, since = self._idle.pop()
            if not connection.is_closed() and self._loop.time() - since < MAX_IDLE:
                return connection
            connection.terminate()
            self._vacancies += 1
        self._vacancies -= 1
        return None

    def _may_make(self) -> bool:
        return self._vacancies > 0 and (self._trying_again is None or not self._lent)

    async def _make(self, owner: str) -> Connection:
        try:
            connection = await self._connect()
        except BaseException as error:
            is_full = isinstance(error.__cause__ or error, asyncpg.TooManyConnectionsError)
            if not (is_full and self._lent):
                self._pass_on(owner, None)
                raise
        else:
            self._try_again()
            return connection
        # The database gives no more at the moment: wait for one of those that there are.
        if self._trying_again is None:
            self._trying_again = self._loop.call_later(TICK, self._end_of_trying)
        self._count_down(owner)
        self._vacancies += 1
        return await self._get(owner)

    def _end_of_trying(self) -> None:
        self._trying_again = None
        self._try_again()

    def _try_again(self) -> None:
        """Let one of those who wait make a connection, which nobody else would if it is over."""
        if self._waiting and self._may_make() and (future := self._next()):
            self._vacancies -= 1
            future.set_result(None)

    async def _wait(self, owner: str) -> Connection | None:
        future: asyncio.Future[Connection | None] = self._loop.create_future()
        until = self._loop.time() + self._patience
        self._waiting.setdefault(owner, deque()).append((future, until))
        if self._turning_away is None:
            self._turning_away = self._loop.call_later(self._patience, self._turn_away)
        try:
            return await future
        except BaseException:
            if future.done() and not future.cancelled() and future.exception() is None:
                self._pass_on(owner, future.result())  # given to somebody who has left meanwhile
            raise

    def _turn_away(self) -> None:
        """Refuse those who have waited too long: one timer for all."""
        now = self._loop.time()
        for owner, line in list(self._waiting.items()):
            while line and line[0][1] <= now:
                future, _ = line.popleft()
                if not future.done():
                    future.set_exception(UnavailableError(_BUSY))
            if not line:
                del self._waiting[owner]
        self._turning_away = None
        if self._waiting:
            self._turning_away = self._loop.call_later(TICK, self._turn_away)

    def _pass_on(self, owner: str, usable: Connection | None) -> None:
        """Take back what an owner held, and give it to the next one."""
        self._count_down(owner)
        if self._waiting and (future := self._next()):
            future.set_result(usable)
        elif usable is None:
            self._vacancies += 1
        else:
            self._idle.append((usable, self._loop.time()))

    def _count_down(self, owner: str) -> None:
        self._held[owner] -= 1
        if not self._held[owner]:
            del self._held[owner]

    def _next(self) -> asyncio.Future[Connection | None] | None:
        """Choose who waits longest of the owner whose turn it is, and count it as theirs."""
        while (owner := self._whose_turn()) is not None:
            line = self._waiting[owner]
            future, _ = line.popleft()
            if line:
                self._waiting.move_to_end(owner)
            else:
                del self._waiting[owner]
            if not future.done():  # it would be, of one who has left
                self._held[owner] = self._held.get(owner, 0) + 1
                return future
        return None

    def _whose_turn(self) -> str | None:
        # No more than two owners can have their share.
        return next((o for o in self._waiting if self._held.get(o, 0) < self._share), None)
