"""Whether the server is ready is asked once for all who want to know."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.database.trouble import a_task
from tests.databases import run, transaction
from tests.proxy import Proxy
from tests.server import RunningServer, User, nobody, settings
from tests.waiting import until
from todo_server.database import Database, Read
from todo_server.database.shared import Shared
from todo_server.domain.identity import Identity
from todo_server.errors import NotReadyError, UnavailableError


def test_many_who_ask_whether_it_is_ready_share_one_connection(url):
    with (
        Proxy(url) as proxy,
        RunningServer(settings(proxy.url)) as server,
        nobody(server) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        proxy.freeze()
        asked = [pool.submit(client.get, "/readyz") for _ in range(16)]
        until(lambda: proxy.connections == 1, "the first to ask")
        proxy.thaw()
        assert {answer.result(30).status_code for answer in asked} == {200}
        assert proxy.connections <= 2  # one more, if somebody asked a second later


def test_whether_it_is_ready_is_found_out_without_the_connections_of_requests(url):
    with RunningServer(settings(url, database_pool_size=1)) as server, User(server) as user:
        path = a_task(user)
        with ThreadPoolExecutor(1) as pool, transaction(url, "SELECT FROM task FOR UPDATE"):
            waiting = pool.submit(user.put, path, json={"title": "changed"})
            until(
                lambda: run(url, "SELECT FROM pg_locks WHERE NOT granted"), "a request that waits"
            )
            assert user.get("/readyz").status_code == 200
            assert not waiting.done()
        assert waiting.result(30).status_code == 200  # well before it would give the row up


def test_what_is_shared_goes_on_when_the_first_who_asked_leaves():
    async def test() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()
        runs = 0

        async def make() -> None:
            nonlocal runs
            runs += 1
            begun.set()
            await go_on.wait()

        shared = Shared(make)
        first, second = asyncio.ensure_future(shared()), asyncio.ensure_future(shared())
        await begun.wait()
        first.cancel()
        go_on.set()
        await second
        assert runs == 1
        await shared()
        assert runs == 2

    asyncio.run(test())


def test_what_is_shared_is_raised_for_all_and_kept_for_a_while():
    async def test() -> None:
        runs = 0

        async def make() -> None:
            nonlocal runs
            runs += 1
            raise NotReadyError("not yet")

        shared = Shared(make, keep=60)
        outcome = await asyncio.gather(*(shared() for _ in range(5)), return_exceptions=True)
        assert [type(error) for error in outcome] == [NotReadyError] * 5
        with pytest.raises(NotReadyError):
            await shared()
        shared.cancel()
        assert runs == 1

    asyncio.run(test())


ONE: Read[int] = Read("SELECT 1", ())


def test_many_requests_to_a_database_that_says_nothing_wait_together(url, impatient):
    """The first look is shared: one after the other, the last would wait for hours."""
    with Proxy(url) as proxy:
        proxy.freeze()

        async def ask() -> list[Any]:
            async with Database(proxy.url, pool_size=2) as database:
                reads = (database.of(Identity(f"user {uuid4()}")).run(ONE) for _ in range(50))
                async with asyncio.timeout(15):
                    return await asyncio.gather(*reads, return_exceptions=True)

        assert {type(error) for error in asyncio.run(ask())} == {UnavailableError}
        assert proxy.connections < 10
        proxy.thaw()
