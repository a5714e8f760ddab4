"""The only doors to the database: `read`, `insert` and `write`, each under one identity."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import asyncpg

from todo_server.database import guard
from todo_server.database.rows import SETTING, Statement
from todo_server.database.url import connect_arguments
from todo_server.domain.identity import Identity
from todo_server.errors import UnauthenticatedError, UnavailableError

PATIENCE = 5.0
"""Seconds for which a request waits for a free connection, or for a database that is away."""

CONNECT_TIMEOUT = 10.0
"""Seconds that one attempt to connect may take; a sleeping hosted database needs a few."""

STATEMENT_TIMEOUT = 15.0
"""Seconds after which a statement is given up."""

# The database is away or restarting, or a plan went stale by a migration. Seen before COMMIT,
# each of them means that nothing was written.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InvalidCachedStatementError,
)
# The database cannot do more at the moment, or took too long: trying again at once makes it worse.
_OVERLOADED = (TimeoutError, asyncpg.QueryCanceledError, asyncpg.InsufficientResourcesError)

Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy
Work: TypeAlias = Callable[[Connection], Awaitable[Any]]


class Database:
    """A bounded pool of connections to one PostgreSQL.

    It connects when first asked, and waits a bounded time for a database that is asleep or
    restarting. All three doors raise UnavailableError when that time runs out, NotReadyError on a
    database that `guard` refuses, and UnauthenticatedError where the identity has ended.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._arguments = {"timeout": CONNECT_TIMEOUT} | connect_arguments(url)
        self._pool_size = pool_size
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """Wait for what is running, and close all connections."""
        if self._pool is not None:
            await self._pool.close()

    async def check(self) -> None:
        """Prove that a new connection could be used; see `guard.check`."""
        try:
            connection = await asyncpg.connect(**self._arguments)
        except (*_AWAY, *_OVERLOADED, asyncpg.PostgresError) as error:
            raise UnavailableError(f"The database does not answer: {_reason(error)}") from error
        try:
            await guard.check(connection)
        finally:
            await connection.close()

    async def read(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401 - whatever the statement selects
        """Run a statement made by `rows.reading`, in one round trip; give its one value."""
        values["owner"] = identity.user_id
        arguments = statement.arguments(values)

        async def select(connection: Connection) -> Any:  # noqa: ANN401
            return await connection.fetchrow(statement.sql, *arguments)

        row = await self._run(select)
        if row is None:
            raise UnauthenticatedError
        return row[0]

    async def insert(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401
        """Run a statement made by `rows.insert_mine`, in one round trip; give its one value."""
        values["owner"] = identity.user_id
        arguments = statement.arguments(values)

        async def insert(connection: Connection) -> Any:  # noqa: ANN401
            try:
                return await connection.fetchrow(statement.sql, *arguments)
            except _AWAY as error:
                raise _in_doubt() from error

        row = await self._run(insert)
        if row is None:
            raise UnauthenticatedError
        return row[0]

    async def write(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401
        """Run a statement made by `rows.update_mine` or `delete_mine` in a transaction.

        Three round trips: BEGIN with the identity, the statement, COMMIT. Gives the first value
        of the first row, or None where no row of the user's own was met.
        """
        values["owner"] = identity.user_id
        arguments = statement.arguments(values)

        async def change(connection: Connection) -> Any:  # noqa: ANN401
            try:
                await connection.execute(_begin_as(identity))
                value = await connection.fetchval(statement.sql, *arguments)
                await _commit(connection)
            except BaseException:
                # Whatever is left of the transaction must not reach the next request.
                connection.terminate()
                raise
            return value

        return await self._run(change)

    async def _run(self, work: Work) -> Any:  # noqa: ANN401
        """Give work a connection, again and again while the database is away."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        delay = 0.02
        while True:
            try:
                pool = self._pool or await self._open()
                async with pool.acquire(timeout=PATIENCE) as connection:
                    return await work(connection)
            except asyncpg.DataError:
                raise  # an InterfaceError by its class, and a mistake of ours by its nature
            except _AWAY as error:
                if loop.time() + delay > deadline:
                    raise UnavailableError from error
            except _OVERLOADED as error:
                raise UnavailableError from error
            await asyncio.sleep(delay)
            delay = min(delay * 2, 0.5)

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                connection = await asyncpg.connect(**self._arguments)
                try:
                    await guard.check(connection)
                    forgetful = await guard.forgets_prepared_statements(connection)
                finally:
                    await connection.close()
                self._pool = await asyncpg.create_pool(
                    **self._arguments,
                    min_size=0,
                    max_size=self._pool_size,
                    init=guard.check,
                    reset=_keep,
                    command_timeout=STATEMENT_TIMEOUT,
                    statement_cache_size=0 if forgetful else 100,
                )
            return self._pool


def _begin_as(identity: Identity) -> str:
    # In one message, so that it costs one round trip; such messages take no parameters, hence
    # the id as hex, which needs no quoting.
    owner = identity.user_id.encode().hex()
    return f"BEGIN; SELECT set_config('{SETTING}', convert_from('\\x{owner}', 'UTF8'), true)"


async def _commit(connection: Connection) -> None:
    try:
        await connection.execute("COMMIT")
    except (*_AWAY, TimeoutError) as error:
        raise _in_doubt() from error


def _in_doubt() -> UnavailableError:
    return UnavailableError(
        "The connection to the database broke while the change was being saved. "
        "Look whether it is there before you send it again."
    )


async def _keep(connection: asyncpg.Connection) -> None:
    """Reset nothing on release: no session state is ever set, and a reset costs a round trip."""


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
