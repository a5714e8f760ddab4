"""A database of its own at a fixed time, and users who leave something to be looked after."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from todo_server.database import Database
from todo_server.domain.identity import Identity
from todo_server.models import TaskCreate
from todo_server.services import tasks
from todo_server.services.upkeep import Retention
from todo_server.workers.upkeep import Done, look_after_all

DAY = timedelta(days=1)
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
RETENTION = Retention(trash=30 * DAY, changes=90 * DAY)

# Without the triggers, which have no part in it, and take their time for so many.
MANY = """
INSERT INTO task (user_id, id, title, completed, created_at, updated_at, version, deleted_at)
SELECT $1, gen_random_uuid(), n, false, $2, $2, 2, $2 FROM generate_series(1, $3::int) AS n
"""
LOGGED = """
INSERT INTO change (user_id, number, at, kind, noun, row_id, before)
SELECT $1, n, $2::timestamptz + n * interval '1 second', 'updated', 'task', gen_random_uuid(),
       '{"title": "before"}'
FROM generate_series($3::bigint, $4::bigint) AS n
"""
DUE = "INSERT INTO upkeep (owner_id, due_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"


class Keeping:
    """A database as a server uses it, at a time that stands still, and one who sees all."""

    def __init__(self, url: str, seeing: asyncpg.Connection) -> None:
        self.url, self.seeing, self.now = url, seeing, BEGINNING
        self.database = self.another()

    def another(self) -> Database:
        """As another instance has it."""
        return Database(self.url, pool_size=2, clock=lambda: self.now)

    async def trashed(self, owner: str, title: str = "Lose") -> UUID:
        """Let a user make a task and delete it."""
        mine = self.database.of(Identity(owner))
        task_id = (await tasks.create_task(mine, TaskCreate(title=title))).id
        await tasks.delete_task(mine, task_id)
        return task_id

    async def many(self, owner: str, count: int) -> None:
        """Put many tasks into a user's trash at once, and nothing into their log but one row."""
        async with self.seeing.transaction():
            await self.seeing.execute("SET LOCAL session_replication_role = replica")
            await self.seeing.execute(MANY, owner, self.now, count)
            await self.logged(owner, 1, 1)
        await self.seeing.execute(DUE, owner, self.now)

    async def logged(self, owner: str, first: int, last: int) -> None:
        """Put changes into a user's log, a second after another."""
        await self.seeing.execute(LOGGED, owner, self.now, first, last)
        await self.seeing.execute(DUE, owner, self.now)

    async def look_after_all(self, **options: Any) -> Done:
        return await look_after_all(self.database, RETENTION, **options)

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """The first values of the rows."""
        return [row[0] for row in await self.seeing.fetch(sql, *arguments)]

    async def left(self, owner: str) -> list[UUID]:
        """What is in a user's trash."""
        return await self.fetch("SELECT id FROM task WHERE user_id = $1 AND live IS NULL", owner)

    async def numbers(self, owner: str) -> list[int]:
        """What is in a user's log."""
        return await self.fetch(
            "SELECT number FROM change WHERE user_id = $1 ORDER BY number", owner
        )

    async def due_at(self, owner: str) -> list[datetime]:
        return await self.fetch("SELECT due_at FROM upkeep WHERE owner_id = $1", owner)


@asynccontextmanager
async def keeping(url: str) -> AsyncIterator[Keeping]:
    seeing = await asyncpg.connect(url)
    try:
        its = Keeping(url, seeing)
        async with its.database:
            yield its
    finally:
        await seeing.close()
