"""What is done with one connection: a statement, or a transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from todo_server.database.connection import Connection
from todo_server.database.one_trip import LOCK_TIMEOUT, ORIGIN_SETTING, SETTING
from todo_server.database.statement import (
    Change,
    Owned,
    Read,
    RepeatableChange,
    Result,
    Unowned,
    Write,
)
from todo_server.database.trouble import BROKEN, MaybeDoneError, is_mistake, leaves_in_order
from todo_server.errors import TodoServerError, UnauthenticatedError, UnavailableError

Values: TypeAlias = dict[str, Any]

CANCEL_TIMEOUT = 1.0
"""Seconds that the cancelling may take."""

_ENDED = "The session has ended; sign in again."


async def fetch(connection: Connection, statement: Unowned, values: Values) -> list[asyncpg.Record]:
    """Give all rows."""
    rows: list[asyncpg.Record] = await connection.fetch(statement.sql, *statement.arguments(values))
    return rows


def read(connection: Connection, statement: Read[Result], values: Values) -> Awaitable[Result]:
    """Give the first value of the first row; UnauthenticatedError where the identity has ended."""
    return _one_trip(connection, statement, values)


async def change(connection: Connection, statement: Change[Result], values: Values) -> Result:
    """Do as `read`; where the change may have been made, say so, or ask for it once more.

    MaybeDoneError asks for what may be done twice, but not after a time-out.
    """
    try:
        return await _one_trip(connection, statement, values)
    except BROKEN as error:
        if is_mistake(error):
            raise
        raise _doubt(error, repeatable=isinstance(statement, RepeatableChange)) from error


async def write(connection: Connection, statement: Write[Result], values: Values) -> Result:
    """Give the first value of the first row, or None, once it is committed."""
    await begin(connection, values["owner"], values["session"], values["origin"], alone=False)
    value = await step(connection, statement, values)
    await commit(connection)
    return value


async def step(connection: Connection, statement: Owned[Result], values: Values) -> Result:
    """Run a statement of any kind in a transaction that is open, as `read` and `write` do."""
    if not isinstance(statement, Write):
        return await _one_trip(connection, statement, values)
    value: Result = await connection.fetchval(statement.sql, *statement.arguments(values))
    return value


async def _one_trip(
    connection: Connection, statement: Read[Result] | Change[Result], values: Values
) -> Result:
    fetchrow = connection.fetchrow_seldom if statement.rare else connection.fetchrow
    row = await fetchrow(statement.sql, *statement.arguments(values))
    if row is None:
        raise UnauthenticatedError(_ENDED)
    value: Result = row[0]
    return value


async def begin(
    connection: Connection, owner: str, session: UUID | None, origin: str, *, alone: bool = True
) -> None:
    """Open a transaction of an identity; UnauthenticatedError where it has ended.

    Its session cannot end meanwhile. `alone`, as what ends sessions has to be: no other such
    transaction of the account, and nothing that writes in the session, runs at the same time.
    """
    # In one message, so that it costs one round trip; such messages take no parameters, hence
    # texts as hex, which needs no quoting.
    user_id = _text(owner)
    message = f"BEGIN; SET LOCAL lock_timeout = '{LOCK_TIMEOUT}';"
    message += f" SELECT set_config('{SETTING}', {user_id}, true),"
    message += f" set_config('{ORIGIN_SETTING}', {_text(origin)}, true),"
    message += f" pg_advisory_xact_lock(hashtextextended({user_id}, 0))"
    # The account before its sessions, in all that locks both: decision 0015.
    if alone:
        message += f"; SELECT FROM my_account WHERE user_id = {user_id} FOR NO KEY UPDATE"
    if session is not None:
        look = f"SELECT FROM my_session WHERE user_id = {user_id} AND id = '{session}'"
        message += f"; {look} FOR {'UPDATE' if alone else 'KEY SHARE'}"
    # What comes back is the tag of the last statement: how many rows it found.
    found = await connection.execute(message)
    if session is not None and found != "SELECT 1":
        raise UnauthenticatedError(_ENDED)


def _text(value: str) -> str:
    return f"convert_from('\\x{value.encode().hex()}', 'UTF8')"


async def commit(connection: Connection, *, repeatable: bool = False) -> None:
    """End the transaction; where it may have been committed or not, do as `change`."""
    try:
        await connection.execute("COMMIT")
    except BROKEN as error:
        raise _doubt(error, repeatable=repeatable) from error


async def attempt(connection: Connection, step: Callable[[], Awaitable[Result]]) -> Result:
    """Do a step of an open transaction; what it has done is undone where it raises."""
    await connection.execute("SAVEPOINT step")
    try:
        outcome = await step()
    except (asyncpg.IntegrityConstraintViolationError, TodoServerError):
        await connection.execute("ROLLBACK TO SAVEPOINT step")
        raise
    await connection.execute("RELEASE SAVEPOINT step")
    return outcome


async def is_left_good(connection: Connection, error: BaseException) -> bool:
    """Undo what is open after an error; tell whether the connection is as it was before."""
    if isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError):
        await cancelled(connection)
        return False
    if not leaves_in_order(error):
        return False
    if connection.is_in_transaction():
        with suppress(Exception):
            await connection.execute("ROLLBACK")
    return not (connection.is_closed() or connection.is_in_transaction())


async def cancelled(connection: Connection) -> None:
    """Wait until the statement that took too long is cancelled, which asyncpg has begun.

    PostgreSQL would go on with it after the end of the connection, and change a row that it has
    waited for when the answer was given long ago.
    """
    with suppress(Exception):
        async with asyncio.timeout(CANCEL_TIMEOUT):
            await connection.close()


def _doubt(error: BaseException, *, repeatable: bool) -> Exception:
    if repeatable and not isinstance(error, TimeoutError):
        return MaybeDoneError()
    return in_doubt()


def in_doubt() -> UnavailableError:
    """Make the error of a change that was made, or was not."""
    return UnavailableError(
        "The database did not confirm the change, which may have been saved. "
        "Look whether it is there before you send it again, unless it has an Idempotency-Key."
    )
