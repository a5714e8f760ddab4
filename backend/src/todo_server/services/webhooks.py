"""What a user can do with their webhooks. Answers are JSON in bytes, as PostgreSQL wrote it.

What they are told, and when, is in `deliveries.py`.
"""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert, ReturningUpdate
from sqlmodel import SQLModel

from todo_server.database import (
    OWNER_ID,
    Handle,
    Read,
    TransactionHandle,
    Write,
    constant,
    delete_owned,
    is_owners,
    json_columns,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    update_owned,
    utf8,
    write_statement,
)
from todo_server.domain.standard_webhooks import new_secret
from todo_server.domain.uuid7 import uuid7
from todo_server.domain.webhook_url import canonical_url
from todo_server.errors import (
    FieldError,
    LimitReachedError,
    ValidationFailedError,
    WebhookDisabledError,
    WebhookNotFoundError,
)
from todo_server.models import (
    Delivery,
    DeliveryRead,
    LoggedChange,
    Webhook,
    WebhookCreate,
    WebhookMade,
    WebhookRead,
    WebhookUpdate,
)
from todo_server.models.webhook import CHANGES, MAX_WEBHOOKS
from todo_server.services.one_row import NOW, row_id_parameter

OLD_SECRET_SIGNS = timedelta(hours=24)
"""How long a secret still signs beside the one that has taken its place."""

OLD_SECRETS = 4
"""How many of them at most: whoever lost an answer and asked again has receivers that know the
first."""

SHOWN = 100
"""Deliveries that are listed; as many that are done with are kept."""

_OF_EVENT = {"reminders": "reminder", "changes": "changes"}
"""What deliveries are called that a webhook asks for."""


async def list_webhooks(mine: Handle) -> bytes:
    """List the user's webhooks, the oldest first."""
    return await mine.run(_LIST)


async def get_webhook(mine: Handle, webhook_id: UUID) -> bytes:
    """Give one webhook; WebhookNotFoundError if the user has none with this id."""
    return _found(await mine.run(_GET, webhook_id=webhook_id))


async def create_webhook(
    mine: Handle, webhook: WebhookCreate, *, private_addresses: bool
) -> list[bytes]:
    """Create a webhook; gives its id and, with its secret, the webhook.

    It is told of no change that was before. LimitReachedError where there are as many as there may
    be, ValidationFailedError where its address is not public and `private_addresses` are refused.
    """
    _require_public(webhook.url, private_addresses=private_addresses)

    async def steps(mine: TransactionHandle) -> list[bytes]:
        if await mine.run(_COUNT) >= MAX_WEBHOOKS:
            message = f"You have {MAX_WEBHOOKS} webhooks, and there can be no more; delete one."
            raise LimitReachedError(message)
        ids = {"webhook_id": uuid7(mine.now), "secret": new_secret(), "now": mine.now}
        return await mine.run(_CREATE, **vars(webhook), **ids)

    return await mine.transaction(steps)


async def update_webhook(
    mine: Handle, webhook_id: UUID, change: WebhookUpdate, *, private_addresses: bool
) -> list[bytes]:
    """Change what the request named; gives the webhook.

    What waits for it and is not asked for any more is dropped; what is, is tried again at once.
    WebhookNotFoundError as above, ValidationFailedError as `create_webhook`.
    """
    if change.url is not None:
        _require_public(change.url, private_addresses=private_addresses)

    async def steps(mine: TransactionHandle) -> list[bytes]:
        updated = await mine.run(_UPDATE, webhook_id=webhook_id, **vars(change), now=mine.now)
        body = _found(updated)
        row = json.loads(body)
        wanted = ["test", *map(_OF_EVENT.get, row["events"])] if row["enabled"] else []
        await mine.run(_DROP, webhook_id=webhook_id, wanted=wanted)
        await hurry(mine, webhook_id)
        return [body]

    return await mine.transaction(steps)


async def delete_webhook(mine: Handle, webhook_id: UUID) -> None:
    """Delete a webhook, with what waits for it; WebhookNotFoundError as above."""

    async def steps(mine: TransactionHandle) -> list[bytes]:
        return [_found(await mine.run(_DELETE, webhook_id=webhook_id))]

    await mine.transaction(steps)


async def renew_secret(mine: Handle, webhook_id: UUID) -> list[bytes]:
    """Make a new secret; the old one signs beside it for a day. Gives the webhook with the secret.

    WebhookNotFoundError as above.
    """

    async def steps(mine: TransactionHandle) -> list[bytes]:
        renewed = await mine.run(
            _RENEW,
            webhook_id=webhook_id,
            secret=new_secret(),
            until=mine.now + OLD_SECRET_SIGNS,
            now=mine.now,
        )
        return [_found(renewed)]

    return await mine.transaction(steps)


async def send_test(mine: Handle, webhook_id: UUID) -> list[bytes]:
    """Let a test be delivered, before all that waits; gives the delivery.

    Where one waits already, that one. WebhookNotFoundError as above, WebhookDisabledError.
    """

    async def steps(mine: TransactionHandle) -> list[bytes]:
        webhook = json.loads(_found(await mine.run(_LOOK, webhook_id=webhook_id)))
        if not webhook["enabled"]:
            raise WebhookDisabledError
        values = {"webhook_id": webhook_id, "now": mine.now}
        waiting = await mine.run(_WAITING_TEST, webhook_id=webhook_id)
        test = waiting or await mine.run(_TEST, **values, delivery_id=uuid7(mine.now))
        await mine.run(WAKE, at=mine.now)
        return [_found(test)]

    return await mine.transaction(steps)


async def list_deliveries(mine: Handle, webhook_id: UUID) -> bytes:
    """List what was last delivered, the newest first; WebhookNotFoundError as above."""
    return _found(await mine.run(_DELIVERIES, webhook_id=webhook_id))


async def hurry(mine: TransactionHandle, webhook_id: UUID) -> None:
    """Let what waits for the next attempt be tried at once, as if for the first time."""
    if await mine.run(_HURRY, webhook_id=webhook_id, now=mine.now):
        await mine.run(WAKE, at=mine.now)


def _require_public(url: str, *, private_addresses: bool) -> None:
    try:
        canonical_url(url, private_addresses=private_addresses)
    except ValueError as error:
        raise ValidationFailedError.of(FieldError("url", "invalid_url", str(error))) from error


def _found(body: bytes | None) -> bytes:
    if body is None:
        raise WebhookNotFoundError
    return body


_webhooks, _deliveries, _log = owner_view(Webhook), owner_view(Delivery), owner_view(LoggedChange)
_webhook_id = row_id_parameter("webhook_id")
_secret = bindparam("secret", type_=Text)
_its_own = _deliveries.c.webhook_id == _webhook_id
_one, _none = literal_column("1", Integer), literal_column("0", BigInteger)
_newest = select(_log.c.number).where(is_owners(_log)).order_by(_log.c.number.desc()).limit(_one)
NEWEST: ColumnElement[int] = func.coalesce(_newest.scalar_subquery(), _none)
"""The number of the user's newest change."""


def _given(
    rows: ReturningInsert[Any] | ReturningUpdate[Any] | ReturningDelete[Any],
) -> Write[bytes | None]:
    """Complete a statement that gives one row in JSON."""
    return write_statement(select(utf8(json_row(rows.cte("given")))))


def _listing() -> Read[bytes]:
    rows = select_owned(Webhook, *json_columns(_webhooks, WebhookRead)).subquery("rows")
    in_order = postgresql.aggregate_order_by(json_row(rows), rows.c.id)
    array = func.coalesce(func.json_agg(in_order), literal_column("'[]'"))
    return read_statement(select(utf8(array)).select_from(rows))


def _getting() -> Read[bytes | None]:
    row = select_owned(Webhook, *json_columns(_webhooks, WebhookRead))
    row_of_id = row.where(_webhooks.c.id == _webhook_id).subquery("webhook")
    return read_statement(select(utf8(json_row(row_of_id))))


def _looking() -> Write[bytes | None]:
    row = select(*json_columns(_webhooks, WebhookRead)).where(is_owners(_webhooks))
    row_of_id = row.where(_webhooks.c.id == _webhook_id).subquery("webhook")
    return write_statement(select(utf8(json_row(row_of_id))))


def _creating() -> Write[list[bytes]]:
    names = ("url", "events", "enabled")
    values: dict[str, ColumnElement[Any]] = {
        name: bindparam(name, type_=_webhooks.c[name].type) for name in names
    }
    follows = and_(values["enabled"], constant(CHANGES) == any_(values["events"]))
    values |= {"id": _webhook_id, "secret": _secret, "created_at": NOW, "updated_at": NOW}
    values["number"] = case((follows, NEWEST))
    made = insert(_webhooks).from_select(["user_id", *values], select(OWNER_ID, *values.values()))
    row = made.returning(*json_columns(_webhooks, WebhookMade)).cte("made")
    parts = [utf8(row.c.id), utf8(constant("0")), utf8(json_row(row))]
    return write_statement(select(postgresql.array(parts)))


def _updating() -> Write[bytes | None]:
    was = _webhooks.c
    url, events, enabled = (
        func.coalesce(bindparam(name, type_=was[name].type), was[name])
        for name in ("url", "events", "enabled")
    )
    follows = and_(enabled, constant(CHANGES) == any_(events))
    values = {
        "url": url,
        "events": events,
        "enabled": enabled,
        "error": case((enabled, null()), else_=was.error),
        "number": case((follows, func.coalesce(was.number, NEWEST))),
        "updated_at": NOW,
    }
    updated = update_owned(Webhook).where(was.id == _webhook_id).values(values)
    return _given(updated.returning(*json_columns(_webhooks, WebhookRead)))


def _renewing() -> Write[bytes | None]:
    was, space = _webhooks.c, constant(" ")
    still = case((was.old_secret_until > NOW, was.old_secret))
    those = func.string_to_array(func.concat_ws(space, was.secret, still), space, type_=ARRAY(Text))
    newest = those[slice(_one, literal_column(str(OLD_SECRETS), Integer))]
    until = bindparam("until", type_=was.old_secret_until.type)
    old = {"old_secret": func.array_to_string(newest, space), "old_secret_until": until}
    renewed = update_owned(Webhook).where(_webhooks.c.id == _webhook_id)
    renewed = renewed.values(secret=_secret, updated_at=NOW, **old)
    return _given(renewed.returning(*json_columns(_webhooks, WebhookMade)))


def _testing() -> Write[bytes | None]:
    values: dict[str, ColumnElement[Any]] = {
        "id": row_id_parameter("delivery_id"),
        "place": _none,
        "channel": constant("webhook"),
        "webhook_id": _webhook_id,
        "event": constant("test"),
        "created_at": NOW,
        "next_at": NOW,
    }
    row = select(OWNER_ID, *values.values())
    made = insert(_deliveries).from_select(["user_id", *values], row)
    return _given(made.returning(*json_columns(_deliveries, DeliveryRead)))


def _waiting_test() -> Write[bytes | None]:
    waiting = (is_owners(_deliveries), _its_own, _deliveries.c.place == _none)
    rows = select(*json_columns(_deliveries, DeliveryRead)).where(*waiting)
    one = rows.where(_deliveries.c.next_at.is_not(None)).limit(_one).subquery("waiting")
    return write_statement(select(utf8(json_row(one))))


def _listing_deliveries() -> Read[bytes | None]:
    rows = select_owned(Delivery, *json_columns(_deliveries, DeliveryRead), _deliveries.c.place)
    order = (_deliveries.c.created_at.desc(), _deliveries.c.place.desc())
    newest = rows.where(_its_own).order_by(*order).limit(literal_column(str(SHOWN)))
    its = newest.subquery("its")
    row = select(*(its.c[name] for name in DeliveryRead.model_fields)).subquery("row")
    array = func.coalesce(func.json_agg(json_row(row)), literal_column("'[]'"))
    listed = select(array).select_from(row).scalar_subquery()
    webhook = select_owned(Webhook, utf8(listed)).where(_webhooks.c.id == _webhook_id)
    return read_statement(webhook)


def _counted(model: type[SQLModel]) -> Write[int]:
    rows = owner_view(model)
    return write_statement(select(func.count()).select_from(rows).where(is_owners(rows)))


_LIST, _GET, _LOOK = _listing(), _getting(), _looking()
_CREATE, _UPDATE, _RENEW = _creating(), _updating(), _renewing()
_TEST, _WAITING_TEST, _DELIVERIES = _testing(), _waiting_test(), _listing_deliveries()
_COUNT = _counted(Webhook)
_DELETE: Write[bytes | None] = write_statement(
    delete_owned(Webhook).where(_webhooks.c.id == _webhook_id).returning(utf8(_webhooks.c.id))
)
_DROP: Write[None] = write_statement(
    delete_owned(Delivery).where(
        _its_own,
        _deliveries.c.next_at.is_not(None),
        not_(_deliveries.c.event == any_(bindparam("wanted", type_=ARRAY(Text)))),
    )
)
_hurried = (
    update_owned(Delivery)
    .where(_its_own, _deliveries.c.status == constant("waiting"))
    .where(or_(_deliveries.c.next_at > NOW, _deliveries.c.attempts > literal_column("0")))
    .values(next_at=NOW, attempts=literal_column("0"))
    .returning(_deliveries.c.id)
    .cte("hurried")
)
_HURRY: Write[int] = write_statement(select(func.count()).select_from(_hurried))
WAKE: Write[None] = write_statement(
    select(func.wake(OWNER_ID, constant("deliveries"), bindparam("at", type_=NOW.type)))
)
