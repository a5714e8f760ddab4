"""Changes of one task that meet: each counts, in some order, and nothing comes back to life."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from todo_server.database import Database
from todo_server.domain.identity import Identity
from todo_server.domain.task_query import TaskQuery
from todo_server.errors import TaskNotFoundError, TodoServerError
from todo_server.models import Completion, TaskCreate, TaskUpdate
from todo_server.services import tasks

ADA = Identity(f"ada {uuid.uuid4().hex}")
MEETING: dict[str, Callable[[Database, UUID], Awaitable[tasks.Versioned]]] = {
    "update": lambda db, i: tasks.update_task(db.of(ADA), i, TaskUpdate(description="new")),
    "set": lambda db, i: tasks.complete_task(db.of(ADA), i, Completion(completed=True)),
    "flip": lambda db, i: tasks.complete_task(db.of(ADA), i, Completion()),
}
every_change = pytest.mark.parametrize("change", MEETING.values(), ids=MEETING)
IS_WAITED_FOR = """
SELECT EXISTS (SELECT FROM pg_locks
               WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
"""


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[tuple[Database, asyncpg.Connection]]:
    """The database as the server uses it, and a connection that sees all."""
    connection = await asyncpg.connect(url)
    try:
        async with Database(url, pool_size=8) as database:
            yield database, connection
    finally:
        await connection.close()


async def change_behind(
    url: str, sql: str, change: Callable[..., Awaitable[tasks.Versioned]]
) -> Any:
    """Begin a change while somebody else holds the row; what comes of it, once they commit."""
    async with opened(url) as (database, other):
        task_id = (await tasks.create_task(database.of(ADA), TaskCreate(title="old"))).id
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SELECT set_config('app.user_id', $1, true)", ADA.user_id)
        await other.execute(sql, task_id)
        changing = asyncio.ensure_future(change(database, task_id))
        async with asyncio.timeout(30):
            while not await other.fetchval(IS_WAITED_FOR):
                await other.execute("SELECT pg_sleep(0.01)")
        await transaction.commit()
        try:
            found = json.loads((await changing).body)
        except TodoServerError as error:
            found = error
        row = await other.fetchrow("SELECT * FROM task WHERE id = $1", task_id)
        return found, row


@every_change
def test_a_change_that_met_a_delete_is_404_and_brings_nothing_back(change, database_url):
    sql = "DELETE FROM task WHERE id = $1"
    found, row = asyncio.run(change_behind(database_url, sql, change))
    assert isinstance(found, TaskNotFoundError)
    assert row is None


@every_change
def test_a_change_that_met_another_keeps_what_the_other_changed(change, database_url):
    sql = "UPDATE task SET title = 'theirs', completed = true WHERE id = $1"
    found, row = asyncio.run(change_behind(database_url, sql, change))
    assert (found["title"], row["title"]) == ("theirs", "theirs")
    assert found["completed"] is row["completed"] is (change is not MEETING["flip"])


@every_change
def test_a_row_is_never_told_of_or_made_that_is_not_there(change, database_url):
    async def try_it() -> None:
        async with opened(database_url) as (database, other):
            missing = uuid.uuid4()
            with pytest.raises(TaskNotFoundError):
                await change(database, missing)
            assert await other.fetch("SELECT FROM task WHERE id = $1", missing) == []

    asyncio.run(try_it())


def test_changes_and_deletes_at_random_leave_what_they_said(database_url):
    """Many at once, on few tasks: a task that somebody was told is gone stays gone."""

    async def hurry() -> None:
        async with opened(database_url) as (database, _):
            owner = Identity(f"bob {uuid.uuid4().hex}")

            async def flip(task_id: UUID) -> bool:
                try:
                    await tasks.complete_task(database.of(owner), task_id, Completion())
                except TaskNotFoundError:
                    return False
                return True

            async def delete(task_id: UUID) -> None:
                await tasks.delete_task(database.of(owner), task_id)

            for _ in range(20):
                gone = (await tasks.create_task(database.of(owner), TaskCreate(title="gone"))).id
                kept = (await tasks.create_task(database.of(owner), TaskCreate(title="kept"))).id
                doomed = [flip(gone) for _ in range(11)]
                others = [flip(kept) for _ in range(11)]
                results = await asyncio.gather(*others, *doomed[:5], delete(gone), *doomed[5:])
                assert all(results[:11])
                left = json.loads((await tasks.list_tasks(database.of(owner), TaskQuery())).body)
                assert {t["id"]: t["completed"] for t in left} == {str(kept): True}
                await tasks.delete_task(database.of(owner), kept)

    asyncio.run(hurry())


def test_the_moment_of_a_change_goes_forwards_even_if_the_clock_does_not(database_url):
    clock = iter([datetime.now(UTC), *[datetime(2020, 1, 1, tzinfo=UTC)] * 3])

    async def change_twice() -> list[str]:
        async with Database(database_url, pool_size=1, clock=lambda: next(clock)) as database:
            task = await tasks.create_task(database.of(ADA), TaskCreate(title="old"))
            moments = [json.loads(task.body)["updated_at"]]
            for _ in range(3):
                task = await tasks.complete_task(database.of(ADA), task.id, Completion())
                moments.append(json.loads(task.body)["updated_at"])
            return moments

    moments = asyncio.run(change_twice())
    assert moments == sorted(set(moments))
