"""The client of the database: a handle for each request, on a bounded pool of connections."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Self

import asyncpg

from todo_server.database import execution, trouble
from todo_server.database.connecting import Connector
from todo_server.database.connection import Connection
from todo_server.database.handle import Arguments, Outcome, RequestHandle
from todo_server.database.idempotency import Key
from todo_server.database.keyed_handle import KeyedHandle
from todo_server.database.pool import Pool
from todo_server.database.reasons import NotConnectedError
from todo_server.database.shared import Shared
from todo_server.database.silence import end_silent_connections
from todo_server.database.statement import Unowned
from todo_server.domain.identity import Identity
from todo_server.errors import NotReadyError, UnavailableError

PATIENCE = 5.0
"""Seconds for which a request waits for a free connection, or for a database that is away."""

CONNECT_TIMEOUT = 10.0
"""Seconds that one attempt to connect may take; a sleeping hosted database needs a few."""

STATEMENT_TIMEOUT = 15.0
"""Seconds after which a statement is given up, and cancelled."""

CHECK_KEPT = 1.0
"""Seconds for which the outcome of a check answers others who ask."""

NOBODY = ""
"""The owner of connections for what belongs to no user; no user has this id."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Database:
    """A bounded pool of connections to one PostgreSQL.

    It connects when first asked, and waits a bounded time for a database that is asleep or
    restarting. All that it does raises UnavailableError when that time runs out, NotReadyError on a
    database that `readiness` refuses, and UnauthenticatedError where the identity has ended.
    """

    def __init__(
        self,
        url: str | Connector,
        *,
        pool_size: int = 10,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._observers: list[asyncio.Event] = []
        self._clock = clock
        if isinstance(url, str):
            timeouts = {"connect_timeout": CONNECT_TIMEOUT, "statement_timeout": STATEMENT_TIMEOUT}
            url = Connector(url, **timeouts)
        self._connector = url
        self._pool_size = pool_size
        self._pool: Pool | None = None
        self._opening = Shared(self._open)
        self._checking = Shared(partial(self._again, self._connector.prove), keep=CHECK_KEPT)
        self._watching: asyncio.Task[None] | None = None

    def apart(self, *, pool_size: int) -> Self:
        """Give a client of the same database whose connections nobody else waits for."""
        return type(self)(self._connector, pool_size=pool_size, clock=self._clock)

    def observe(self) -> asyncio.Event:
        """Give an event of one's own: it is set whenever somebody has asked the database something.

        Once that is done, so that whoever looks then sees what was changed.
        """
        self._observers.append(used := asyncio.Event())
        return used

    async def __aenter__(self) -> Self:
        """Give itself, to be closed at the end of the block."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    async def close(self) -> None:
        """Close all connections; called when no request is in flight."""
        self._opening.cancel()
        self._checking.cancel()
        if self._watching is not None:
            self._watching.cancel()
        if self._pool is not None:
            await self._pool.close()

    async def check(self) -> None:
        """Prove that the database could be used; see `readiness.check`.

        It has a connection of its own, one at a time, and its outcome counts for a second: those
        who ask meanwhile get the same. An UnavailableError says what kind of cause it has.
        """
        try:
            await self._checking()
        except UnavailableError as error:
            cause = error.__cause__
            if isinstance(cause, NotConnectedError):
                message = f"The database cannot be used: {cause.reason.words}."
                raise type(error)(message) from cause
            raise

    def of(self, identity: Identity, origin: str = "", key: Key | None = None) -> RequestHandle:
        """Give the handle by which a request works on the rows of who is asking.

        `origin` is for the log of changes: the request's id, a space, and the client. What a
        request with a `key` changes is changed once.
        """
        if key is not None:
            return KeyedHandle(self._run, identity, self._clock, origin, key)
        return RequestHandle(self._run, identity, self._clock, origin)

    def now(self) -> datetime:
        """Give the present instant, by the clock that all requests have."""
        return self._clock()

    async def fetch(self, statement: Unowned, **values: object) -> list[asyncpg.Record]:
        """Run a statement on tables that belong to no user; no identity is set, ever."""
        return await self._run(NOBODY, execution.fetch, statement, values)

    def _run(
        self,
        owner: str,
        work: Callable[[Connection, *Arguments], Awaitable[Outcome]],
        *arguments: *Arguments,
    ) -> Awaitable[Outcome]:
        """Do the work on a connection of the owner's share."""
        return self._again(self._attempt, owner, work, *arguments)

    async def _again(
        self, attempt: Callable[[*Arguments], Awaitable[Outcome]], *arguments: *Arguments
    ) -> Outcome:
        """Attempt it again and again while the database is away."""
        deadline = 0.0
        delay = 0.02
        doubt: UnavailableError | None = None
        while True:
            try:
                return await attempt(*arguments)
            except Exception as error:
                if isinstance(error, trouble.MaybeDoneError):
                    doubt = execution.in_doubt()
                now = asyncio.get_running_loop().time()
                deadline = deadline or now + PATIENCE
                if not trouble.may_pass(error) or now + delay > deadline:
                    refusal = trouble.refusal_for(error)
                    self._tell(error, refusal)
                    if refusal is None or (refusal is error and doubt is None):
                        raise
                    raise doubt or refusal from error
            await asyncio.sleep(delay)
            delay = min(delay * 2, 0.5)

    def _tell(self, error: Exception, refusal: UnavailableError | None) -> None:
        # Of connections that are not made, the log tells where they are made.
        if refusal is not None and not isinstance(error, (NotConnectedError, NotReadyError)):
            self._connector.incidents.refused(refusal.message, error.__cause__ or error)

    async def _attempt(
        self,
        owner: str,
        work: Callable[[Connection, *Arguments], Awaitable[Outcome]],
        *arguments: *Arguments,
    ) -> Outcome:
        if self._pool is None:
            await self._opening()
        pool = self._pool
        assert pool is not None  # noqa: S101 - just opened
        connection = await pool.acquire(owner)
        try:
            return await work(connection, *arguments)
        except BaseException as error:
            is_good = False
            try:
                is_good = await execution.is_left_good(connection, error)
            finally:
                if not is_good:
                    # A statement or a transaction may still be open on it: nobody else must
                    # meet that.
                    connection.terminate()
                    if trouble.is_broken(error):
                        pool.distrust()
            raise
        finally:
            pool.release(connection)
            for used in self._observers:
                used.set()

    async def _open(self) -> None:
        await self._connector.look()
        self._pool = Pool(self._connector.connect, self._pool_size, PATIENCE)
        watch = end_silent_connections(self._pool, self._connector)
        self._watching = asyncio.get_running_loop().create_task(watch)
