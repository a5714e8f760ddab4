"""Receivers that never answer: whom they hold up, which is nobody but their own queue."""

import asyncio
import threading
from datetime import timedelta

from tests.receiver import Receiver, answering
from tests.workers.delivering import Delivering, delivering
from todo_server.domain.identity import Identity
from todo_server.errors import UnavailableError
from todo_server.models.webhook import MAX_WEBHOOKS
from todo_server.outbound.webhooks import DRAIN_SECONDS, SECONDS
from todo_server.services import deliveries as services
from todo_server.services import webhooks
from todo_server.workers import deliveries as worker


def silent_but_for(receiver: Receiver, *paths: str) -> None:
    """Let the receiver answer at these paths alone."""
    receiver.answers = lambda request: answering(204) if request.path in paths else receiver.silence


async def until_written(its: Delivering, owner: str, status: str, count: int = 1) -> None:
    sql = "SELECT count(*) FROM delivery WHERE user_id = $1 AND status = $2"
    for _ in range(500):
        if await its.seeing.fetchval(sql, owner, status) >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{count} of {owner} are not {status} within five seconds")


def test_many_who_never_answer_hold_up_nobody_who_comes_after_them(url):
    async def work() -> None:
        async with delivering(url) as its:
            silent_but_for(its.receiver, "/ada")
            owners = [f"silent {number}" for number in range(64)]
            for owner in owners:
                await its.webhook(owner, url=its.receiver.url)
                await its.remind(owner, "1")
            its.now += timedelta(seconds=1)
            await its.webhook("ada")
            await its.remind("ada", "1", "2", "3")
            running = asyncio.create_task(its.deliver())
            await until_written(its, "ada", "delivered", 3)
            assert its.titles("ada") == ["1", "2", "3"]
            await asyncio.to_thread(its.receiver.wait_for, 64 + 3)
            assert not running.done()
            its.receiver.ending.set()
            await running

    asyncio.run(work())


def test_where_more_are_silent_than_there_is_room_for_they_give_way_and_are_tried_again(
    url, monkeypatch
):
    monkeypatch.setattr(worker, "PLACES", 4)
    monkeypatch.setattr(worker, "PATIENCE", 0.5)

    async def work() -> None:
        async with delivering(url) as its:
            silent_but_for(its.receiver, "/ada")
            hooks = [(f"silent {n % 5}", its.receiver.url) for n in range(20)]
            for owner, its_url in hooks:
                await its.webhook(owner, url=its_url)
            for owner in {owner for owner, _ in hooks}:
                await its.remind(owner, "1")
            its.now += timedelta(seconds=1)
            await its.webhook("ada")
            await its.remind("ada", "1", "2", "3")
            running = asyncio.create_task(its.deliver())
            await until_written(its, "ada", "delivered", 3)
            await until_written(its, "silent 0", "waiting")
            (row, *_) = await its.seeing.fetch("SELECT * FROM delivery WHERE status = 'waiting'")
            assert row["error"].startswith("It did not answer within 2 seconds, and others")
            assert (row["attempts"], row["answered"]) == (1, None)
            its.receiver.ending.set()
            await running

    asyncio.run(work())


def test_a_silent_webhook_holds_up_no_other_one_of_its_user(url):
    """What came of each is written down at once, and what is next of it is sent."""

    async def work() -> None:
        async with delivering(url) as its:
            silent_but_for(its.receiver, "/ada")
            await its.webhook("ada", url=its.receiver.url)
            webhook_id = await its.webhook("ada")
            failing = await its.webhook("ada", url=its.receiver.url.replace("/hook", "/fails"))
            answers = its.receiver.answers
            its.receiver.answers = lambda request: (
                answering(500) if request.path == "/fails" else answers(request)
            )
            await its.remind("ada", "1", "2", "3")
            running = asyncio.create_task(its.deliver())
            await until_written(its, "ada", "delivered", 3)
            listed = await its.deliveries("ada", webhook_id)
            assert [each["status"] for each in listed] == ["delivered"] * 3
            assert its.titles("ada") == ["1", "2", "3"]
            await until_written(its, "ada", "waiting", 2 + 3)
            (tried,) = [each for each in await its.deliveries("ada", failing) if each["attempts"]]
            assert tried["status"] == "waiting"
            assert len(await its.due_at("ada")) == 1
            assert not running.done()
            its.receiver.ending.set()
            await running

    asyncio.run(work())


def test_what_a_killed_instance_had_delivered_is_not_sent_again(url):
    async def work() -> None:
        async with delivering(url) as its:
            silent_but_for(its.receiver, "/ada")
            await its.webhook("ada", url=its.receiver.url)
            await its.webhook("ada")
            await its.remind("ada", "1")
            running = asyncio.create_task(its.deliver())
            await until_written(its, "ada", "delivered")
            await asyncio.to_thread(its.receiver.wait_for, 2)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            its.now += services.LEASE
            its.receiver.answers = lambda _: answering(204)
            await its.deliver()
            assert its.titles("ada") == ["1"]
            assert its.titles("hook") == ["1", "1"]

    asyncio.run(work())


def test_what_could_not_be_written_down_is_written_with_the_next(url, monkeypatch):
    """Where the rows of a user are in use for long, say: nothing is sent twice for it."""
    failed = asyncio.Event()
    take_due = services.take_due

    async def fail_once(database, owner, outcomes, *, more=True):
        outcomes = list(outcomes)
        if outcomes and not failed.is_set():
            failed.set()
            raise UnavailableError
        return await take_due(database, owner, outcomes, more=more)

    monkeypatch.setattr(worker, "take_due", fail_once)

    async def work() -> None:
        async with delivering(url) as its:
            release = threading.Event()

            def late(client):
                release.wait(10)
                answering(204)(client)

            its.receiver.answers = lambda request: (
                late if request.path == "/hook" else answering(204)
            )
            await its.webhook("ada", url=its.receiver.url)
            await its.webhook("ada")
            await its.remind("ada", "1")
            running = asyncio.create_task(its.deliver())
            await asyncio.to_thread(its.receiver.wait_for, 2)
            await asyncio.wait_for(failed.wait(), 10)
            release.set()
            await running
            assert await its.waiting("ada") == 0
            assert len(its.receiver.received) == 2

    asyncio.run(work())


def test_never_are_two_messages_of_one_webhook_under_way_also_with_a_test(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada")
            its.receiver.answers = lambda _: its.receiver.silence
            await its.remind("ada", "1", "2")
            running = asyncio.create_task(its.deliver())
            await asyncio.to_thread(its.receiver.wait_for, 1)
            await webhooks.send_test(its.database.of(Identity("ada")), webhook_id)
            async with its.another() as another:
                await its.deliver(another)
            assert its.titles("ada") == ["1"]
            its.receiver.answers = lambda _: answering(204)
            its.receiver.ending.set()
            await running
            await its.deliver()
            its.now += timedelta(seconds=6)
            await its.deliver()
            assert [each["type"] for each in its.got()][1] == "test"

    asyncio.run(work())


def test_a_place_is_never_waited_for_as_long_as_what_is_sent_is_ones_own():
    waiting = worker.AT_ONCE * MAX_WEBHOOKS - worker.PLACES
    longest = waiting / worker.PLACES * worker.PATIENCE + SECONDS + DRAIN_SECONDS
    assert worker.AT_ONCE > worker.PLACES
    assert longest < services.LEASE.total_seconds() / 1.5
