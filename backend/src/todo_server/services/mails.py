"""What is to be mailed to one user: reminders, to the address of their account, if they ask for it.

The database makes a delivery of each notification (`migrations/mailing.py`). What is sent is taken
for a while, and again afterwards where nobody has said what came of it: at least once, each time
with the same `Message-ID`.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Text,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)

from todo_server.database import (
    Database,
    TransactionHandle,
    Write,
    constant,
    delete_owned,
    is_owners,
    json_row,
    owner_view,
    update_owned,
    write_statement,
)
from todo_server.domain.identity import Identity
from todo_server.domain.retries import pause_after
from todo_server.models import Account, Delivery, Notification
from todo_server.services.dispatching import settling
from todo_server.services.one_row import NOW, ids_of, row_id_parameter

ERRAND = "mails"

LEASE = timedelta(minutes=3)
"""For how long mails are one's own: longer than sending a few takes."""

STEP = 5
"""Mails that are taken at once."""

ORIGIN = "mails todo-server"


@dataclass(frozen=True, slots=True)
class Mail:
    """One that was taken, and what it tells."""

    id: str
    attempts: int
    """With the one that it was taken for."""
    email: str
    name: str
    title: str
    due_date: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a mail."""

    mail: Mail
    is_sent: bool = False
    for_good: bool = False
    """Whether no further attempt would help."""


async def take_due(database: Database, owner: str, outcomes: Iterable[Outcome]) -> list[Mail]:
    """Write down what came of those that were taken; take what is due by now.

    In one transaction, which also says when the user's next mail is due.
    """

    async def steps(mine: TransactionHandle) -> list[Mail]:
        for outcome in outcomes:
            await _write_down(mine, outcome)
        await mine.run(_DROP)
        taken = await mine.run(_TAKE, until=mine.now + LEASE)
        await mine.run(_SETTLE)
        return [Mail(**row) for row in json.loads(taken)]

    return await database.of(Identity(owner), ORIGIN).transaction(steps)


async def _write_down(mine: TransactionHandle, outcome: Outcome) -> None:
    which = {"delivery_id": UUID(outcome.mail.id), "attempts": outcome.mail.attempts}
    pause = pause_after(outcome.mail.attempts, random.random())  # noqa: S311 - spreads load
    if outcome.is_sent or outcome.for_good or pause is None:
        await mine.run(_FORGET, **which)
    else:
        await mine.run(_WAIT, **which, next_at=mine.now + pause)


_deliveries, _notifications = owner_view(Delivery), owner_view(Notification)
_accounts = owner_view(Account)
_one = literal_column("1", Integer)
_is_mail = (is_owners(_deliveries), _deliveries.c.channel == constant("mail"))
_taken_one = (
    *_is_mail,
    _deliveries.c.id == row_id_parameter("delivery_id"),
    _deliveries.c.attempts == bindparam("attempts", type_=Integer),
)


def _instant(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=DateTime(timezone=True))


def _taking() -> Write[str]:
    due = select(_deliveries.c.id).where(*_is_mail, _deliveries.c.next_at <= NOW)
    due = due.order_by(_deliveries.c.place).limit(literal_column(str(STEP), Integer))
    values = {"status": constant("sending"), "attempts": _deliveries.c.attempts + _one}
    taken = (
        update_owned(Delivery)
        .where(_deliveries.c.id == any_(ids_of(due)))
        .values(**values, next_at=_instant("until"))
        .returning(
            *(_deliveries.c[name] for name in ("id", "attempts", "notification_id", "place"))
        )
        .cte("taken")
    )
    told = (_notifications.c.title, _notifications.c.due_date)
    rows = (
        select(taken.c.id, taken.c.attempts, _accounts.c.email, _accounts.c.name, *told)
        .select_from(taken.join(_notifications, _notifications.c.id == taken.c.notification_id))
        .join(_accounts, is_owners(_accounts))
        .where(is_owners(_notifications), is_owners(_accounts))
        .order_by(taken.c.place)
        .subquery("row")
    )
    # Rows of a subquery that is sorted are aggregated in its order.
    array = func.coalesce(func.json_agg(json_row(rows)), literal_column("'[]'"))
    return write_statement(select(cast(array, Text)).select_from(rows))


def _dropping() -> Write[None]:
    """Delete what has nobody any more to whom it could be sent."""
    has_account = select(_accounts.c.user_id).where(is_owners(_accounts)).exists()
    return write_statement(delete_owned(Delivery).where(*_is_mail, ~has_account))


_next = select(func.min(_deliveries.c.next_at)).where(*_is_mail)
_TAKE, _DROP = _taking(), _dropping()
_SETTLE: Write[int] = write_statement(
    select(_one).add_cte(*settling(ERRAND, _next.scalar_subquery()))
)
_FORGET: Write[None] = write_statement(delete_owned(Delivery).where(*_taken_one))
_WAIT: Write[None] = write_statement(
    update_owned(Delivery)
    .where(*_taken_one)
    .values(status=constant("waiting"), next_at=_instant("next_at"))
)
