"""Whose errands are due: the table `dispatch`, which belongs to nobody and says nothing else.

A user is claimed for a while by moving the instant at which they are due; who stops in the midst
leaves the rest to whoever comes after that while. What is theirs is reached as that user alone,
by statements like a request's; there is no policy, and no role, that sees the rows of several.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    bindparam,
    delete,
    literal_column,
    null,
    select,
    union_all,
    update,
)

from todo_server.database import (
    OWNER_ID,
    Database,
    Write,
    constant,
    unowned_statement,
    unowned_table,
    write_statement,
)
from todo_server.models import Dispatch

_dispatch = unowned_table(Dispatch)


@dataclass(frozen=True, slots=True)
class Due:
    """Who was claimed, and when somebody else is due, or claimed until; None where nobody is."""

    owners: list[str]
    next_at: datetime | None


async def claim_due(database: Database, errand: str, *, lease: timedelta, most: int) -> Due:
    """Claim some users whose errand is due, who have waited longest, and look who is next."""
    now = database.now()
    rows = await database.fetch(_CLAIM, errand=errand, now=now, until=now + lease, limit=most)
    owners = [row["owner_id"] for row in rows if row["owner_id"] is not None]
    (next_at,) = (row["due_at"] for row in rows if row["owner_id"] is None)
    return Due(owners, next_at)


def settling(errand: str, next_at: ColumnElement[Any]) -> tuple[CTE, CTE]:
    """Make the parts of a statement that say when the user's errand is due next: never, for null.

    For a transaction, hence in the user's turn: `wake` is called in it as well, so that neither
    undoes what the other says.
    """
    its = (_dispatch.c.owner_id == OWNER_ID, _dispatch.c.errand == constant(errand))
    moved = update(_dispatch).where(*its, next_at.is_not(None)).values(due_at=next_at)
    gone = delete(_dispatch).where(*its, next_at.is_(None))
    owner_id = _dispatch.c.owner_id
    return moved.returning(owner_id).cte("moved"), gone.returning(owner_id).cte("gone")


def _claim() -> Any:  # noqa: ANN401 - a compound
    now: ColumnElement[Any] = bindparam("now", type_=DateTime(timezone=True))
    until: ColumnElement[Any] = bindparam("until", type_=DateTime(timezone=True))
    its_errand = _dispatch.c.errand == bindparam("errand", type_=Text)
    due = (
        select(_dispatch.c.owner_id)
        .where(its_errand, _dispatch.c.due_at <= now)
        .order_by(_dispatch.c.due_at)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claimed = (
        update(_dispatch)
        .where(its_errand, _dispatch.c.owner_id.in_(select(due.c.owner_id)))
        .values(due_at=until)
        .returning(_dispatch.c.owner_id)
        .cte("claimed")
    )
    # Also of those whom somebody else is just claiming: their claim may come to its end.
    others = select(_dispatch.c.due_at).where(
        its_errand, _dispatch.c.owner_id.not_in(select(due.c.owner_id))
    )
    next_at = others.order_by(_dispatch.c.due_at).limit(literal_column("1")).scalar_subquery()
    nobody = null().cast(Text).label("owner_id")
    return union_all(
        select(claimed.c.owner_id, null().cast(DateTime(timezone=True)).label("due_at")),
        select(nobody, next_at.label("due_at")),
    )


_CLAIM = unowned_statement(_claim())
LEAVE: Write[None] = write_statement(delete(_dispatch).where(_dispatch.c.owner_id == OWNER_ID))
"""Forget whose turn it is of a user who leaves."""
