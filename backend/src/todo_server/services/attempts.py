"""How often somebody may try to sign in: counted in the database, for all processes."""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from limits import RateLimitItem, RateLimitItemPerDay
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from sqlalchemy import (
    DateTime,
    Integer,
    Text,
    bindparam,
    case,
    delete,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from todo_server.database import Database, compiled, unowned
from todo_server.errors import TooManyAttemptsError
from todo_server.models import Attempt

_attempts = unowned(Attempt)
_none = literal_column("0", Integer)
_key = bindparam("key", type_=Text)
_now = bindparam("now", type_=DateTime(timezone=True))
_first = insert(_attempts).values(
    key=_key,
    count=bindparam("amount", type_=Integer),
    expires_at=bindparam("expires_at", type_=DateTime(timezone=True)),
)
_over = _attempts.c.expires_at <= _now
_HIT = compiled(
    _first.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((_over, _none), else_=_attempts.c.count) + _first.excluded.count,
            "expires_at": case((_over, _first.excluded.expires_at), else_=_attempts.c.expires_at),
        },
    ).returning(_attempts.c.count)
)
_TAKE_BACK = compiled(
    update(_attempts)
    .where(_attempts.c.key == _key, ~_over, _attempts.c.count > _none)
    .values(count=_attempts.c.count - literal_column("1", Integer))
)
_GET = compiled(
    select(_attempts.c.count, _attempts.c.expires_at).where(_attempts.c.key == _key, ~_over)
)
_CLEAR = compiled(delete(_attempts).where(_attempts.c.key == _key))
_FORGET = compiled(delete(_attempts).where(_over))

_KNOWN = RateLimitItemPerDay(1, 90)
"""For how long an address from which the owner came is remembered."""

FORGET_EVERY = 15 * 60.0
"""Seconds between two times that a worker deletes the counters whose window is over."""


class PostgresStorage(Storage):
    """Counters of the library `limits`, in the table `attempt`."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    @property
    def base_exceptions(self) -> type[Exception]:
        """Name no exception of its own."""
        return Exception

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a counter that starts anew when its window is over; give its count."""
        now = datetime.now(UTC)
        [row] = await self._database.fetch(
            _HIT,
            key=_hidden(key),
            amount=amount,
            now=now,
            expires_at=now + timedelta(seconds=expiry),
        )
        return int(row["count"])

    async def take_back(self, key: str) -> None:
        """Take one from a counter; one that has started anew since stays at nothing."""
        await self._database.fetch(_TAKE_BACK, key=_hidden(key), now=datetime.now(UTC))

    async def get(self, key: str) -> int:
        """Give a counter's count."""
        rows = await self._database.fetch(_GET, key=_hidden(key), now=datetime.now(UTC))
        return rows[0]["count"] if rows else 0

    async def get_expiry(self, key: str) -> float:
        """Give the POSIX time at which a counter starts anew."""
        rows = await self._database.fetch(_GET, key=_hidden(key), now=datetime.now(UTC))
        return float(rows[0]["expires_at"].timestamp()) if rows else time.time()

    async def check(self) -> bool:
        """Tell that the counters can be used; the database is watched by others."""
        return True

    async def reset(self) -> int | None:
        """Forget the counters whose window is over."""
        await self._database.fetch(_FORGET, now=datetime.now(UTC))
        return None

    async def clear(self, key: str) -> None:
        """Forget a counter."""
        await self._database.fetch(_CLEAR, key=_hidden(key))


class SignInAttempts:
    """Limits on guessing, per account and per address, that never lock the owner out.

    `per_account` counts the tries of one address at one account: nobody uses up those of another
    address. Whoever has many addresses is stopped by a limit for the account from everywhere, of
    ten times as many tries in four times as long; it does not hold where the owner has signed in
    before.
    """

    def __init__(
        self,
        database: Database,
        per_account: RateLimitItem,
        per_address: RateLimitItem,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage = PostgresStorage(database)
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._per_account = per_account
        self._per_address = per_address
        self._worldwide = type(per_account)(10 * per_account.amount, 4 * per_account.multiples)
        self._clock = clock
        self._forget_at = clock()

    async def admit(self, address: str, email: str | None = None) -> None:
        """Count an attempt before its outcome is known; TooManyAttemptsError over a limit.

        Asks the database as often for an account that is there as for one that is not.
        """
        if self._clock() >= self._forget_at:
            self._forget_at = self._clock() + FORGET_EVERY
            await self._storage.reset()
        if not await self._limiter.hit(self._per_address, "address", address):
            raise await self._refusal(self._per_address, "address", address)
        if email is None:
            return
        if not await self._limiter.hit(self._per_account, "account", email, address):
            raise await self._refusal(self._per_account, "account", email, address)
        within = await self._limiter.hit(self._worldwide, "worldwide", email)
        known = await self._storage.get(_KNOWN.key_for("known", email, address))
        if not (within or known):
            raise await self._refusal(self._worldwide, "worldwide", email)

    async def withdraw(self, address: str, email: str) -> None:
        """Take an attempt back that turned out to be no guess."""
        await self._storage.take_back(self._per_address.key_for("address", address))
        await self._storage.take_back(self._per_account.key_for("account", email, address))
        await self._storage.take_back(self._worldwide.key_for("worldwide", email))

    async def succeeded(self, address: str, email: str) -> None:
        """Take an attempt back that turned out right, and forgive the account those before it."""
        await self.withdraw(address, email)
        await self._storage.clear(self._per_account.key_for("account", email, address))
        await self.remember(address, email)

    async def remember(self, address: str, email: str) -> None:
        """Know an address from now on as one where the owner is."""
        await self._limiter.hit(_KNOWN, "known", email, address)

    async def _refusal(self, limit: RateLimitItem, *who: str) -> TooManyAttemptsError:
        seconds = await self._storage.get_expiry(limit.key_for(*who)) - time.time()
        return TooManyAttemptsError(retry_after=max(1, math.ceil(seconds)))


def _hidden(key: str) -> str:
    """Keep addresses out of the table."""
    return blake2b(key.encode(), digest_size=16).hexdigest()
