"""Three devices with stores of their own follow what all of them change, through cuts and retries.

They change things at once, go offline, lose answers, stop in the middle of a page, and find the log
pruned. At every rest, each store is what the server has.
"""

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.databases import new_database
from todo_server.database import Database
from todo_server.domain.changes_query import ChangesQuery
from todo_server.domain.identity import Identity
from todo_server.domain.task_query import TaskQuery
from todo_server.errors import NumberTooOldError, TodoServerError, UnavailableError
from todo_server.models import Completion, TaskCreate, TaskUpdate
from todo_server.services import changes, tasks, trash

CHANGES = int(os.environ.get("FOLLOWED_CHANGES", "2500"))
RESTS = 20
ADA = Identity("ada")

Store = dict[str, dict[str, Any]]


class Device:
    """Somebody's device: what it has stored, and how far it has followed."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database, self.random = database, random.Random(seed)
        self.store: Store = {}
        self.gone: list[str] = []
        self.number: int | None = None
        self.cursor: str | None = None
        self.begun = 0

    async def change(self, count: int, *, follows: bool) -> None:
        """Change things as they look from here; what is not so any more is refused."""
        for _ in range(count):
            with suppress(TodoServerError):
                await self._any_change()
            if follows and self.random.random() < 0.1:
                await self.follow()

    def _any_change(self) -> Awaitable[object]:
        mine, number = self.database.of(ADA, "offline device"), self.random.randrange(1000)
        new = tasks.create_task, (mine, TaskCreate(title=f"task {number}"))
        if len(self.store) < 5:
            return new[0](*new[1])
        some = UUID(self.random.choice(list(self.store)))
        gone = UUID(self.random.choice(self.gone)) if self.gone else some
        late = max(1, (self.number or 0) + 3 - self.random.randrange(30))
        ways: list[tuple[int, Callable[..., Awaitable[object]], tuple[object, ...]]] = [
            (25 if len(self.store) < 200 else 0, *new),
            (20, tasks.update_task, (mine, some, TaskUpdate(title=f"title {number}"))),
            (10, tasks.update_task, (mine, some, TaskUpdate(description=str(number)))),
            (15, tasks.complete_task, (mine, some, Completion())),
            (15, tasks.delete_task, (mine, some)),
            (10, changes.undo_change, (mine, late)),
            (3, tasks.restore_task, (mine, gone)),
            (2, trash.purge_task, (mine, gone)),
        ]
        ((_, way, arguments),) = self.random.choices(ways, [way[0] for way in ways])
        return way(*arguments)

    async def follow_to_the_end(self) -> None:
        while await self.follow():
            pass

    async def follow(self) -> bool:
        """Ask for one page and store it, unless something comes in between; is there more?"""
        limit = self.random.choice([1, 7, 50, 500, 1000])
        position = {"since": self.number, "cursor": self.cursor}
        query = ChangesQuery(limit=limit).model_copy(update=position)
        try:
            page = await changes.list_changes(self.database.of(ADA), query)
        except NumberTooOldError:
            self.store, self.number, self.cursor = {}, None, None
            self.begun += 1
            return True
        except UnavailableError:
            return True
        if self.random.random() < 0.1:
            return True  # the answer was lost
        answer = json.loads(page.body)
        rows: list[tuple[str, Any]] = [(task["id"], task) for task in answer["tasks"]]
        rows += [(gone, None) for gone in answer["removed"]]
        self.random.shuffle(rows)
        is_cut = self.random.random() < 0.1
        for row_id, task in rows[: len(rows) // 2] if is_cut else rows:
            self.store.pop(row_id, None)
            if task is None:
                self.gone = [*self.gone[-50:], row_id]
            else:
                self.store[row_id] = task
        if is_cut:
            return True
        self.cursor = answer["cursor"]
        if self.cursor is None:
            self.number = answer["number"]
        return bool(answer["more"])


async def on_the_server(database: Database) -> Store:
    body = (await tasks.list_tasks(database.of(ADA), TaskQuery())).body
    return {task["id"]: task for task in json.loads(body)}


@asynccontextmanager
async def cutting(url: str, every: float) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """End all connections now and then; gives a way to run SQL as Ada."""
    connection = await asyncpg.connect(url)
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    lock = asyncio.Lock()

    async def cut() -> None:
        while True:
            await asyncio.sleep(every)
            async with lock:
                await connection.execute(
                    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
                )

    async def run(sql: str) -> Any:
        async with lock, connection.transaction():
            await connection.execute("SELECT set_config('app.user_id', $1, true)", ADA.user_id)
            return await connection.fetchval(sql, ADA.user_id)

    cuts = asyncio.create_task(cut())
    try:
        yield run
    finally:
        cuts.cancel()
        await connection.close()


NEWEST = "SELECT coalesce(max(number), 0) FROM my_change WHERE user_id = $1"
PRUNE = f"DELETE FROM my_change WHERE user_id = $1 AND number < ({NEWEST}) - 50"


@pytest.mark.timeout(600)
def test_three_stores_that_follow_all_changes_equal_the_server_at_every_rest():
    url = new_database()

    async def live() -> None:
        async with Database(url, pool_size=8) as database, cutting(url, every=1.0) as run:
            devices = [Device(database, seed) for seed in range(3)]
            rests, newest = 0, 0
            while newest < CHANGES:
                away = devices[rests % 4] if rests % 4 < 3 else None
                each = CHANGES // RESTS // len(devices)
                work = (device.change(each, follows=device is not away) for device in devices)
                await asyncio.gather(*work)
                if rests % 5 == 4:
                    await run(PRUNE)
                await asyncio.gather(*(device.follow_to_the_end() for device in devices))
                expected = await on_the_server(database)
                newest, rests = await run(NEWEST), rests + 1
                for device in devices:
                    assert device.number == newest
                    assert device.store == expected
            assert rests >= RESTS
            assert any(device.begun for device in devices), "none was behind the log"

    asyncio.run(live())
