"""Looking after what has become old: the trash, the log of changes, and keys of requests.

Whose turn it is stands in `upkeep`, which belongs to nobody. What is theirs is reached as that user
alone, by the same statements as a request's. A user is claimed for a while, and again with each
step: who stops in the midst leaves the rest to whoever comes after that while.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Interval,
    Table,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from todo_server.database import (
    OWNER_ID,
    Database,
    Handle,
    TransactionHandle,
    Write,
    delete_owned,
    is_owners,
    owner_view,
    trash_view,
    unowned_statement,
    unowned_table,
    write_statement,
)
from todo_server.domain.identity import Identity
from todo_server.models import IdempotencyKey, LoggedChange, Upkeep
from todo_server.services.changes.nouns import NOUNS
from todo_server.services.trash import PURGE_OLDEST

CLAIM = timedelta(minutes=5)
"""For how long a user is one's own: far longer than a step may take."""

CLAIMED = 10
"""Users that are claimed at once."""

STEP = 200
"""Rows of each kind that one transaction deletes: the user's own requests wait for its end."""

KEYS_KEPT = timedelta(hours=24)
"""How long the answer to a request is kept for those who send it again with its key."""

AT_MOST = timedelta(days=1)
"""When a user is looked after again at the latest: a key may have become old by then."""

AT_LEAST = timedelta(minutes=1)

ORIGIN = "upkeep todo-server"
"""What the log of changes has in place of a request's id and a client."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what was deleted stays in the trash, and a change in the log."""

    trash: timedelta
    changes: timedelta


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many rows of each kind."""

    purged: int = 0
    changes: int = 0
    keys: int = 0

    def __add__(self, other: "Deleted") -> "Deleted":
        """Add up."""
        purged, changes = self.purged + other.purged, self.changes + other.changes
        return Deleted(purged, changes, self.keys + other.keys)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A user who is looked after by one alone until an instant, which stands in `upkeep`."""

    owner: str
    until: datetime


async def count_due(database: Database) -> int:
    """Count the users whose turn it is."""
    ((count,),) = await database.fetch(_COUNT, now=database.now())
    return int(count)


async def claim_due(database: Database) -> list[Claimed]:
    """Claim some users whose turn it is, who have waited longest; none where nobody has."""
    now = database.now()
    rows = await database.fetch(_CLAIM, now=now, until=now + CLAIM, limit=CLAIMED)
    return [Claimed(row["owner_id"], row["due_at"]) for row in rows]


async def look_after(
    database: Database, claimed: Claimed, retention: Retention
) -> tuple[Deleted, Claimed | None]:
    """Delete a little of what is old, in one transaction; give what is to be gone on with, if any.

    Nothing is done where somebody else has claimed the user meanwhile.
    """

    async def steps(mine: TransactionHandle) -> tuple[Deleted, Claimed | None]:
        until = mine.now + CLAIM
        if not await mine.run(_CLAIM_AGAIN, claimed_until=claimed.until, until=until):
            return Deleted(), None
        deleted = await _delete_some(mine, retention)
        if max(deleted.purged, deleted.changes, deleted.keys) >= STEP:
            return deleted, Claimed(claimed.owner, until)
        await _settle(mine, retention)
        return deleted, None

    return await database.of(Identity(claimed.owner), ORIGIN).transaction(steps)


async def _delete_some(mine: Handle, retention: Retention) -> Deleted:
    return Deleted(
        purged=await _purge(mine, mine.now - retention.trash),
        changes=await mine.run(_PRUNE, limit=STEP, until=mine.now - retention.changes),
        keys=await mine.run(_FORGET_KEYS, limit=STEP, until=mine.now - KEYS_KEPT),
    )


async def _purge(mine: Handle, until: datetime) -> int:
    """Purge some of what is in the trash, `STEP` rows at most."""
    purged = 0
    for of_noun in PURGE_OLDEST:
        purged += await mine.run(of_noun, limit=STEP - purged, until=until)
    return purged


async def _settle(mine: Handle, retention: Retention) -> None:
    """Say when the user's turn is next, or never where nothing is left of them."""
    kept = {"trash": retention.trash, "changes": retention.changes, "keys": KEYS_KEPT}
    soonest, latest = mine.now + AT_LEAST, mine.now + AT_MOST
    if not await mine.run(_SET_DUE, soonest=soonest, latest=latest, **kept):
        await mine.run(_LEAVE)


_upkeep, _changes = unowned_table(Upkeep), owner_view(LoggedChange)
_keys = owner_view(IdempotencyKey)
_limit = bindparam("limit", type_=Integer)


def _instant(name: str) -> ColumnElement[datetime]:
    return bindparam(name, type_=DateTime(timezone=True))


_is_due = _upkeep.c.due_at <= _instant("now")
_due = (
    select(_upkeep.c.owner_id)
    .where(_is_due)
    .order_by(_upkeep.c.due_at)
    .limit(_limit)
    .with_for_update(skip_locked=True)
    .cte("due")
)
_COUNT = unowned_statement(select(func.count()).where(_is_due))
_CLAIM = unowned_statement(
    update(_upkeep)
    .where(_upkeep.c.owner_id.in_(select(_due.c.owner_id)))
    .values(due_at=_instant("until"))
    .returning(_upkeep.c.owner_id, _upkeep.c.due_at)
)
_its = _upkeep.c.owner_id == OWNER_ID
_CLAIM_AGAIN: Write[str | None] = write_statement(
    update(_upkeep)
    .where(_its, _upkeep.c.due_at == _instant("claimed_until"))
    .values(due_at=_instant("until"))
    .returning(_upkeep.c.owner_id)
)


def _prune() -> Write[int]:
    """Delete the oldest part of the log, but never the newest row, which has the number.

    As a range of numbers, of which none is missing: of rows in an order PostgreSQL would, as long
    as it knows nothing of a table, read all.
    """

    def outermost(by: ColumnElement[int]) -> ColumnElement[int]:
        numbers = select(_changes.c.number).where(is_owners(_changes)).order_by(by)
        return numbers.limit(literal_column("1")).scalar_subquery()

    number = _changes.c.number
    first = outermost(number.asc())
    after = first + _limit
    few = (is_owners(_changes), number >= first, number < after)
    young = select(func.min(number)).where(*few)
    young = young.where(_changes.c.at > _instant("until"))
    end = func.least(after, young.scalar_subquery(), outermost(number.desc()))
    those = delete_owned(LoggedChange).where(number >= first, number < end)
    return _counted(those.returning(number).cte("pruned"))


def _forget_keys() -> Write[int]:
    oldest = (
        select(_keys.c.created_at)
        .where(is_owners(_keys), _keys.c.created_at <= _instant("until"))
        .order_by(_keys.c.created_at)
        .limit(_limit)
        .cte("oldest")
    )
    last = select(func.max(oldest.c.created_at)).scalar_subquery()
    those = delete_owned(IdempotencyKey).where(_keys.c.created_at <= last)
    return _counted(those.returning(_keys.c.key).cte("forgotten"))


def _counted(rows: Any) -> Write[int]:  # noqa: ANN401 - a CTE
    return write_statement(select(func.count()).select_from(rows))


def _set_due() -> Write[str | None]:
    """Set the instant at which the first of what there is will be old, if there is anything."""

    def first(rows: Table, column: str, kept: str, *order: str) -> ColumnElement[datetime]:
        oldest = select(rows.c[column]).where(is_owners(rows))
        oldest = oldest.order_by(*(rows.c[name] for name in order or (column,)))
        first = oldest.limit(literal_column("1")).scalar_subquery()
        return first + bindparam(kept, type_=Interval)

    has_log = exists().where(is_owners(_changes))
    has_keys = exists().where(is_owners(_keys))
    numbers = select(func.count()).select_from(
        select(_changes.c.number)
        .where(is_owners(_changes))
        .limit(literal_column("2"))
        .subquery("two")
    )
    first_change = func.least(first(_changes, "at", "changes", "number"))
    is_prunable = numbers.scalar_subquery() > literal_column("1")
    prunable = select(first_change).where(is_prunable).scalar_subquery()
    trashed = (first(trash_view(noun.model), "deleted_at", "trash") for noun in NOUNS)
    soonest = func.least(*trashed, prunable, first(_keys, "created_at", "keys"))
    due_at = func.greatest(_instant("soonest"), func.least(soonest, _instant("latest")))
    return write_statement(
        update(_upkeep)
        .where(_its, or_(has_log, has_keys))
        .values(due_at=due_at)
        .returning(_upkeep.c.owner_id)
    )


_PRUNE, _FORGET_KEYS, _SET_DUE = _prune(), _forget_keys(), _set_due()
_LEAVE: Write[None] = write_statement(delete(_upkeep).where(_its))
