"""The loop of the dispatcher: when it asks the database, and that nothing ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import literal_column, select

from tests.proxy import Proxy
from tests.workers.reminding import BEGINNING, Reminding, reminding
from todo_server.database import Database, unowned_statement
from todo_server.domain.task_query import TaskQuery
from todo_server.services import dispatching, tasks
from todo_server.workers import dispatcher
from todo_server.workers.dispatcher import REMINDERS, Dispatcher, Errand

HOUR = timedelta(hours=1)
LATEST = "SELECT max(created_at - remind_at) FROM notification"
_ONE = unowned_statement(select(literal_column("1")))


@pytest.fixture(autouse=True)
def _without_a_pause(monkeypatch) -> None:
    for name in ("PAUSE", "BETWEEN"):
        monkeypatch.setattr(dispatcher, name, 0.0)


class Looks:
    """Counts the looks for what is due; tells of each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.each = asyncio.Semaphore(0)
        self._claim = dispatching.claim_due
        monkeypatch.setattr(dispatcher, "claim_due", self._claim_due)

    async def _claim_due(self, database, errand, *, lease, most):
        self.count += 1
        self.each.release()
        return await self._claim(database, errand, lease=lease, most=most)

    async def next(self) -> None:
        async with asyncio.timeout(30):
            await self.each.acquire()


@asynccontextmanager
async def at_work(
    database: Database, every: timedelta, *errands: Errand
) -> AsyncIterator[asyncio.Task[None]]:
    running = asyncio.create_task(Dispatcher(database, errands or [REMINDERS], every).run())
    try:
        yield running
    finally:
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def some_time() -> None:
    await asyncio.sleep(0.5)


def test_while_nothing_is_due_it_asks_once_and_then_every_so_often(url, monkeypatch):
    """One statement for each look: so many are written in docs/operations.md."""

    async def work() -> None:
        async with reminding(url) as its:
            await its.task(due_date="2026-11-30T10:00:00Z", reminders=[{"minutes_before": 0}])
            looks = Looks(monkeypatch)
            with Proxy(url) as proxy:
                async with Database(proxy.url, clock=lambda: its.now) as database:
                    async with at_work(database, HOUR):
                        await looks.next()
                        await some_time()
                        assert looks.count == 1
                        asked = sum(b"FOR UPDATE SKIP LOCKED" in each for each in proxy.messages)
                        assert asked == 1, "prepared, and bound by its name"
                    before = looks.count
                    loop = asyncio.get_running_loop()
                    began_at = loop.time()
                    async with at_work(database, timedelta(seconds=0.2)):
                        for _ in range(4):
                            await looks.next()
                        at_most = 1 + (loop.time() - began_at) / 0.2
                        assert 4 <= looks.count - before <= at_most
                assert proxy.connections <= 4

    asyncio.run(work())


def test_it_looks_when_its_instance_has_used_the_database_and_fires_what_it_finds(url, monkeypatch):
    async def work() -> None:
        async with reminding(url) as its:
            looks = Looks(monkeypatch)
            async with at_work(its.database, HOUR):
                await looks.next()
                await its.task()
                await looks.next()
                its.now = BEGINNING + HOUR
                await tasks.list_tasks(its.of("eve"), TaskQuery())
                await its.until_told()

    asyncio.run(work())


def test_it_sleeps_until_the_next_one_that_it_knows_of(url, monkeypatch):
    async def work() -> None:
        async with reminding(url) as its:
            loop = asyncio.get_running_loop()
            await its.task(reminders=[{"at": "2026-11-30T08:00:01Z"}], due_date=None)
            looks = Looks(monkeypatch)
            began_at = loop.time()
            passing = Database(
                url, clock=lambda: BEGINNING + timedelta(seconds=loop.time() - began_at)
            )
            async with passing as database, at_work(database, HOUR):
                await its.until_told()
            assert loop.time() - began_at >= 1
            # Before it, for it, and after it; and perhaps once a moment too early.
            assert 3 <= looks.count <= 4

    asyncio.run(work())


def test_what_is_due_is_told_within_some_tens_of_milliseconds_though_timers_end_early(
    url, monkeypatch
):
    """As they do by a hair where the loop has a coarser clock: each look is a little too early."""
    wait = asyncio.wait

    async def wait_less(events, **how):
        return await wait(events, **how | {"timeout": max(how["timeout"] - 0.003, 0)})

    async def work() -> None:
        async with reminding(url) as its:
            reminders = [{"at": f"2026-11-30T08:00:0{second}Z"} for second in range(1, 5)]
            await its.task(due_date=None, reminders=reminders)
            loop = asyncio.get_running_loop()
            began_at = loop.time()
            passing = Database(
                url, clock=lambda: BEGINNING + timedelta(seconds=loop.time() - began_at)
            )
            monkeypatch.setattr(asyncio, "wait", wait_less)
            async with passing as database, at_work(database, HOUR):
                await its.until_told(count=len(reminders))
            late = await its.seeing.fetchval(LATEST)
            assert timedelta() <= late < timedelta(seconds=0.3)

    monkeypatch.setattr(dispatcher, "PAUSE", 5.0)
    asyncio.run(work())


def test_what_somebody_else_is_just_claiming_is_looked_for_again_and_ever_more_seldom(
    url, monkeypatch
):
    async def work() -> None:
        async with reminding(url) as its:
            await its.task()
            its.now = BEGINNING + HOUR
            looks = Looks(monkeypatch)
            async with its.seeing.transaction():
                await its.seeing.execute("SELECT FROM dispatch FOR UPDATE")
                async with at_work(its.database, HOUR):
                    await asyncio.sleep(1)
                    assert 4 <= looks.count <= 9
            before = looks.count
            async with at_work(its.database, HOUR):
                await its.until_told()
            assert looks.count > before

    monkeypatch.setattr(dispatcher, "PAUSE", 5.0)
    asyncio.run(work())


@pytest.mark.parametrize("own", [False, True])
def test_what_one_errand_makes_due_for_another_is_done_at_once_though_nobody_asks_anything(
    own, url, monkeypatch
):
    """Also where nobody has ever asked, as in `todo-server dispatch` alone."""

    async def work() -> None:
        async with reminding(url) as its:
            await its.task()
            its.now = BEGINNING + HOUR
            second_done = asyncio.Event()

            async def first_does(_: Database, owner: str) -> None:
                await its.seeing.execute("DELETE FROM dispatch WHERE errand = 'first'")
                await its.seeing.execute("INSERT INTO dispatch VALUES ($1, 'second', $2)", *due)

            async def second_does(_: Database, owner: str) -> None:
                await its.seeing.execute("DELETE FROM dispatch WHERE errand = 'second'")
                second_done.set()

            due = ("ada", BEGINNING)
            lease = timedelta(seconds=60)
            first = Errand("first", first_does, lease, claims=1, at_once=1)
            second = Errand("second", second_does, lease, claims=1, at_once=1, is_last=own)
            looks = Looks(monkeypatch)
            async with at_work(its.database, HOUR, first, second, REMINDERS):
                for _ in range(3):
                    await looks.next()
                await some_time()
                resting = looks.count
                await its.seeing.execute("INSERT INTO dispatch VALUES ($1, 'first', $2)", *due)
                await its.database.fetch(_ONE)
                await asyncio.wait_for(second_done.wait(), 3)
                await some_time()
                after = looks.count
                await some_time()
                assert looks.count == after, "at rest again"
                # One for each that heard of the request, of the first, and of the second.
                assert after - resting <= 12

    monkeypatch.setattr(dispatcher, "PAUSE", 5.0)
    monkeypatch.setattr(dispatcher, "BETWEEN", 0.2)
    asyncio.run(work())


def test_a_database_that_is_away_or_an_errand_that_fails_ends_nothing(url, monkeypatch, caplog):
    async def work() -> None:
        async with reminding(url) as its:
            await its.task("ada")
            await its.task("bob")
            its.now = BEGINNING + HOUR
            failed: list[str] = []

            async def fail_once(database: Database, owner: str) -> None:
                if owner == "ada" and not failed:
                    failed.append(owner)
                    raise RuntimeError("no")
                await REMINDERS.run(database, owner)

            errand = Errand("reminders", fail_once, lease=REMINDERS.lease, claims=8, at_once=2)
            nowhere = Database("postgresql://postgres@127.0.0.1:1/nowhere")
            with monkeypatch.context() as away:
                away.setattr(its.database, "apart", lambda **_: nowhere)
                monkeypatch.setattr("todo_server.database.client.PATIENCE", 0.0)
                async with at_work(its.database, HOUR, errand):
                    await some_time()
            async with at_work(its.database, timedelta(seconds=0.05), errand):
                await its.until_told("bob")
                assert failed == ["ada"]
                its.now += REMINDERS.lease
                await its.until_told("ada")

    asyncio.run(work())
    assert "an errand of reminders failed" in caplog.text


def test_one_errand_that_takes_long_holds_up_no_other(url):
    async def work() -> None:
        async with reminding(url) as its:
            await its.task()
            await its.seeing.execute(
                "INSERT INTO dispatch VALUES ('ada', 'slow', $1)", BEGINNING - HOUR
            )
            its.now = BEGINNING + HOUR
            begun = asyncio.Event()

            async def wait_for_ever(_: Database, __: str) -> None:
                begun.set()
                await asyncio.Event().wait()

            slow = Errand("slow", wait_for_ever, lease=HOUR, claims=1, at_once=1)
            async with at_work(its.database, HOUR, slow, REMINDERS):
                await asyncio.wait_for(begun.wait(), 30)
                await its.until_told()

    asyncio.run(work())


def test_who_is_claimed_is_passed_over_until_the_lease_ends(url):
    async def work() -> None:
        async with reminding(url) as its:
            for owner in ("ada", "bob", "eve"):
                await its.task(owner)
            its.now = BEGINNING + HOUR
            lease = timedelta(seconds=10)
            first = await dispatching.claim_due(its.database, "reminders", lease=lease, most=2)
            second = await dispatching.claim_due(its.database, "reminders", lease=lease, most=2)
            assert len(first.owners) == 2
            assert sorted(first.owners + second.owners) == ["ada", "bob", "eve"]
            assert second.next_at == its.now + lease
            third = await dispatching.claim_due(its.database, "reminders", lease=lease, most=2)
            assert third.owners == []
            its.now += lease
            assert await its.fire() is None
            for owner in ("ada", "bob", "eve"):
                assert len(await its.told(owner)) == 1

    asyncio.run(work())


def test_what_is_armed_while_it_fires_is_not_forgotten(url):
    """The claim moves the instant away; what wakes meanwhile brings it back, and it stays so."""

    async def work(its: Reminding) -> None:
        await its.task()
        its.now = BEGINNING + timedelta(minutes=40)
        claimed = await dispatching.claim_due(its.database, "reminders", lease=HOUR, most=1)
        assert claimed.owners == ["ada"]
        await its.task(title="soon", reminders=[{"minutes_before": 10}])
        assert await its.fire() == BEGINNING + timedelta(minutes=50)
        await REMINDERS.run(its.database, "ada")
        assert await its.fire() == BEGINNING + timedelta(minutes=50)
        its.now = BEGINNING + timedelta(minutes=50)
        await its.fire()
        assert [told["title"] for told in await its.told()] == ["soon", "Call"]

    async def opened() -> None:
        async with reminding(url) as its:
            await work(its)

    asyncio.run(opened())
