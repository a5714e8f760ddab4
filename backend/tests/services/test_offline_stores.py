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
from todo_server.database import Database, Handle
from todo_server.domain.changes_query import ChangesQuery
from todo_server.domain.identity import Identity
from todo_server.domain.project_query import TasksOfDeleted
from todo_server.domain.task_query import TaskQuery
from todo_server.errors import NumberTooOldError, TodoServerError, UnavailableError
from todo_server.models import (
    Completion,
    FilterCreate,
    FilterUpdate,
    ProjectCreate,
    ProjectUpdate,
    TagCreate,
    TagUpdate,
    TaskCreate,
    TaskUpdate,
)
from todo_server.services import changes, filters, projects, tags, tasks, trash

CHANGES = int(os.environ.get("FOLLOWED_CHANGES", "2500"))
RESTS = 20
ADA = Identity("ada")

Store = dict[str, dict[str, Any]]
NOUNS = ("tasks", "projects", "tags", "filters")
Way = tuple[int, Callable[..., Awaitable[object]], tuple[object, ...]]
NONE = {"id": "019a0000-0000-7000-8000-000000000000", "name": "none"}


class Device:
    """Somebody's device: what it has stored, and how far it has followed."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database, self.random = database, random.Random(seed)
        self.stores: dict[str, Store] = {noun: {} for noun in NOUNS}
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
        if self.random.random() < 0.2:
            return self._any_change_of_others(mine, number)
        store = self.stores["tasks"]
        new = tasks.create_task, (mine, TaskCreate(title=f"task {number}", tags=self._some_tags()))
        if len(store) < 5:
            return new[0](*new[1])
        some = UUID(self.random.choice(list(store)))
        gone = UUID(self.random.choice(self.gone)) if self.gone else some
        late = max(1, (self.number or 0) + 3 - self.random.randrange(30))
        there = self._any("projects")
        moved = TaskUpdate.model_validate({"project_id": there and there["id"]})
        ways: list[Way] = [
            (25 if len(store) < 200 else 0, *new),
            (15, tasks.update_task, (mine, some, TaskUpdate(title=f"title {number}"))),
            (5, tasks.update_task, (mine, some, TaskUpdate(tags=self._some_tags()))),
            (5, tasks.update_task, (mine, some, moved)),
            (5, tasks.update_task, (mine, some, TaskUpdate(description=str(number)))),
            (15, tasks.complete_task, (mine, some, Completion())),
            (15, tasks.delete_task, (mine, some)),
            (10, changes.undo_change, (mine, late)),
            (3, tasks.restore_task, (mine, gone)),
            (2, trash.purge_task, (mine, gone)),
        ]
        return self._one_of(ways)

    def _any_change_of_others(self, mine: Handle, number: int) -> Awaitable[object]:
        """Change a project, a tag or a filter; what is not there is refused, as it would be."""
        project, tag, saved = (self._any(noun) or NONE for noun in NOUNS[1:])
        project_id, tag_name, filter_id = UUID(project["id"]), tag["name"], UUID(saved["id"])
        query, of_its_tasks = {"q": str(number)}, self.random.choice(list(TasksOfDeleted))
        name = f"name {number % 20}"
        ways: list[Way] = [
            (3, projects.create_project, (mine, ProjectCreate(name=name))),
            (2, projects.update_project, (mine, project_id, ProjectUpdate(name=name))),
            (1, projects.delete_project, (mine, project_id, of_its_tasks)),
            (3, tags.create_tag, (mine, TagCreate(name=name))),
            (2, tags.update_tag, (mine, tag_name, TagUpdate(name=name))),
            (1, tags.merge_tag, (mine, tag_name, name)),
            (1, tags.delete_tag, (mine, tag_name)),
            (3, filters.create_filter, (mine, FilterCreate(name=name, query=query))),
            (2, filters.update_filter, (mine, filter_id, FilterUpdate(query=query))),
            (1, filters.delete_filter, (mine, filter_id)),
        ]
        return self._one_of(ways)

    def _one_of(self, ways: list[Way]) -> Awaitable[object]:
        ((_, way, arguments),) = self.random.choices(ways, [way[0] for way in ways])
        return way(*arguments)

    def _any(self, noun: str) -> dict[str, Any] | None:
        store = self.stores[noun]
        return self.random.choice(list(store.values())) if store else None

    def _some_tags(self) -> list[str]:
        return self.random.sample([f"name {number}" for number in range(20)], k=2)

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
            self.stores = {noun: {} for noun in NOUNS}
            self.number, self.cursor = None, None
            self.begun += 1
            return True
        except UnavailableError:
            return True
        if self.random.random() < 0.1:
            return True  # the answer was lost
        answer = json.loads(page.body)
        rows = [(noun, row["id"], row) for noun in NOUNS for row in answer[noun]]
        rows += [(noun, gone, None) for noun in NOUNS for gone in answer["removed"]]
        self.random.shuffle(rows)
        is_cut = self.random.random() < 0.1
        for noun, row_id, row in rows[: len(rows) // 2] if is_cut else rows:
            was = self.stores[noun].pop(row_id, None)
            if row is not None:
                self.stores[noun][row_id] = row
            elif was is not None and noun == "tasks":
                self.gone = [*self.gone[-50:], row_id]
        if is_cut:
            return True
        self.cursor = answer["cursor"]
        if self.cursor is None:
            self.number = answer["number"]
        return bool(answer["more"])


async def on_the_server(database: Database) -> dict[str, Store]:
    mine = database.of(ADA)
    bodies = {
        "tasks": (await tasks.list_tasks(mine, TaskQuery())).body,
        "projects": await projects.list_projects(mine, archived=None),
        "tags": await tags.list_tags(mine),
        "filters": await filters.list_filters(mine),
    }
    found = {noun: {row["id"]: row for row in json.loads(body)} for noun, body in bodies.items()}
    for row in (*found["projects"].values(), *found["tags"].values()):
        del row["tasks"]  # how many there are, which is no change of it
    return found


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
            while newest < CHANGES or rests < RESTS:
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
                    assert device.stores == expected
            assert any(device.begun for device in devices), "none was behind the log"

    asyncio.run(live())
