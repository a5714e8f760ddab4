"""A database of its own at a fixed time, tasks that remind, and who sees all."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from todo_server.database import Database, Handle
from todo_server.domain.identity import Identity
from todo_server.domain.notifications_query import NotificationsQuery
from todo_server.models import TaskCreate, TaskUpdate
from todo_server.services import notifications, tasks
from todo_server.workers.dispatcher import REMINDERS, run_due

BEGINNING = datetime(2026, 11, 30, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Reminding:
    """As a server uses it, at a time that stands still."""

    def __init__(self, url: str, seeing: asyncpg.Connection) -> None:
        self.url, self.seeing, self.now = url, seeing, BEGINNING
        self.database = self.another()

    def another(self) -> Database:
        """As another instance has it."""
        return Database(self.url, pool_size=2, clock=lambda: self.now)

    def of(self, owner: str) -> Handle:
        return self.database.of(Identity(owner))

    async def task(self, owner: str = "ada", **members: Any) -> UUID:
        """Make a task that is due in an hour and reminds half an hour before, unless otherwise."""
        usual = {
            "title": "Call",
            "due_date": "2026-11-30T09:00:00Z",
            "reminders": [{"minutes_before": 30}],
        }
        body = TaskCreate.model_validate(usual | members)
        return (await tasks.create_task(self.of(owner), body)).id

    async def change(self, task_id: UUID, owner: str = "ada", **members: Any) -> dict[str, Any]:
        change = TaskUpdate.model_validate(members)
        changed = await tasks.update_task(self.of(owner), task_id, change)
        row: dict[str, Any] = json.loads(changed.body)
        return row

    async def fire(self) -> datetime | None:
        """Do all that is due; gives when the next is."""
        return await run_due(self.database, REMINDERS)

    async def fire_at(self, *at: datetime) -> None:
        """Do all that is due at each of these instants, one after the other."""
        for instant in at:
            self.now = instant
            await self.fire()

    async def armed(self, owner: str = "ada") -> list[datetime]:
        """When somebody will be reminded."""
        rows = await self.seeing.fetch(
            "SELECT remind_at FROM reminder WHERE user_id = $1 AND fired_at IS NULL ORDER BY 1",
            owner,
        )
        return [row["remind_at"] for row in rows]

    async def told(self, owner: str = "ada") -> list[dict[str, Any]]:
        """What somebody was told, the newest first."""
        query = NotificationsQuery(limit=200)
        page = await notifications.list_notifications(self.of(owner), query)
        found: list[dict[str, Any]] = json.loads(page.body)
        return found

    async def until_told(self, owner: str = "ada", count: int = 1) -> None:
        """Wait until somebody was told something, or so much."""
        for _ in range(3_000):
            if len(await self.told(owner)) >= count:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{owner} was not told {count}")


@asynccontextmanager
async def reminding(url: str) -> AsyncIterator[Reminding]:
    seeing = await asyncpg.connect(url)
    try:
        its = Reminding(url, seeing)
        async with its.database:
            yield its
    finally:
        await seeing.close()


Work = Callable[[Reminding], Awaitable[None]]
