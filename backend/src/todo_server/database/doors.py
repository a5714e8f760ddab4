"""The only doors to the database: `read`, `change`, `write` and `transaction` of an identity."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Self, TypeAlias, TypeVar

import asyncpg

from todo_server.database import execution, guard
from todo_server.database.execution import Transaction
from todo_server.database.pool import Pool
from todo_server.database.statement import Statement
from todo_server.database.url import connect_arguments
from todo_server.domain.identity import Identity
from todo_server.errors import UnavailableError

PATIENCE = 5.0
"""Seconds for which a request waits for a free connection, or for a database that is away."""

CONNECT_TIMEOUT = 10.0
"""Seconds that one attempt to connect may take; a sleeping hosted database needs a few."""

STATEMENT_TIMEOUT = 15.0
"""Seconds after which a statement is given up, and cancelled."""

Result = TypeVar("Result")
Work: TypeAlias = Callable[..., Awaitable[Any]]
"""What is done with a connection: its first argument."""
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
        return await self._run(execution.read, statement, values)

    async def change(
        self, identity: Identity, statement: Statement, *, repeatable: bool, **values: object
    ) -> Any:  # noqa: ANN401 - as above
        """Run a statement made by `rows.insert_mine` or `changing`, in one round trip.

        Gives its one value. When the connection breaks meanwhile, the change may have been made.
        One that is `repeatable`, as doing it twice comes to the same unless somebody else changes
        the row in between, is tried again. Otherwise an UnavailableError says so.
        """
        values |= {"owner": identity.user_id, "session": identity.session_id}
        do = partial(execution.change, repeatable=repeatable)
        return await self._run(do, statement, values)

    async def write(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401 - as above
        """Run a statement made by `rows.update_mine` or `delete_mine` in a transaction.

        Three round trips: BEGIN with the identity, the statement, COMMIT. Gives the first value
        of the first row, or None where no row of the user's own was met.
        """
        values |= {"owner": identity.user_id, "session": identity.session_id}
        return await self._run(execution.write, statement, values)

    async def transaction(self, identity: Identity, steps: Steps[Result]) -> Result:
        """Run several steps in one transaction of the identity; all of them happen, or none.

        Steps may run more than once, each time in a new transaction, until one is committed.
        """

        async def begin_step_commit(connection: asyncpg.Connection) -> Result:
            await execution.begin(connection, identity.user_id, identity.session_id)
            result = await steps(Transaction(connection, identity))
            await execution.commit(connection)
            return result

        result: Result = await self._run(begin_step_commit)
        return result

    async def find(self, statement: Statement, wanted: object) -> dict[str, Any] | None:
        """Run a statement made by `rows.finding`, in one round trip; give its row."""
        row = await self._run(execution.fetch, statement, {"wanted": wanted})
        return None if row is None or row[0] is None else json.loads(row[0])

    async def fetch(self, statement: Statement, **values: object) -> list[asyncpg.Record]:
        """Run a statement on tables that belong to no user; no identity is set, ever."""
        rows: list[asyncpg.Record] = await self._run(execution.fetch_all, statement, values)
        return rows

    async def _run(self, do: Work, *arguments: object) -> Any:  # noqa: ANN401
        """Do the work on a connection, again and again while the database is away."""
        deadline = 0.0
        delay = 0.02
        refusal = UnavailableError()
        while True:
            try:
                return await self._attempt(do, arguments)
            except asyncpg.DataError:
                raise  # an InterfaceError by its class, and a mistake of ours by its nature
            except execution.OVERLOADED as error:
                raise refusal from error
            except (*execution.AWAY, execution.MaybeDoneError) as error:
                if isinstance(error, execution.MaybeDoneError):
                    refusal = execution.in_doubt()
                now = asyncio.get_running_loop().time()
                deadline = deadline or now + PATIENCE
                if now + delay > deadline:
                    raise refusal from error
            await asyncio.sleep(delay)
            delay = min(delay * 2, 0.5)

    async def _attempt(self, do: Work, arguments: tuple[object, ...]) -> Any:  # noqa: ANN401
        pool = self._pool or await self._open()
        connection = await pool.acquire()
        try:
            return await do(connection, *arguments)
        except BaseException as error:
            if isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError):
                await execution.cancelled(connection)
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
