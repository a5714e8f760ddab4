"""Several at once, some that are killed, and one user with very much."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from tests.databases import run
from tests.processes import environment, todo_server
from tests.waiting import until
from tests.workers.keeping import DAY, RETENTION, keeping
from todo_server.domain.identity import Identity
from todo_server.models import TaskCreate
from todo_server.services import tasks, upkeep
from todo_server.services.upkeep import Deleted
from todo_server.workers.upkeep import Done, look_after_all

PURGED_ONCE = "SELECT count(*) = count(DISTINCT row_id) FROM change WHERE kind = 'purged'"
PURGED = "SELECT count(*) FROM change WHERE kind = 'purged'"


@pytest.mark.parametrize("instances", [2, 4])
def test_of_several_instances_one_looks_after_each_user_and_purges_each_task_once(
    url, instances, monkeypatch
):
    looked_after, at_work = upkeep.look_after, set()

    async def alone(database, claimed, retention):
        assert claimed.owner not in at_work
        at_work.add(claimed.owner)
        try:
            return await looked_after(database, claimed, retention)
        finally:
            at_work.remove(claimed.owner)

    async def work() -> None:
        async with keeping(url) as its, AsyncExitStack() as stack:
            for number in range(200):
                for _ in range(number % 3):
                    await its.trashed(f"user {number}")
                await its.logged(f"user {number}", 11, 11)
            its.now += 30 * DAY
            databases = [await stack.enter_async_context(its.another()) for _ in range(instances)]
            done = await asyncio.gather(*(look_after_all(each, RETENTION) for each in databases))
            assert sum(each.users for each in done) == 200
            assert all(each.users for each in done)
            assert sum(each.deleted.purged for each in done) == 199
            assert await its.fetch(PURGED) == [199]
            assert await its.fetch(PURGED_ONCE) == [True]
            assert await its.fetch("SELECT count(*) FROM task") == [0]
            assert await upkeep.count_due(its.database) == 0

    monkeypatch.setattr(upkeep, "look_after", alone)
    asyncio.run(work())


def test_who_comes_back_late_to_a_user_of_somebody_else_does_nothing(url):
    async def work() -> None:
        async with keeping(url) as its:
            await its.trashed("ada")
            its.now += 30 * DAY
            (late,) = await upkeep.claim_due(its.database)
            assert await upkeep.claim_due(its.database) == []
            its.now += upkeep.CLAIM
            (in_time,) = await upkeep.claim_due(its.database)
            assert await upkeep.look_after(its.database, late, RETENTION) == (Deleted(), None)
            assert len(await its.left("ada")) == 1
            deleted, unfinished = await upkeep.look_after(its.database, in_time, RETENTION)
            assert (deleted, unfinished) == (Deleted(purged=1), None)

    asyncio.run(work())


def test_what_one_leaves_that_is_killed_in_the_midst_is_done_by_the_next(url, tmp_path):
    many = 20_000

    async def prepare() -> None:
        async with keeping(url) as its:
            its.now = datetime.now(UTC) - 31 * DAY
            await its.many("ada", many)
            await its.many("bob", 10)

    async def finish() -> Done:
        async with keeping(url) as its:
            its.now = datetime.now(UTC)
            assert await upkeep.count_due(its.database) == 0, "both are claimed"
            its.now += upkeep.CLAIM
            return await its.look_after_all()

    asyncio.run(prepare())
    command = [sys.executable, "-m", "todo_server", "upkeep"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(DATABASE_URL=url))
    until(lambda: run(url, PURGED)[0][0], "the first purges")
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60)
    ((before,),) = run(url, PURGED)
    assert 0 < before < many
    assert before % upkeep.STEP == 0
    done = asyncio.run(finish())
    assert done.users == 2
    ((after,),) = run(url, PURGED)
    assert after == many + 10
    assert run(url, PURGED_ONCE)[0][0]
    assert run(url, "SELECT FROM task") == []


def test_a_hundred_thousand_of_one_user_go_in_small_steps_and_the_user_goes_on(url):
    async def work() -> None:
        async with keeping(url) as its:
            await its.many("ada", 100_000)
            its.now += 30 * DAY
            mine = its.database.of(Identity("ada"))
            steps: list[int] = []
            own: list[asyncio.Task[tasks.Versioned]] = []

            def tell(done: Done) -> None:
                steps.append(done.deleted.purged - sum(steps))
                if len(steps) % 50 == 0:  # 503 where it would wait for two seconds
                    new = tasks.create_task(mine, TaskCreate(title="meanwhile"))
                    own.append(asyncio.ensure_future(new))

            done = await its.look_after_all(tell=tell)
            assert done.deleted.purged == sum(steps) == 100_000
            assert max(steps) <= upkeep.STEP
            made = await asyncio.gather(*own)
            assert len(made) == 10
            assert await its.fetch(PURGED_ONCE) == [True]
            assert await its.fetch("SELECT count(*) FROM task") == [10]

    asyncio.run(work())


def test_a_user_who_is_busy_is_left_for_later_and_the_others_are_not(url):
    async def work() -> None:
        async with keeping(url) as its:
            for owner in ("ada", "bob", "eve"):
                await its.trashed(owner)
            its.now += 30 * DAY
            async with its.seeing.transaction():
                turn = "SELECT pg_advisory_xact_lock(hashtextextended('bob', 0))"
                await its.seeing.execute(turn)
                done = await its.look_after_all()
            assert (done.users, done.busy) == (2, 1)
            its.now += upkeep.CLAIM
            assert (await its.look_after_all()).deleted == Deleted(purged=1)
            assert await its.fetch("SELECT count(*) FROM task") == [0]

    asyncio.run(work())


def test_the_command_looks_after_everybody_and_says_what_it_did(url, tmp_path):
    async def prepare() -> None:
        async with keeping(url) as its:
            its.now = datetime.now(UTC) - 100 * DAY
            for owner in ("ada", "bob"):
                await its.trashed(owner)

    asyncio.run(prepare())
    done = todo_server("upkeep", cwd=tmp_path, DATABASE_URL=url, TRASH_DAYS=101)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout == "Looked after 2 users: purged 0 rows of the trash, 2 changes and 0 keys.\n"
    )
    again = todo_server("upkeep", cwd=tmp_path, DATABASE_URL=url)
    assert (
        again.stdout == "Looked after 0 users: purged 0 rows of the trash, 0 changes and 0 keys.\n"
    )


def test_the_command_tells_how_far_it_is_where_it_takes_long(url, invoke, monkeypatch):
    async def prepare() -> None:
        async with keeping(url) as its:
            its.now = datetime.now(UTC) - 31 * DAY
            await its.many("ada", 300)

    asyncio.run(prepare())
    monkeypatch.setattr("todo_server.cli.PROGRESS_AFTER", 0.0)
    monkeypatch.setattr("todo_server.logs.configure", lambda *_: None)
    done = invoke("upkeep", DATABASE_URL=url)
    assert done.exit_code == 0, done.output
    assert done.stderr.startswith("Looked after 0 users: purged 200 rows of the trash")
    assert "1 were due" in done.stderr
