"""Beside the requests: only while they come, with a connection of its own, and quietly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from tests.api.trash.bins import in_trash, trashed
from tests.databases import run
from tests.server import RunningServer, User, settings
from tests.waiting import until
from tests.workers.keeping import DAY, RETENTION, Keeping, keeping
from todo_server.database import Database
from todo_server.domain.identity import Identity
from todo_server.domain.task_query import TaskQuery
from todo_server.services import tasks
from todo_server.workers import upkeep
from todo_server.workers.upkeep import Done, UpkeepWorker, look_after_all


@pytest.fixture(autouse=True)
def _at_once(monkeypatch) -> None:
    monkeypatch.setattr(upkeep, "FIRST_AFTER", 0.0)
    monkeypatch.setattr(upkeep, "EVERY", 0.0)


SLEEP = asyncio.sleep


class Use:
    """The use of a database; tells when the worker waits for it."""

    def __init__(self, used: asyncio.Event) -> None:
        self._used = used
        self.clear, self.set = used.clear, used.set
        self.awaited = asyncio.Semaphore(0)

    async def wait(self) -> Literal[True]:
        self.awaited.release()
        return await self._used.wait()


class AtWork:
    """A worker: how often it has begun, and that it is at rest."""

    def __init__(self, its: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = 0
        self._its, self._use = its, Use(its.database.observe())
        monkeypatch.setattr(its.database, "observe", lambda: self._use)
        monkeypatch.setattr(upkeep, "look_after_all", self._look_after_all)

    async def _look_after_all(self, *arguments: Any, **options: Any) -> Done:
        self.begun += 1
        return await look_after_all(*arguments, **options)

    async def rests(self) -> None:
        """Wait until it has nothing more to do."""
        async with asyncio.timeout(30):
            await self._use.awaited.acquire()

    async def is_told(self) -> None:
        """Tell it of a use, as if a request had been answered, and wait until it is through."""
        self._use.set()
        await self.rests()

    async def request(self) -> None:
        """Ask the database something, as requests do, and wait until the worker is through."""
        await tasks.list_tasks(self._its.database.of(Identity("eve")), TaskQuery())
        await self.rests()


@asynccontextmanager
async def at_work(its: Keeping, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AtWork]:
    worker = AtWork(its, monkeypatch)
    running = asyncio.create_task(UpkeepWorker(its.database, RETENTION).run())
    try:
        await worker.rests()
        yield worker
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def some_time() -> None:
    """Let everything go on that waits for nothing but its turn."""
    for _ in range(1_000):
        await SLEEP(0)


def test_without_a_request_it_asks_nothing_and_with_one_it_begins_once(url, monkeypatch):
    async def work() -> None:
        async with keeping(url) as its, at_work(its, monkeypatch) as worker:
            await some_time()
            assert worker.begun == 0
            for count in (1, 2):
                await worker.request()
                await some_time()
                assert worker.begun == count

    asyncio.run(work())


def test_it_waits_at_the_start_and_between_two_times(url, monkeypatch):
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        if seconds < 30:
            await SLEEP(seconds)
        else:
            waited.append(seconds)

    async def work() -> None:
        async with keeping(url) as its:
            monkeypatch.setattr(asyncio, "sleep", sleep)
            async with at_work(its, monkeypatch) as worker:
                await worker.request()
                await worker.request()

    monkeypatch.undo()
    asyncio.run(work())
    assert waited == [60.0, 300.0, 300.0]


def test_it_says_in_one_line_what_it_did_and_nothing_if_there_was_nothing(url, monkeypatch, caplog):
    caplog.set_level("INFO", "todo_server")

    async def work() -> None:
        async with keeping(url) as its:
            await its.trashed("ada")
            async with at_work(its, monkeypatch) as worker:
                await worker.request()
                assert caplog.records == []
                its.now += 30 * DAY
                await worker.request()

    asyncio.run(work())
    (record,) = caplog.records
    fields = {"users": 1, "purged": 1, "changes": 0, "keys": 0}
    assert (record.levelname, vars(record)["fields"]) == ("INFO", fields)


def test_it_uses_no_connection_of_the_requests(url, monkeypatch):
    async def work() -> None:
        async with keeping(url) as its:
            for owner in ("ada", "bob"):
                await its.trashed(owner)
            its.now += 30 * DAY
            async with Database(url, pool_size=1, clock=lambda: its.now) as database:
                its.database = database
                async with at_work(its, monkeypatch) as worker:
                    # A request has the only connection until the upkeep is through.
                    await database.of(Identity("eve")).transaction(lambda _: worker.is_told())
                    assert worker.begun == 1
                    assert await its.seeing.fetch("SELECT FROM task") == []

    asyncio.run(work())


def test_a_server_looks_after_its_users_and_stops_cleanly_in_the_midst(url, monkeypatch, caplog):
    async def prepare() -> None:
        async with keeping(url) as its:
            its.now = datetime.now(UTC) - 31 * DAY
            await its.many("ada", 20_000)

    asyncio.run(prepare())
    gone = "SELECT count(*) FROM change WHERE kind = 'purged'"
    with RunningServer(settings(url)) as server, User(server) as user:
        trashed(user)
        until(lambda: run(url, gone)[0][0], "the first purges")
        assert len(in_trash(user)) == 1
    others = "SELECT FROM pg_stat_activity WHERE datname = current_database()"
    until(lambda: len(run(url, others)) == 1, "the end of all connections")
    ((purged,),) = run(url, gone)
    ((left,),) = run(url, "SELECT count(*) FROM task WHERE user_id = 'ada'")
    assert left > 0
    assert purged + left == 20_000
    assert not [r for r in caplog.records if r.levelname in {"WARNING", "ERROR"}]


def test_a_database_that_is_away_ends_nothing_but_this_time(url, monkeypatch, caplog):
    async def work() -> None:
        async with keeping(url) as its:
            await its.trashed("ada")
            its.now += 30 * DAY
            async with at_work(its, monkeypatch) as worker:
                nowhere = Database("postgresql://postgres@127.0.0.1:1/nowhere")
                with monkeypatch.context() as away:
                    away.setattr(its.database, "apart", lambda **_: nowhere)
                    await worker.request()
                assert len(await its.left("ada")) == 1
                await worker.request()
                assert await its.left("ada") == []

    asyncio.run(work())
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
