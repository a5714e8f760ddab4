"""The only doors to the database: `read`, `change`, `write` and `transaction` of an identity."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Self, TypeAlias, TypeVar

import asyncpg

from todo_server.database import execution, trouble
from todo_server.database.connecting import Connector
from todo_server.database.execution import Transaction
from todo_server.database.pool import Pool
from todo_server.database.reasons import NotConnectedError
from todo_server.database.shared import Shared
from todo_server.database.silence import end_silent_connections
from todo_server.database.statement import Statement
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
        self._connector = Connector(
            url, connect_timeout=CONNECT_TIMEOUT, statement_timeout=STATEMENT_TIMEOUT
        )
        self._pool_size = pool_size
        self._pool: Pool | None = None
        self._opening = Shared(self._open)
        self._checking = Shared(partial(self._again, self._connector.prove), keep=CHECK_KEPT)
        self._watching: asyncio.Task[None] | None = None

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
        """Prove that the database could be used; see `guard.check`.

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

    async def read(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401 - whatever the statement selects
        """Run a statement made by `rows.reading`, in one round trip; give its one value."""
        values |= {"owner": identity.user_id, "session": identity.session_id}
        return await self._run(identity.user_id, execution.read, statement, values)

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
        return await self._run(identity.user_id, do, statement, values)

    async def write(self, identity: Identity, statement: Statement, **values: object) -> Any:  # noqa: ANN401 - as above
        """Run a statement made by `rows.update_mine` or `delete_mine` in a transaction.

        Three round trips: BEGIN with the identity, the statement, COMMIT. Gives the first value
        of the first row, or None where no row of the user's own was met.
        """
        values |= {"owner": identity.user_id, "session": identity.session_id}
        return await self._run(identity.user_id, execution.write, statement, values)

    async def transaction(self, identity: Identity, steps: Steps[Result]) -> Result:
        """Run several steps in one transaction of the identity; all of them happen, or none.

        Steps may run more than once, each time in a new transaction, until one is committed.
        """

        async def begin_step_commit(connection: asyncpg.Connection) -> Result:
            await execution.begin(connection, identity.user_id, identity.session_id)
            result = await steps(Transaction(connection, identity))
            await execution.commit(connection)
            return result

        result: Result = await self._run(identity.user_id, begin_step_commit)
        return result

    async def find(self, statement: Statement, wanted: object) -> dict[str, Any] | None:
        """Run a statement made by `rows.finding`, in one round trip; give its row."""
        row = await self._run(NOBODY, execution.fetch, statement, {"wanted": wanted})
        return None if row is None or row[0] is None else json.loads(row[0])

    async def fetch(self, statement: Statement, **values: object) -> list[asyncpg.Record]:
        """Run a statement on tables that belong to no user; no identity is set, ever."""
        rows: list[asyncpg.Record]
        rows = await self._run(NOBODY, execution.fetch_all, statement, values)
        return rows

    def _run(self, owner: str, do: Work, *arguments: object) -> Awaitable[Any]:
        """Do the work on a connection of the owner's share."""
        return self._again(self._attempt, owner, do, arguments)

    async def _again(self, attempt: Work, *arguments: object) -> Any:  # noqa: ANN401
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

    async def _attempt(self, owner: str, do: Work, arguments: tuple[object, ...]) -> Any:  # noqa: ANN401
        if self._pool is None:
            await self._opening()
        pool = self._pool
        assert pool is not None  # noqa: S101 - just opened
        connection = await pool.acquire(owner)
        try:
            return await do(connection, *arguments)
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

    async def _open(self) -> None:
        await self._connector.look()
        self._pool = Pool(self._connector.connect, self._pool_size, PATIENCE)
        watch = end_silent_connections(self._pool, self._connector)
        self._watching = asyncio.get_running_loop().create_task(watch)
