"""The only doors to the database: `read`, `change`, `write` and `transaction` of an identity."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Self, TypeAlias, TypeVar
from uuid import UUID

import asyncpg

from todo_server.database import guard
from todo_server.database.pool import Pool
from todo_server.database.rows import SETTING
from todo_server.database.statement import Statement
from todo_server.database.url import connect_arguments
from todo_server.domain.identity import Identity
from todo_server.errors import UnauthenticatedError, UnavailableError

PATIENCE = 5.0
"""Seconds for which a request waits for a free connection, or for a database that is away."""

CONNECT_TIMEOUT = 10.0
"""Seconds that one attempt to connect may take; a sleeping hosted database needs a few."""

STATEMENT_TIMEOUT = 15.0
"""Seconds after which a statement is given up, and cancelled."""

CANCEL_TIMEOUT = 1.0
"""Seconds that the cancelling may take."""

# The connection broke, or a new one was not made: what was last sent was done, or was not.
_BROKEN = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asyncpg's own state, upset by the end of the connection
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
# The database is starting or standing by, two requests met, or a plan went stale by a migration:
# it has refused, and so written nothing.
_REFUSED = (
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InvalidCachedStatementError,
)
_AWAY = (*_BROKEN, *_REFUSED)
# The database cannot do more at the moment, or took too long: trying again at once makes it worse.
_OVERLOADED = (
    TimeoutError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
)

_ENDED = "The session has ended; sign in again."

Result = TypeVar("Result")
Values: TypeAlias = dict[str, Any]
Work: TypeAlias = Callable[..., Awaitable[Any]]
"""What is done with a connection: its first argument."""


class _MaybeDoneError(Exception):
    """The connection broke under a change that may be tried again."""


class Transaction:
    """An open transaction of one identity, for the steps given to `Database.transaction`."""

    def __init__(self, connection: asyncpg.Connection, identity: Identity) -> None:
        self._connection = connection
        self._fixed = {"owner": identity.user_id, "session": identity.session_id}

    def without_session(self) -> "Transaction":
        """Go on where the identity's session has been ended by these very steps."""
        owner = str(self._fixed["owner"])
        return Transaction(self._connection, Identity(owner))

    async def run(self, statement: Statement, **values: object) -> Any:  # noqa: ANN401 - whatever it gives
        """Run a statement made by the functions in `rows`; give the first value of its row."""
        arguments = statement.arguments(values | self._fixed)
        return await self._connection.fetchval(statement.sql, *arguments)


Steps: TypeAlias = Callable[[Transaction], Awaitable[Result]]


class Database:
    """A bounded pool of connections to one PostgreSQL.

    It connects when first asked, and waits a bounded time for a database that is asleep or
    restarting. All doors raise UnavailableError when that time runs out, NotReadyError on a
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

    async def __aenter__(self) -> Self:
        """Give itself, to be closed at the end of the block."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    async def close(self) -> None:
        """Close all connections; called when no request is in flight."""
        if self._pool is not None:
            await self._pool.close()

    async def check(self) -> None:
        """Prove that the database could be used; see `guard.check`."""
        await self._run(guard.check)

    async def read(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401 - whatever the statement selects
        """Run a statement made by `rows.reading`, in one round trip; give its one value."""
        values |= {"owner": identity.user_id, "session": identity.session_id}
        return await self._run(_read, statement, values)

    async def change(
        self, identity: Identity, statement: Statement, *, repeatable: bool, **values: object
    ) -> Any:  # noqa: ANN401 - as above
        """Run a statement made by `rows.insert_mine` or `changing`, in one round trip.

        Gives its one value. When the connection breaks meanwhile, the change may have been made.
        One that is `repeatable`, as doing it twice comes to the same unless somebody else changes
        the row in between, is tried again. Otherwise an UnavailableError says so.
        """
        values |= {"owner": identity.user_id, "session": identity.session_id}
        return await self._run(_repeatably if repeatable else _once, statement, values)

    async def write(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401 - as above
        """Run a statement made by `rows.update_mine` or `delete_mine` in a transaction.

        Three round trips: BEGIN with the identity, the statement, COMMIT. Gives the first value
        of the first row, or None where no row of the user's own was met.
        """
        values |= {"owner": identity.user_id, "session": identity.session_id}
        return await self._run(_write, statement, values)

    async def transaction(self, identity: Identity, steps: Steps[Result]) -> Result:
        """Run several steps in one transaction of the identity; all of them happen, or none.

        Steps may run more than once, each time in a new transaction, until one is committed.
        """

        async def begin_step_commit(connection: asyncpg.Connection) -> Result:
            await _begin(connection, identity.user_id, identity.session_id)
            result = await steps(Transaction(connection, identity))
            await _commit(connection)
            return result

        result: Result = await self._run(begin_step_commit)
        return result

    async def find(self, statement: Statement, wanted: object) -> dict[str, Any] | None:
        """Run a statement made by `rows.finding`, in one round trip; give its row."""
        row = await self._run(_fetch, statement, {"wanted": wanted})
        return None if row is None or row[0] is None else json.loads(row[0])

    async def fetch(self, statement: Statement, **values: object) -> list[asyncpg.Record]:
        """Run a statement on tables that belong to no user; no identity is set, ever."""
        rows: list[asyncpg.Record] = await self._run(_fetch_all, statement, values)
        return rows

    async def _run(self, work: Work, *arguments: object) -> Any:  # noqa: ANN401
        """Do the work on a connection, again and again while the database is away."""
        deadline = 0.0
        delay = 0.02
        refusal = UnavailableError()
        while True:
            try:
                return await self._attempt(work, arguments)
            except asyncpg.DataError:
                raise  # an InterfaceError by its class, and a mistake of ours by its nature
            except _OVERLOADED as error:
                raise refusal from error
            except (*_AWAY, _MaybeDoneError) as error:
                if isinstance(error, _MaybeDoneError):
                    refusal = _in_doubt()
                now = asyncio.get_running_loop().time()
                deadline = deadline or now + PATIENCE
                if now + delay > deadline:
                    raise refusal from error
            await asyncio.sleep(delay)
            delay = min(delay * 2, 0.5)

    async def _attempt(self, work: Work, arguments: tuple[object, ...]) -> Any:  # noqa: ANN401
        pool = self._pool or await self._open()
        connection = await pool.acquire()
        try:
            return await work(connection, *arguments)
        except BaseException as error:
            if isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError):
                await _cancelled(connection)
            # A statement or a transaction may still be open on it: nobody else must meet that.
            connection.terminate()
            raise
        finally:
            pool.release(connection)

    async def _open(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                connection = await self._dial()
                try:
                    await guard.check(connection)
                    if await guard.forgets_prepared_statements(connection):
                        self._arguments["statement_cache_size"] = 0
                finally:
                    await connection.close()
                self._pool = Pool(self._connect, self._pool_size, PATIENCE)
            return self._pool

    async def _dial(self) -> asyncpg.Connection:
        try:
            return await asyncpg.connect(**self._arguments)
        except TimeoutError as error:  # asleep or starting, which is no statement that took long
            raise ConnectionError("the database did not answer in time") from error

    async def _connect(self) -> asyncpg.Connection:
        connection = await self._dial()
        try:
            await guard.check(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection


async def _fetch(connection: asyncpg.Connection, statement: Statement, values: Values) -> Any:  # noqa: ANN401
    return await connection.fetchrow(statement.sql, *statement.arguments(values))


async def _fetch_all(connection: asyncpg.Connection, statement: Statement, values: Values) -> Any:  # noqa: ANN401
    return await connection.fetch(statement.sql, *statement.arguments(values))


async def _read(connection: asyncpg.Connection, statement: Statement, values: Values) -> Any:  # noqa: ANN401
    row = await connection.fetchrow(statement.sql, *statement.arguments(values))
    if row is None:
        raise UnauthenticatedError(_ENDED)
    return row[0]


async def _once(connection: asyncpg.Connection, statement: Statement, values: Values) -> Any:  # noqa: ANN401
    try:
        return await _read(connection, statement, values)
    except asyncpg.DataError:
        raise
    except _BROKEN as error:
        raise _in_doubt() from error


async def _repeatably(connection: asyncpg.Connection, statement: Statement, values: Values) -> Any:  # noqa: ANN401
    try:
        return await _read(connection, statement, values)
    except asyncpg.DataError:
        raise
    except TimeoutError as error:
        raise _in_doubt() from error
    except _BROKEN as error:
        raise _MaybeDoneError from error


async def _write(connection: asyncpg.Connection, statement: Statement, values: Values) -> Any:  # noqa: ANN401
    await _begin(connection, values["owner"], values["session"])
    value = await connection.fetchval(statement.sql, *statement.arguments(values))
    await _commit(connection)
    return value


async def _begin(connection: asyncpg.Connection, owner: str, session: UUID | None) -> None:
    # In one message, so that it costs one round trip; such messages take no parameters, hence
    # the id as hex, which needs no quoting.
    user_id = f"convert_from('\\x{owner.encode().hex()}', 'UTF8')"
    message = f"BEGIN; SELECT set_config('{SETTING}', {user_id}, true)"
    if session is not None:
        message += f"; SELECT FROM my_session WHERE user_id = {user_id} AND id = '{session}'"
    # What comes back is the tag of the last statement: how many rows it found.
    if await connection.execute(message) != "SELECT 1":
        raise UnauthenticatedError(_ENDED)


async def _commit(connection: asyncpg.Connection) -> None:
    try:
        await connection.execute("COMMIT")
    except _BROKEN as error:
        raise _in_doubt() from error


async def _cancelled(connection: asyncpg.Connection) -> None:
    """Wait until the statement that took too long is cancelled, which asyncpg has begun.

    PostgreSQL would go on with it after the end of the connection, and change a row that it has
    waited for when the answer was given long ago.
    """
    with suppress(Exception):
        async with asyncio.timeout(CANCEL_TIMEOUT):
            await connection.close()


def _in_doubt() -> UnavailableError:
    return UnavailableError(
        "The connection to the database broke while the change was being saved. "
        "Look whether it is there before you send it again."
    )
