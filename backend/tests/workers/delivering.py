"""A database of its own at a fixed time, users with webhooks, and a receiver of what they get."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from standardwebhooks import Webhook as Verifier

from tests.receiver import Received, Receiver
from todo_server.database import Database
from todo_server.domain.identity import Identity
from todo_server.domain.uuid7 import uuid7
from todo_server.models import TaskCreate, WebhookCreate, WebhookUpdate
from todo_server.models.webhook import Event
from todo_server.services import tasks, webhooks
from todo_server.workers.deliveries import deliveries
from todo_server.workers.dispatcher import Errand, run_due

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)

NOTIFY = """
INSERT INTO my_notification (user_id, id, kind, title, created_at) VALUES ($1, $2, $3, $4, $5)
"""
TURN = """
SELECT set_config('app.user_id', $1, true), pg_advisory_xact_lock(hashtextextended($1, 0))
"""


def errand() -> Errand:
    return deliveries(private_addresses=True)


class Delivering:
    """A database as a server uses it, at a time that stands still, and one who sees all."""

    def __init__(self, url: str, seeing: asyncpg.Connection, receiver: Receiver) -> None:
        self.url, self.seeing, self.receiver, self.now = url, seeing, receiver, BEGINNING
        self.database = self.another()
        self.secrets: dict[str, str] = {}
        """By the id of the webhook."""

    def another(self) -> Database:
        """As another instance has it."""
        return Database(self.url, pool_size=4, clock=lambda: self.now)

    async def webhook(self, owner: str, *events: Event, url: str = "") -> UUID:
        """Let a user make a webhook, at a path of the receiver that is the user's name."""
        body = WebhookCreate(
            url=url or self.receiver.url.replace("/hook", f"/{owner}"),
            events=[*events] or ["reminders"],
        )
        mine = self.database.of(Identity(owner))
        row = json.loads((await webhooks.create_webhook(mine, body, private_addresses=True))[2])
        self.secrets[row["id"]] = row["secret"]
        return UUID(row["id"])

    async def update(self, owner: str, webhook_id: UUID, **members: Any) -> dict[str, Any]:
        change, mine = WebhookUpdate(**members), self.database.of(Identity(owner))
        allowed = {"private_addresses": True}
        (body,) = await webhooks.update_webhook(mine, webhook_id, change, **allowed)
        updated: dict[str, Any] = json.loads(body)
        return updated

    async def remind(self, owner: str, *titles: str, kind: str = "reminder") -> None:
        """Notify a user, as the dispatcher does."""
        async with self.seeing.transaction():
            await self.seeing.execute(TURN, owner)
            for number, title in enumerate(titles):
                row_id = uuid7(self.now + number * timedelta(microseconds=1))
                await self.seeing.execute(NOTIFY, owner, row_id, kind, title, self.now)

    async def task(self, owner: str, title: str) -> UUID:
        mine = self.database.of(Identity(owner))
        return (await tasks.create_task(mine, TaskCreate(title=title))).id

    async def deliver(self, database: Database | None = None) -> datetime | None:
        """Deliver all that is due; gives when the next is."""
        return await run_due(database or self.database, errand())

    async def waiting(self, owner: str) -> int:
        sql = "SELECT count(*) FROM delivery WHERE user_id = $1 AND next_at IS NOT NULL"
        count: int = await self.seeing.fetchval(sql, owner)
        return count

    async def deliveries(self, owner: str, webhook_id: UUID) -> list[dict[str, Any]]:
        """As the API lists them: the newest first."""
        mine = self.database.of(Identity(owner))
        listed: list[dict[str, Any]] = json.loads(await webhooks.list_deliveries(mine, webhook_id))
        return listed

    async def shown(self, owner: str, webhook_id: UUID) -> dict[str, Any]:
        mine = self.database.of(Identity(owner))
        webhook: dict[str, Any] = json.loads(await webhooks.get_webhook(mine, webhook_id))
        return webhook

    async def due_at(self, owner: str) -> list[datetime]:
        sql = "SELECT due_at FROM dispatch WHERE owner_id = $1 AND errand = 'deliveries'"
        return [row[0] for row in await self.seeing.fetch(sql, owner)]

    def got(self, owner: str | None = None) -> list[dict[str, Any]]:
        """What the receiver was sent, all or one user's."""
        received = self.receiver.received
        return [json.loads(r.body) for r in received if owner in (None, r.path[1:])]

    def titles(self, owner: str | None = None) -> list[str]:
        """Of the reminders that it was sent."""
        return [each["data"]["title"] for each in self.got(owner)]


def verified(received: Received, secret: str) -> Any:
    """Check a signature as receivers do; gives the message."""
    return Verifier(secret).verify(received.body, received.headers)


@asynccontextmanager
async def delivering(url: str) -> AsyncIterator[Delivering]:
    seeing = await asyncpg.connect(url)
    try:
        with Receiver() as receiver:
            its = Delivering(url, seeing, receiver)
            async with its.database:
                yield its
    finally:
        await seeing.close()
