"""How often somebody may try to sign in: counted in the database, for all processes."""

import math
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from limits import RateLimitItem, RateLimitItemPerDay
from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from todo_server.database import Database, Unowned, unowned_statement, unowned_table
from todo_server.errors import TooManyAttemptsError
from todo_server.models import Attempt

_KNOWN = RateLimitItemPerDay(1, 90)
"""For how long a client address from which the owner came is remembered."""

FORGET_EVERY = 15 * 60.0
"""Seconds between two times that a worker deletes the counters whose window is over."""

_attempts = unowned_table(Attempt)
_none, _one = literal_column("0", Integer), literal_column("1", Integer)
_now = bindparam("now", type_=DateTime(timezone=True))
_over = _attempts.c.expires_at <= _now


def _key(counter: str) -> ColumnElement[str]:
    return bindparam(counter, type_=Text)


def _hit(counter: str, admitted: CTE | None = None) -> CTE:
    """Count up one counter, which starts anew when its window is over; give its row.

    Where `admitted` is given, only if that counter is within its limit.
    """
    expires_at = bindparam(f"{counter}_expires_at", type_=DateTime(timezone=True))
    first = select(_key(counter), _one, expires_at)
    if admitted is not None:
        first = first.select_from(admitted).where(_is_within(admitted))
    hit = insert(_attempts).from_select(["key", "count", "expires_at"], first)
    return (
        hit.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((_over, _none), else_=_attempts.c.count) + _one,
                "expires_at": case((_over, hit.excluded.expires_at), else_=_attempts.c.expires_at),
            },
        )
        .returning(_attempts.c.count, _attempts.c.expires_at)
        .cte(counter)
    )


def _is_within(counter: CTE) -> ColumnElement[bool]:
    return counter.c.count <= bindparam(f"{counter.name}_limit", type_=Integer)


def _refused(counter: CTE) -> Select[Any]:
    return select(counter.c.expires_at).where(~_is_within(counter))


def _admit(*, account: bool) -> Unowned:
    """Count a try in one counter after the other, up to the first that is over its limit.

    Gives when that one starts anew, or no row.
    """
    by_address = _hit("address")
    refused = _refused(by_address)
    if not account:
        return unowned_statement(refused)
    at_account = _hit("account", by_address)
    worldwide = _hit("worldwide", at_account)
    known = select(_attempts.c.key).where(_attempts.c.key == _key("known"), ~_over).exists()
    from_anywhere = _refused(worldwide).where(~known)
    return unowned_statement(refused.union_all(_refused(at_account), from_anywhere))


def _taken_back(counter: str, after: CTE | None = None) -> CTE:
    """Take one from a counter; one that has started anew since stays at nothing."""
    return (
        update(_attempts)
        .where(_attempts.c.key == _key(counter), ~_over, _attempts.c.count > _none, _once(after))
        .values(count=_attempts.c.count - _one)
        .returning(_attempts.c.key)
        .cte(counter)
    )


def _once(before: CTE | None) -> ColumnElement[bool]:
    """Wait for another counter: all lock them in the order of admission, or they deadlock."""
    if before is None:
        return true()
    return select(func.count()).select_from(before).scalar_subquery() >= _none


def _withdraw() -> Unowned:
    at_account = _taken_back("account", after=_taken_back("address"))
    return unowned_statement(select(_taken_back("worldwide", after=at_account).c.key))


def _succeed() -> Unowned:
    """Take a try back, forget the counter at the account, and remember the client address."""
    its = (_attempts.c.key == _key("account"), _once(_taken_back("address")))
    forgiven = delete(_attempts).where(*its).returning(_attempts.c.key).cte("account")
    worldwide = _taken_back("worldwide", after=forgiven)
    return unowned_statement(select(_hit("known").c.count).where(_once(worldwide)))


_ADMIT, _ADMIT_AT_ACCOUNT = _admit(account=False), _admit(account=True)
_WITHDRAW, _SUCCEED = _withdraw(), _succeed()
_REMEMBER = unowned_statement(select(_hit("known").c.count))
_FORGET = unowned_statement(delete(_attempts).where(_over))


class SignInAttempts:
    """Limits on guessing, per account and per client address, that never lock the owner out.

    `per_account` counts the tries of one address at one account: nobody uses up those of another
    address. Whoever has many addresses is stopped by a limit for the account from everywhere, of
    ten times as many tries in four times as long; it does not hold where the owner has signed in
    before. Whatever is asked takes one round trip.
    """

    def __init__(
        self,
        database: Database,
        per_account: RateLimitItem,
        per_address: RateLimitItem,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        worldwide = type(per_account)(10 * per_account.amount, 4 * per_account.multiples)
        self._limits = {
            "address": per_address,
            "account": per_account,
            "worldwide": worldwide,
            "known": _KNOWN,
        }
        self._clock = clock
        self._forget_at = clock()

    async def admit(self, client_address: str, email: str | None = None) -> None:
        """Count an attempt before its outcome is known; TooManyAttemptsError over a limit.

        Asks the database as often for an account that is there as for one that is not.
        """
        if self._clock() >= self._forget_at:
            self._forget_at = self._clock() + FORGET_EVERY
            await self._database.fetch(_FORGET, now=self._database.now())
        statement = _ADMIT if email is None else _ADMIT_AT_ACCOUNT
        for row in await self._run(statement, client_address, email):
            seconds = (row["expires_at"] - self._database.now()).total_seconds()
            raise TooManyAttemptsError(retry_after=max(1, math.ceil(seconds)))

    async def withdraw(self, client_address: str, email: str) -> None:
        """Take an attempt back that turned out to be no guess."""
        await self._run(_WITHDRAW, client_address, email)

    async def succeeded(self, client_address: str, email: str) -> None:
        """Take an attempt back that turned out right, and forgive the account those before it."""
        await self._run(_SUCCEED, client_address, email)

    async def remember(self, client_address: str, email: str) -> None:
        """Know a client address from now on as one where the owner is."""
        await self._run(_REMEMBER, client_address, email)

    async def _run(self, statement: Unowned, client_address: str, email: str | None) -> list[Any]:
        now = self._database.now()
        who = {
            "address": (client_address,),
            "account": (email or "", client_address),
            "worldwide": (email or "",),
            "known": (email or "", client_address),
        }
        values: dict[str, object] = {"now": now}
        for counter, limit in self._limits.items():
            values[counter] = _hidden(limit.key_for(counter, *who[counter]))
            values[f"{counter}_limit"] = limit.amount
            values[f"{counter}_expires_at"] = now + timedelta(seconds=limit.get_expiry())
        return await self._database.fetch(statement, **values)


def _hidden(key: str) -> str:
    """Keep addresses out of the table."""
    return blake2b(key.encode(), digest_size=16).hexdigest()
