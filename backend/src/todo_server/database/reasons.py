"""Why no connection is made, in words for everybody and in full for the operator."""

import socket
import ssl
from dataclasses import dataclass
from typing import Final

import asyncpg

from todo_server.database.url import password_of, place_of
from todo_server.errors import TodoServerError

# Trying again may help with these,
_PASSING: Final = (
    ((socket.gaierror,), "its host name is not known"),
    ((ConnectionRefusedError,), "it refuses connections"),
    ((ssl.SSLError,), "TLS with it fails"),
    ((TimeoutError,), "it does not answer in time"),
    ((FileNotFoundError,), "its socket, or a file that DATABASE_URL names, is not there"),
    ((asyncpg.TooManyConnectionsError,), "it has too many connections"),
    ((asyncpg.CannotConnectNowError,), "it is starting or stopping"),
    ((asyncpg.TargetServerAttributeNotMatched,), "no server is as target_session_attrs wants it"),
    (
        (
            OSError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            asyncpg.PostgresConnectionError,
            asyncpg.OperatorInterventionError,
            asyncpg.InsufficientResourcesError,
        ),
        "the connection breaks",
    ),
)
# and only the operator with these.
_LASTING: Final = (
    ((ssl.SSLCertVerificationError,), "its certificate cannot be verified"),
    ((asyncpg.InvalidPasswordError,), "it refuses the password"),
    ((asyncpg.InvalidAuthorizationSpecificationError,), "it refuses the role"),
    ((asyncpg.InvalidCatalogNameError,), "it has no such database"),
    ((asyncpg.InsufficientPrivilegeError,), "it denies the role a right"),
    (
        (asyncpg.UndefinedObjectError, asyncpg.InvalidParameterValueError, ValueError),
        "something in DATABASE_URL is wrong",
    ),
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why no connection was made."""

    words: str
    """For everybody: the kind of cause, without names."""
    error: str
    """For the operator: class and text, without the password."""
    where: str
    """For the operator: host, port and database."""
    is_lasting: bool
    """Whether only the operator can mend it: trying again is in vain."""

    def __str__(self) -> str:
        """Say it to the operator."""
        what = f"{self.words} ({self.where}: {self.error})"
        return f"The database of DATABASE_URL cannot be used: {what}."


class NotConnectedError(Exception):
    """No connection was made, for a reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.error)
        self.reason = reason


def reason_of(error: Exception, url: str) -> Reason:
    """Tell why connecting failed."""
    # The first argument is the message alone: asyncpg would add what PostgreSQL says beside it.
    text = str(error) if isinstance(error, OSError) else str(next(iter(error.args), ""))
    if password := password_of(url):
        text = text.replace(password, "…")
    written = f"{type(error).__name__}: {text[:300]}"
    where = ", ".join(f"{name} {value}" for name, value in place_of(url).items() if value)
    words, is_lasting = _kind_of(error)
    return Reason(words, written, where, is_lasting=is_lasting)


def _kind_of(error: Exception) -> tuple[str, bool]:
    if type(error) is ConnectionError and "SSL" in str(error):
        return "it refuses TLS", False
    for kinds, is_lasting in ((_LASTING, True), (_PASSING, False)):
        for classes, words in kinds:
            if isinstance(error, classes):
                return words, is_lasting
    return "connecting fails", True


def explain(error: TodoServerError) -> str:
    """Say to the operator what only they may read of an error."""
    cause = error.__cause__
    return str(cause.reason) if isinstance(cause, NotConnectedError) else error.message
