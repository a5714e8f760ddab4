"""The pool of connections: nobody gets what another has, nothing is lost, and nobody has all."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from todo_server.database.connection import Connection
from todo_server.database.pool import Pool
from todo_server.errors import UnavailableError


@asynccontextmanager
async def a_pool(url: str, size: int, patience: float = 30.0) -> AsyncIterator[Pool]:
    pool = Pool(lambda: asyncpg.connect(url, connection_class=Connection), size, patience)
    try:
        yield pool
    finally:
        await pool.close()


def in_line(pool: Pool, owner: str, order: list[str]) -> asyncio.Task[Connection]:
    """Wait for a connection, and note when it is the owner's turn."""

    async def wait() -> Connection:
        connection = await pool.acquire(owner)
        order.append(owner)
        return connection

    return asyncio.ensure_future(wait())


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


Test = Callable[[str], Coroutine[Any, Any, None]]


def of_a_pool(test: Test) -> Callable[[str], None]:
    def run(database_url: str) -> None:
        asyncio.run(test(database_url))

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@pytest.mark.parametrize(("size", "share"), [(1, 1), (2, 1), (3, 2), (10, 5)])
def test_one_owner_has_no_more_than_half_and_others_get_theirs_at_once(size, share, database_url):
    async def test() -> None:
        order: list[str] = []
        async with a_pool(database_url, size) as pool:
            held = [await pool.acquire("many") for _ in range(share)]
            more = [in_line(pool, "many", order) for _ in range(20)]
            others = [await pool.acquire("other") for _ in range(size - share)]
            await settled()
            assert order == []
            for connection in (*held, *others):
                pool.release(connection)
            for task in more:
                pool.release(await task)

    asyncio.run(test())


@of_a_pool
async def test_owners_who_wait_are_served_in_turn(database_url):
    order: list[str] = []
    async with a_pool(database_url, 2) as pool:
        held = [await pool.acquire(owner) for owner in ("x", "y")]
        line = [in_line(pool, owner, order) for owner in "aaaaabbc"]
        await settled()
        pool.release(held.pop())
        while line:
            done, _ = await asyncio.wait(line, return_when=asyncio.FIRST_COMPLETED)
            (task,) = done
            line.remove(task)
            pool.release(task.result())
        pool.release(held.pop())
        assert order == [*"abcabaaa"]


@of_a_pool
async def test_an_owner_who_waits_for_their_own_does_not_hold_others_up(database_url):
    order: list[str] = []
    async with a_pool(database_url, 2) as pool:
        many, other = await pool.acquire("many"), await pool.acquire("other")
        line = [in_line(pool, "many", order) for _ in range(5)]
        line.append(in_line(pool, "third", order))
        await settled()
        pool.release(other)
        await settled()
        assert order == ["third"]
        pool.release(many)
        for task in (line[-1], *line[:-1]):
            pool.release(await task)


@of_a_pool
async def test_who_waits_too_long_is_refused_and_takes_nothing_along(database_url):
    async with a_pool(database_url, 1, patience=0.1) as pool:
        held = await pool.acquire("a")
        refused = await asyncio.gather(
            *(pool.acquire(owner) for owner in "aabbc"), return_exceptions=True
        )
        assert {type(error) for error in refused} == {UnavailableError}
        pool.release(held)
        assert await pool.acquire("b") is held
        pool.release(held)


@of_a_pool
async def test_what_is_given_to_one_who_has_just_left_goes_to_the_next(database_url):
    async with a_pool(database_url, 1) as pool:
        held = await pool.acquire("a")
        leaving, next_one = (asyncio.ensure_future(pool.acquire(owner)) for owner in "bc")
        await settled()
        pool.release(held)  # it is given to the first,
        leaving.cancel()  # who has not seen it yet
        assert await next_one is held
        pool.release(held)


@of_a_pool
async def test_whoever_leaves_the_line_before_their_turn_costs_nothing(database_url):
    async with a_pool(database_url, 1) as pool:
        held = await pool.acquire("a")
        leaving, next_one = (asyncio.ensure_future(pool.acquire(owner)) for owner in "bb")
        await settled()
        leaving.cancel()
        pool.release(held)  # before the line knows
        assert await next_one is held
        pool.release(held)


@of_a_pool
async def test_distrusted_connections_are_made_anew(database_url):
    async with a_pool(database_url, 4) as pool:
        held = [await pool.acquire("a"), await pool.acquire("b"), await pool.acquire("b")]
        for connection in held[1:]:
            pool.release(connection)
        pool.distrust()
        fresh = [await pool.acquire("b"), await pool.acquire("b")]
        assert not {*fresh} & {*held}
        assert not held[0].is_closed()
        for connection in (held[0], *fresh):
            pool.release(connection)


@of_a_pool
async def test_nothing_is_lost_in_ten_thousand_uses_and_no_one_has_more_than_their_share(
    database_url,
):
    chance = random.Random(8)
    held: Counter[str] = Counter()
    in_use: set[Connection] = set()

    async def use(pool: Pool, owner: str) -> None:
        connection = await pool.acquire(owner)
        assert connection not in in_use
        in_use.add(connection)
        held[owner] += 1
        assert held[owner] <= 3
        assert len(in_use) <= 5
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        if chance.random() < 0.01:
            connection.terminate()
        in_use.remove(connection)
        held[owner] -= 1
        pool.release(connection)

    async with a_pool(database_url, 5) as pool:
        tasks = [asyncio.ensure_future(use(pool, chance.choice("aaaabcd"))) for _ in range(10_000)]
        await settled()
        for task in chance.sample(tasks[100:], 500):  # of those who wait
            task.cancel()
        outcome = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(o) for o in outcome} == {type(None), asyncio.CancelledError}
        everything = [await pool.acquire(owner) for owner in "aaabb"]
        assert len({*everything}) == 5
        for connection in everything:
            pool.release(connection)


class Limited:
    """Makes connections as a database does that allows so many."""

    def __init__(self, url: str, allowed: int) -> None:
        self._url, self.allowed, self.asked = url, allowed, 0
        self.made: list[Connection] = []

    async def connect(self) -> Connection:
        self.asked += 1
        if sum(not connection.is_closed() for connection in self.made) >= self.allowed:
            raise asyncpg.TooManyConnectionsError("too many connections")
        self.allowed -= 1  # while it is made
        try:
            self.made.append(
                connection := await asyncpg.connect(self._url, connection_class=Connection)
            )
        finally:
            self.allowed += 1
        return connection


@of_a_pool
async def test_where_the_database_gives_no_more_those_that_there_are_are_shared(database_url):
    database = Limited(database_url, 2)
    pool = Pool(database.connect, 10, 30.0)
    used: Counter[str] = Counter()

    async def use(owner: str) -> None:
        connection = await pool.acquire(owner)
        await connection.fetchval("SELECT 1")
        used[owner] += 1
        pool.release(connection)

    first = await pool.acquire("first")
    work = [asyncio.ensure_future(use(owner)) for owner in "abcd" * 50]
    await asyncio.gather(*work)
    assert used == dict.fromkeys("abcd", 50)
    assert len(database.made) == 2
    assert database.asked < 50  # not each of them, again and again
    pool.release(first)
    await pool.close()


@of_a_pool
async def test_when_the_database_gives_more_those_who_wait_have_it(database_url):
    database = Limited(database_url, 1)
    pool = Pool(database.connect, 10, 30.0)
    held = [await pool.acquire("first")]
    work = [asyncio.ensure_future(pool.acquire(owner)) for owner in "abcd"]
    await settled()
    assert not any(task.done() for task in work)
    database.allowed = 10
    held += await asyncio.gather(*work)  # nothing was released
    for connection in held:
        pool.release(connection)
    await pool.close()


@of_a_pool
async def test_a_database_that_gives_not_one_is_no_reason_to_wait_in_line(database_url):
    pool = Pool(Limited(database_url, 0).connect, 10, 30.0)
    with pytest.raises(asyncpg.TooManyConnectionsError):
        await pool.acquire("a")
