"""The only doors to the database: `read`, `insert` and `write`, each under one identity."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import asyncpg

from todo_server.database import guard
from todo_server.database.pool import Pool
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

Values: TypeAlias = dict[str, Any]
Work: TypeAlias = Callable[[asyncpg.Connection, Statement, Values], Awaitable[Any]]


class Database:
    """A bounded pool of connections to one PostgreSQL.

    It connects when first asked, and waits a bounded time for a database that is asleep or
    restarting. All three doors raise UnavailableError when that time runs out, NotReadyError on a
    database that `guard` refuses, and UnauthenticatedError where the identity has ended.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._arguments: dict[str, Any] = {
            "timeout": CONNECT_TIMEOUT,
            "command_timeout": STATEMENT_TIMEOUT,
            **connect_arguments(url),
        }
        self._pool_size = pool_size
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """Close all connections; called when no request is in flight."""
        if self._pool is not None:
            await self._pool.close()

    async def check(self) -> None:
        """Prove that a new connection could be used; see `guard.check`."""
        try:
            connection = await asyncpg.connect(**self._arguments)
        except (*_AWAY, *_OVERLOADED, asyncpg.PostgresError) as error:
            raise UnavailableError(f"The database does not answer: {error}") from error
        try:
            await guard.check(connection)
        finally:
            await connection.close()

    async def read(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401 - whatever the statement selects
        """Run a statement made by `rows.reading`, in one round trip; give its one value."""
        values["owner"] = identity.user_id
        return await self._run(_read, statement, values)

    async def insert(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401 - as above
        """Run a statement made by `rows.insert_mine`, in one round trip; give its one value."""
        values["owner"] = identity.user_id
        return await self._run(_insert, statement, values)

    async def write(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401 - as above
        """Run a statement made by `rows.update_mine` or `delete_mine` in a transaction.

        Three round trips: BEGIN with the identity, the statement, COMMIT. Gives the first value
        of the first row, or None where no row of the user's own was met.
        """
        values["owner"] = identity.user_id
        return await self._run(_write, statement, values)

    async def _run(self, work: Work, statement: Statement, values: Values) -> Any:  # noqa: ANN401
        """Do the work on a connection, again and again while the database is away."""
        deadline = 0.0
        delay = 0.02
        while True:
            try:
                return await self._attempt(work, statement, values)
            except asyncpg.DataError:
                raise  # an InterfaceError by its class, and a mistake of ours by its nature
            except _AWAY as error:
                now = asyncio.get_running_loop().time()
                deadline = deadline or now + PATIENCE
                if now + delay > deadline:
                    raise UnavailableError from error
            except _OVERLOADED as error:
                raise UnavailableError from error
            await asyncio.sleep(delay)
            delay = min(delay * 2, 0.5)

    async def _attempt(self, work: Work, statement: Statement, values: Values) -> Any:  # noqa: ANN401
        pool = self._pool or await self._open()
        connection = await pool.acquire()
        try:
            return await work(connection, statement, values)
        except BaseException:
            # A statement or a transaction may still be open on it: nobody else must meet that.
            connection.terminate()
            raise
        finally:
            pool.release(connection)

    async def _open(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                connection = await asyncpg.connect(**self._arguments)
                try:
                    await guard.check(connection)
                    if await guard.forgets_prepared_statements(connection):
                        self._arguments["statement_cache_size"] = 0
                finally:
                    await connection.close()
                self._pool = Pool(self._connect, self._pool_size, PATIENCE)
            return self._pool

    async def _connect(self) -> asyncpg.Connection:
        connection: asyncpg.Connection = await asyncpg.connect(**self._arguments)
        try:
            await guard.check(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection


async def _read(connection: asyncpg.Connection, statement: Statement, values: Values) -> Any:  # noqa: ANN401
    row = await connection.fetchrow(statement.sql, *statement.arguments(values))
    if row is None:
        raise UnauthenticatedError
    return row[0]


async def _insert(connection: asyncpg.Connection, statement: Statement, values: Values) -> Any:  # noqa: ANN401
    try:
        return await _read(connection, statement, values)
    except _AWAY as error:
        raise _in_doubt() from error


async def _write(connection: asyncpg.Connection, statement: Statement, values: Values) -> Any:  # noqa: ANN401
    await connection.execute(_begin_as(values["owner"]))
    value = await connection.fetchval(statement.sql, *statement.arguments(values))
    try:
        await connection.execute("COMMIT")
    except (*_AWAY, TimeoutError) as error:
        raise _in_doubt() from error
    return value


def _begin_as(owner: str) -> str:
    # In one message, so that it costs one round trip; such messages take no parameters, hence
    # the id as hex, which needs no quoting.
    as_hex = owner.encode().hex()
    return f"BEGIN; SELECT set_config('{SETTING}', convert_from('\\x{as_hex}', 'UTF8'), true)"


def _in_doubt() -> UnavailableError:
    return UnavailableError(
        "The connection to the database broke while the change was being saved. "
        "Look whether it is there before you send it again."
    )
