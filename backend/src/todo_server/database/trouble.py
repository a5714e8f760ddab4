"""What errors of the database mean: it is away, it has too much to do, or it is set up wrongly."""

import asyncpg

from todo_server.database.reasons import NotConnectedError
from todo_server.errors import (
    HOW_TO_MIGRATE,
    DatabaseRefusesError,
    NotReadyError,
    TodoServerError,
    UnavailableError,
)

# The connection broke: what was last sent was done, or was not.
BROKEN = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asyncpg's own state, upset by the end of the connection
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
# The database is standing by, two requests met, or a plan went stale by a migration: it has
# refused, and so written nothing.
REFUSED = (
    asyncpg.CannotConnectNowError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InvalidCachedStatementError,
)
AWAY = (*BROKEN, *REFUSED)
# The database cannot do more at the moment, or took too long: trying again at once makes it worse.
OVERLOADED = (
    TimeoutError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
)
# What a migrated database has and allows is not there, as when the schema was dropped meanwhile.
UNPREPARED = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.InsufficientPrivilegeError,
)
# PostgreSQL, or we, have said no, and the connection is as good as before.
_ORDERLY = (
    TodoServerError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)

_LOCKED = "Something else is changing this at the moment. Try again shortly."
_UNPREPARED = f"The database lacks or denies what this version needs. {HOW_TO_MIGRATE}."


class MaybeDoneError(Exception):
    """The connection broke under a change that may be tried again."""


def may_pass(error: Exception) -> bool:
    """Tell whether trying again may help: nothing was done, or may be done twice."""
    if isinstance(error, NotConnectedError):
        return not error.reason.is_lasting
    passes = isinstance(error, (*AWAY, MaybeDoneError)) and not isinstance(error, OVERLOADED)
    return passes and not is_mistake(error)


def refusal_for(error: Exception) -> UnavailableError | None:
    """Give what is answered where trying again is in vain; None for what is unforeseen."""
    refusal: UnavailableError | None = None
    if isinstance(error, UnavailableError):
        refusal = error
    elif isinstance(error, NotConnectedError) and error.reason.is_lasting:
        refusal = DatabaseRefusesError()
    elif isinstance(error, asyncpg.LockNotAvailableError):
        refusal = UnavailableError(_LOCKED)
    elif isinstance(error, UNPREPARED):
        refusal = NotReadyError(_UNPREPARED)
    elif isinstance(
        error, (*AWAY, *OVERLOADED, NotConnectedError, MaybeDoneError)
    ) and not is_mistake(error):
        refusal = UnavailableError()
    return refusal


def is_broken(error: BaseException) -> bool:
    """Tell whether the connection is, so that others to the same place may be."""
    found = error.__cause__ or error
    return isinstance(found, BROKEN) and not is_mistake(found)


def is_mistake(error: BaseException) -> bool:
    """Tell whether a value was of the wrong type: an InterfaceError, by its class alone."""
    return isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)


def leaves_in_order(error: BaseException) -> bool:
    """Tell whether a connection is still good after an error, but for an open transaction."""
    return isinstance(error, _ORDERLY) and not isinstance(error, UnavailableError)
