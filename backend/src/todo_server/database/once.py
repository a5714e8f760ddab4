"""What is done once for a key: by its first request; others are given what that was answered."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from asyncpg import IntegrityConstraintViolationError, UniqueViolationError
from sqlalchemy import DateTime, bindparam, func

from todo_server.database.idempotency import CONSTRAINT, KEY, KEYS, RESULT, Key, keep
from todo_server.database.one_trip import AS_IT_IS, read_statement, select_owned
from todo_server.database.owned import delete_owned, write_statement
from todo_server.database.statement import Read, Write
from todo_server.errors import (
    IdempotencyKeyReusedError,
    TodoServerError,
    UnauthenticatedError,
    UnavailableError,
)
from todo_server.models import IdempotencyKey

KEPT = timedelta(hours=24)
"""For how long a key stands for its first request."""

_TRIES = 3
"""How often a key may turn out to have come to its end while it was looked up."""

Kept: TypeAlias = list[bytes]
"""What can be kept: a row, or the parts of an answer."""

Run: TypeAlias = Callable[..., Awaitable[Any]]
"""Runs a statement as if there were no key."""

_since = bindparam("since", type_=DateTime(timezone=True))
_stored = func.array_prepend(KEYS.c.fingerprint, KEYS.c.result)

STORED: Read[Kept | None] = read_statement(
    select_owned(IdempotencyKey, _stored).where(KEYS.c.key == KEY, KEYS.c.created_at > _since)
)
FORGET: Write[None] = write_statement(
    delete_owned(IdempotencyKey).where(KEYS.c.key == KEY, KEYS.c.created_at <= _since)
)
KEEP: Write[None] = write_statement(keep(RESULT))


def values_of(key: Key, now: datetime) -> dict[str, Any]:
    """Give the values by which a statement keeps a key."""
    return {"idempotency_key": key.text, "fingerprint": key.fingerprint, "kept_at": now}


async def once(
    attempt: Callable[[], Awaitable[Any]], run: Run, key: Key, now: datetime
) -> tuple[Any, bool]:
    """Give what the attempt gives, or did for another request with this key; tell which it is.

    An attempt keeps the key itself, if it succeeds. IdempotencyKeyReusedError if the other request
    was not the same.
    """
    for _ in range(_TRIES):
        outcome, refusal = await _tried(attempt)
        if refusal is None and not is_refused(outcome):
            return outcome, False
        stored = await look_up(run, key, now)
        if stored is not None:
            return stored, True
        if refusal is None:
            return outcome, False
        if not (isinstance(refusal, UniqueViolationError) and _is_taken(refusal)):
            raise refusal
        await run(FORGET, **_which(key, now))  # its time is over: it may be taken anew
    raise UnavailableError


async def look_up(run: Run, key: Key, now: datetime) -> Kept | None:
    """Give what the first request with this key was answered, or None; raises as `once`."""
    stored: Kept | None = await run(STORED, **_which(key, now))
    if stored is None:
        return None
    if stored[0] != key.fingerprint:
        raise IdempotencyKeyReusedError
    return stored[1:]


def _which(key: Key, now: datetime) -> dict[str, object]:
    return {"idempotency_key": key.text, "since": now - KEPT}


async def _tried(attempt: Callable[[], Awaitable[Any]]) -> tuple[Any, Exception | None]:
    """Give what an attempt gives, or why it was refused, if that may be because of its key."""
    try:
        return await attempt(), None
    except (UnavailableError, UnauthenticatedError):
        raise
    # What is deleted cannot be found again, and what is made, not made, also if by this very
    # request, whose first answer was lost; nor need what it refers to be there any more.
    except (IntegrityConstraintViolationError, TodoServerError) as error:
        return None, error


def _is_taken(error: UniqueViolationError) -> bool:
    name: str | None = error.constraint_name
    return name == CONSTRAINT


def is_refused(outcome: Any) -> bool:  # noqa: ANN401 - whatever a statement gives
    """Tell whether a statement found no row, or left it as it is."""
    return outcome is None or bool(outcome and outcome[-1] == AS_IT_IS.encode())
