"""What is to be delivered of one user: taken in order, and told what came of it.

Each webhook has a queue, of which the head alone is sent. What is sent is taken for a while
(`LEASE`) in the user's turn, so that nobody else sends it meanwhile, and again afterwards where
nobody has said what came of it: after SIGKILL, say. So all that is promised is sent at least once,
each time with the same id.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    any_,
    bindparam,
    case,
    cast,
    delete,
    false,
    func,
    insert,
    literal_column,
    null,
    select,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import CTE

from todo_server.database import (
    OWNER_ID,
    Database,
    Handle,
    TransactionHandle,
    Write,
    constant,
    delete_owned,
    is_owners,
    json_columns,
    json_row,
    owner_view,
    unowned_table,
    update_owned,
    write_statement,
)
from todo_server.domain.identity import Identity
from todo_server.domain.retries import pause_after
from todo_server.domain.standard_webhooks import signed_headers
from todo_server.domain.uuid7 import uuid7
from todo_server.models import Delivery, DeliveryRead, Dispatch, Notification, Webhook
from todo_server.models.notification import NotificationRead
from todo_server.models.webhook import CHANGES
from todo_server.services.changes.follow_statements import FOLLOW
from todo_server.services.changes.following import show_page
from todo_server.services.one_row import NOW, row_id_parameter
from todo_server.services.webhooks import NEWEST, SHOWN, hurry

ERRAND = "deliveries"

LEASE = timedelta(minutes=1)
"""For how long what is sent is one's own: far longer than sending may take."""

BATCH = 100
"""Changes that one delivery tells of, at most."""

ORIGIN = "deliveries todo-server"
"""What the log of changes would have in place of a request's id and a client."""


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that was taken, and where it goes to."""

    id: str
    event: str
    attempts: int
    """With the one that it was taken for."""
    created_at: str
    since: int | None
    until: int | None
    notification: str | None
    """In JSON."""
    webhook_id: str
    url: str
    secrets: list[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a delivery."""

    due: Due
    status: int | None
    error: str | None
    """None where it was delivered."""
    for_good: bool = False
    """Whether no further attempt would help."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted."""

    headers: dict[str, str]
    body: bytes


async def take_due(
    database: Database, owner: str, outcomes: Iterable[Outcome], *, more: bool = True
) -> list[Due]:
    """Write down what came of those that were taken; take what is due by now, one of each webhook.

    In one transaction, which also says when the user's next delivery is due. Without `more` nothing
    is taken.
    """

    async def steps(mine: TransactionHandle) -> list[Due]:
        for outcome in outcomes:
            await _write_down(mine, outcome)
        await mine.run(_TAKE_UP_CHANGES, now=mine.now)
        taken = await mine.run(_TAKE, now=mine.now, until=mine.now + LEASE) if more else "[]"
        if not await mine.run(_SET_DUE):
            await mine.run(_LEAVE)
        return [Due(**row) for row in json.loads(taken)]

    return await _handle(database, owner).transaction(steps)


async def write_message(database: Database, owner: str, due: Due) -> Message:
    """Write what is posted, and sign it.

    NumberTooOldError where the log of changes has been pruned further than what it tells of.
    """
    mine = _handle(database, owner)
    data = (due.notification or to_json({"webhook_id": due.webhook_id}).decode()).encode()
    if due.event == "changes":
        data = await _write_changes(mine, due)
    head = to_json({"type": due.event, "timestamp": due.created_at})[:-1]
    body = b'%s,"data":%s}' % (head, data)
    return Message(signed_headers(due.id, mine.now, body, due.secrets), body)


async def _write_changes(mine: Handle, due: Due) -> bytes:
    assert due.since is not None  # noqa: S101 - as the two that follow: deliveries of changes
    assert due.until is not None  # noqa: S101
    page = await mine.run(FOLLOW, since=due.since, limit=due.until - due.since)
    body = show_page(page, due.since).body
    last = int(page[2])
    if last < due.until:
        # As its rows are so long. Whoever has got it once is never sent more under the same id.
        values = {"until": due.until, "last": last}

        async def steps(mine: TransactionHandle) -> None:
            await mine.run(_SHORTEN, **values, delivery_id=UUID(due.id))
            await mine.run(_GO_BACK, **values, webhook_id=UUID(due.webhook_id))

        await mine.transaction(steps)
    return b'{"since": %d, %s' % (due.since, body[1:])


async def _write_down(mine: TransactionHandle, outcome: Outcome) -> None:
    due, webhook_id = outcome.due, UUID(outcome.due.webhook_id)
    pause = None if due.event == "test" else pause_after(due.attempts, random.random())  # noqa: S311
    next_at, status = None, "failed"
    if outcome.error is None:
        status = "delivered"
    elif pause is not None and not outcome.for_good:
        next_at, status = mine.now + pause, "waiting"
    told = {"status": status, "next_at": next_at, "answered": outcome.status}
    told |= {"error": outcome.error, "attempts": due.attempts}
    if not await mine.run(_TELL, delivery_id=UUID(due.id), now=mine.now, **told):
        return  # it was deleted, or somebody else has sent it meanwhile
    if status == "failed" and (due.event != "test" or outcome.for_good):
        await _disable(mine, outcome)
    elif status == "delivered" and due.event == "test":
        await hurry(mine, webhook_id)
    if next_at is None:
        await mine.run(_FORGET, webhook_id=webhook_id)


async def _disable(mine: TransactionHandle, outcome: Outcome) -> None:
    """Disable a webhook, drop what waits for it, and tell its owner."""
    due, webhook_id = outcome.due, UUID(outcome.due.webhook_id)
    await mine.run(_DISABLE, webhook_id=webhook_id, error=outcome.error, now=mine.now)
    await mine.run(_DROP, webhook_id=webhook_id)
    details = {"webhook_id": due.webhook_id, "attempts": due.attempts, "error": outcome.error}
    its = {"notification_id": uuid7(mine.now), "title": due.url}
    await mine.run(_NOTIFY, **its, details=to_json(details).decode(), now=mine.now)


def _handle(database: Database, owner: str) -> Handle:
    return database.of(Identity(owner), ORIGIN)


_webhooks, _deliveries = owner_view(Webhook), owner_view(Delivery)
_notifications, _dispatch = owner_view(Notification), unowned_table(Dispatch)
_webhook_id, _delivery_id = row_id_parameter("webhook_id"), row_id_parameter("delivery_id")
_one, _batch = literal_column("1", Integer), literal_column(str(BATCH), BigInteger)
_its_own = _deliveries.c.webhook_id == _webhook_id
_waits = _deliveries.c.next_at.is_not(None)


def _instant(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=DateTime(timezone=True))


def _number(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=BigInteger)


def _take_up_changes() -> Write[int]:
    """Make a delivery for each webhook that has not been told of the newest changes.

    One at a time: what comes meanwhile is told of together.
    """
    behind = (
        select(_webhooks.c.id, _webhooks.c.number, NEWEST.label("newest"))
        .where(is_owners(_webhooks), _webhooks.c.enabled, _webhooks.c.number < NEWEST)
        .where(constant(CHANGES) == any_(_webhooks.c.events))
        .where(
            ~select(_deliveries.c.id)
            .where(is_owners(_deliveries), _deliveries.c.webhook_id == _webhooks.c.id)
            .where(_deliveries.c.event == constant(CHANGES), _waits)
            .correlate(_webhooks)
            .exists()
        )
        .cte("behind")
    )
    until = func.least(behind.c.number + _batch, behind.c.newest)
    values: dict[str, ColumnElement[Any]] = {
        "channel": constant("webhook"),
        "webhook_id": behind.c.id,
        "event": constant("changes"),
        "since": behind.c.number,
        "until": until,
        "created_at": NOW,
        "next_at": NOW,
    }
    row = select(OWNER_ID, *values.values()).select_from(behind)
    made = insert(_deliveries).from_select(["user_id", *values], row)
    made_ones = made.returning(_deliveries.c.webhook_id, _deliveries.c.until).cte("made")
    its_until = select(made_ones.c.until).where(made_ones.c.webhook_id == _webhooks.c.id)
    told = (
        update_owned(Webhook)
        .where(_webhooks.c.id.in_(select(made_ones.c.webhook_id)))
        .values(number=its_until.correlate(_webhooks).scalar_subquery())
        .returning(_webhooks.c.id)
        .cte("told")
    )
    return write_statement(select(func.count()).select_from(told))


def _heads() -> CTE:
    """Select the first delivery that waits of each webhook, with where it goes to.

    What is being sent comes before a test, which is the only one that overtakes: so no two are on
    the way to one webhook.
    """
    first_two = (
        select(*(_deliveries.c[name].label(name) for name in (*_HEAD, "place", "status")))
        .where(is_owners(_deliveries), _deliveries.c.channel == constant("webhook"))
        .where(_deliveries.c.webhook_id == _webhooks.c.id, _waits)
        .order_by(_deliveries.c.place)
        .limit(literal_column("2", Integer))
        .correlate(_webhooks)
        .lateral("first_two")
    )
    is_sent = first_two.c.status == constant("sending")
    head = (
        select(*(first_two.c[name] for name in _HEAD))
        .order_by(is_sent.desc(), first_two.c.place)
        .limit(_one)
        .lateral("head")
    )
    columns = (_webhooks.c.id.label("webhook_id"), _webhooks.c.url, _webhooks.c.secret)
    old = (_webhooks.c.old_secret, _webhooks.c.old_secret_until)
    heads = select(*columns, *old, *head.c).select_from(_webhooks.join(head, true()))
    return heads.where(is_owners(_webhooks), _webhooks.c.enabled).cte("heads")


_HEAD = ("id", "event", "attempts", "created_at", "notification_id", "since", "until", "next_at")


def _taking() -> Write[str]:
    heads = _heads()
    due = select(*heads.c).where(heads.c.next_at <= NOW).cte("due")
    values = {"status": constant("sending"), "attempts": _deliveries.c.attempts + _one}
    taken = (
        update_owned(Delivery)
        .where(_deliveries.c.id.in_(select(due.c.id)))
        .values(**values, next_at=_instant("until"))
        .returning(*json_columns(_deliveries, DeliveryRead))
        .cte("taken")
    )
    its = select(*json_columns(_notifications, NotificationRead)).where(is_owners(_notifications))
    it = its.where(_notifications.c.id == due.c.notification_id).correlate(due).subquery("it")
    notification = cast(select(json_row(it)).scalar_subquery(), Text)
    old = case((due.c.old_secret_until > NOW, due.c.old_secret))
    row = select(
        *(taken.c[name] for name in ("id", "event", "attempts", "created_at")),
        *(due.c[name] for name in ("since", "until", "webhook_id", "url")),
        notification.label("notification"),
        func.string_to_array(func.concat_ws(constant(" "), due.c.secret, old), constant(" ")).label(
            "secrets"
        ),
    )
    rows = row.select_from(due.join(taken, taken.c.id == due.c.id)).subquery("row")
    array = func.coalesce(func.json_agg(json_row(rows)), literal_column("'[]'"))
    return write_statement(select(cast(array, Text)).select_from(rows))


def _telling() -> Write[UUID | None]:
    status, next_at = bindparam("status", type_=Text), _instant("next_at")
    told = {
        "answered": bindparam("answered", type_=Integer),
        "error": bindparam("error", type_=Text),
    }
    finished_at = case((next_at.is_(None), NOW))
    return write_statement(
        update_owned(Delivery)
        .where(_deliveries.c.id == _delivery_id, _deliveries.c.status == constant("sending"))
        .where(_deliveries.c.attempts == bindparam("attempts", type_=Integer))
        .values(status=status, next_at=next_at, finished_at=finished_at, **told)
        .returning(_deliveries.c.id)
    )


def _forgetting() -> Write[None]:
    """Delete what is done with, but for the newest."""
    done = (is_owners(_deliveries), _its_own, _deliveries.c.next_at.is_(None))
    order = (_deliveries.c.finished_at.desc(), _deliveries.c.place.desc())
    old = select(_deliveries.c.id).where(*done).order_by(*order)
    those = old.offset(literal_column(str(SHOWN))).correlate(None)
    return write_statement(delete_owned(Delivery).where(_deliveries.c.id.in_(those)))


def _notifying() -> Write[None]:
    values: dict[str, ColumnElement[Any]] = {
        "id": row_id_parameter("notification_id"),
        "kind": constant("webhook_disabled"),
        "title": bindparam("title", type_=Text),
        "details": bindparam("details", type_=JSONB),
        "created_at": NOW,
    }
    row = select(OWNER_ID, *values.values())
    return write_statement(insert(_notifications).from_select(["user_id", *values], row))


def _setting_due() -> Write[str | None]:
    """Set when the first of what waits is due, if anything does."""
    heads = _heads()
    soonest = select(func.min(heads.c.next_at)).scalar_subquery()
    row = select(OWNER_ID, constant(ERRAND), soonest.label("due_at")).where(soonest.is_not(None))
    settled = postgresql.insert(_dispatch).from_select(["owner_id", "errand", "due_at"], row)
    settled = settled.on_conflict_do_update(
        index_elements=["owner_id", "errand"], set_={"due_at": settled.excluded.due_at}
    )
    return write_statement(settled.returning(_dispatch.c.owner_id))


_TAKE_UP_CHANGES, _TAKE, _TELL = _take_up_changes(), _taking(), _telling()
_FORGET, _NOTIFY, _SET_DUE = _forgetting(), _notifying(), _setting_due()
_DISABLE: Write[None] = write_statement(
    update_owned(Webhook)
    .where(_webhooks.c.id == _webhook_id)
    .values(enabled=false(), number=null(), updated_at=NOW, error=bindparam("error", type_=Text))
)
_DROP: Write[None] = write_statement(delete_owned(Delivery).where(_its_own, _waits))
_SHORTEN: Write[None] = write_statement(
    update_owned(Delivery)
    .where(_deliveries.c.id == _delivery_id, _deliveries.c.until == _number("until"))
    .values(until=_number("last"))
)
_GO_BACK: Write[None] = write_statement(
    update_owned(Webhook)
    .where(_webhooks.c.id == _webhook_id, _webhooks.c.number == _number("until"))
    .values(number=_number("last"))
)
_LEAVE: Write[None] = write_statement(
    delete(_dispatch).where(
        _dispatch.c.owner_id == OWNER_ID, _dispatch.c.errand == constant(ERRAND)
    )
)
