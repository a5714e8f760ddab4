"""Statements that are seldom run do not push out those that are run all the time."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator

import asyncpg
import pytest

from tests.isolation.victims import STATEMENTS
from tests.proxy import Proxy
from todo_server.database import Change, Database, Read, execution
from todo_server.database.connecting import Connector
from todo_server.database.connection import KEPT, RARE_KEPT, Connection
from todo_server.domain.identity import Identity
from todo_server.domain.task_query import Order, Sort, Status, TaskQuery
from todo_server.models import Completion, TaskCreate, TaskUpdate
from todo_server.services import tasks
from todo_server.services.tasks.list_statements import page_statement, whole_statement
from todo_server.services.tasks.listing import shape_of

SHAPES = 300
_USUAL = [status for status in Status if status is not Status.OVERDUE]
"""What is overdue is asked with a condition more, as by a filter, and so is seldom."""

ADA = {"owner": "ada", "session": None}


@pytest.fixture
def proxy(database_url) -> Iterator[Proxy]:
    with Proxy(database_url) as running:
        yield running


def kinds(proxy: Proxy, since: int) -> Counter[str]:
    """Count the messages since then by kind: P is Parse, B is Bind, C is Close."""
    return Counter(chr(message[0]) for message in proxy.messages[since:])


def rare(number: int) -> Read[int]:
    return Read(f"SELECT {number}, $1::text", ("owner",), rare=True)


async def use_everything_hot(database: Database) -> None:
    mine = database.of(Identity("ada"))
    task_id = (await tasks.create_task(mine, TaskCreate(title="hot"))).id
    await tasks.get_task(mine, task_id)
    await tasks.update_task(mine, task_id, TaskUpdate(title="hotter"))
    await tasks.complete_task(mine, task_id, Completion())
    await tasks.complete_task(mine, task_id, Completion(completed=True))
    for status, sort in itertools.product(_USUAL, Sort):
        for limit in (20, None):
            await tasks.list_tasks(mine, TaskQuery(status=status, sort=sort, limit=limit))
    await tasks.delete_task(mine, task_id)


def test_300_shapes_in_between_cause_no_new_parse_of_what_is_hot(proxy):
    async def work() -> None:
        async with Database(proxy.url, pool_size=1) as database:
            mine = database.of(Identity("ada"))
            await use_everything_hot(database)
            start = len(proxy.messages)
            for number in range(SHAPES):
                assert await mine.run(rare(number)) == number
            assert kinds(proxy, start)["P"] == SHAPES
            start = len(proxy.messages)
            await use_everything_hot(database)
            assert kinds(proxy, start)["P"] == 0
            assert kinds(proxy, start)["B"] > 0

    asyncio.run(work())


def test_of_the_seldom_ones_the_last_used_are_kept_and_the_others_closed(proxy):
    async def work() -> None:
        connection = await Connector(proxy.url, connect_timeout=9, statement_timeout=9).dial()
        for number in range(SHAPES):
            await execution.read(connection, rare(number), ADA)
            await execution.read(connection, rare(0), ADA)  # never the one that is longest unused
        assert kinds(proxy, 0)["P"] == SHAPES
        held = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%::text'"
        # The one that made room last is closed with the next that is prepared, which is this one.
        assert await connection.fetchval(held) <= RARE_KEPT + 1
        start = len(proxy.messages)
        for number in range(SHAPES - RARE_KEPT + 1, SHAPES):
            await execution.read(connection, rare(number), ADA)
        assert kinds(proxy, start)["P"] == 0
        assert kinds(proxy, start)["S"] == RARE_KEPT - 1, "one round trip each"
        await connection.close()

    asyncio.run(work())


@pytest.mark.parametrize("is_rare", [True, False])
def test_a_new_one_costs_as_many_round_trips_as_any_other(is_rare, proxy):
    async def work() -> None:
        connection = await Connector(proxy.url, connect_timeout=9, statement_timeout=9).dial()
        start = len(proxy.messages)
        statement: Read[int] = Read("SELECT 1, $1::text", ("owner",), rare=is_rare)
        await execution.read(connection, statement, ADA)
        await execution.read(connection, statement, ADA)
        seen = kinds(proxy, start)
        assert (seen["P"], seen["B"], seen["S"] + seen["H"]) == (1, 2, 3)
        await connection.close()

    asyncio.run(work())


def test_behind_a_pooler_that_forgets_no_name_is_given(proxy):
    async def work() -> None:
        connection = await asyncpg.connect(
            proxy.url, connection_class=Connection, statement_cache_size=0
        )
        start = len(proxy.messages)
        for _ in range(3):
            await execution.read(connection, rare(1), ADA)
        parsed = [m[5:].partition(b"\0")[0] for m in proxy.messages[start:] if m[:1] == b"P"]
        assert set(parsed) == {b""}
        assert kinds(proxy, start)["S"] + kinds(proxy, start)["H"] == 6
        await connection.close()

    asyncio.run(work())


def test_one_that_failed_is_prepared_anew(proxy):
    async def work() -> None:
        connection = await Connector(proxy.url, connect_timeout=9, statement_timeout=9).dial()
        statement: Read[int] = Read("SELECT 1 / length($1::text)", ("owner",), rare=True)
        with pytest.raises(asyncpg.DivisionByZeroError):
            await execution.read(connection, statement, {**ADA, "owner": ""})
        assert await execution.read(connection, statement, ADA) == 0
        await connection.close()

    asyncio.run(work())


def test_what_is_always_there_fits_into_the_cache_of_asyncpg_together():
    everything = [
        made(shape_of(TaskQuery(status=status, sort=sort, order=order), ()))
        for status, sort, order in itertools.product(Status, Sort, Order)
        for made in (page_statement, whole_statement)
    ]
    usual = [statement for statement in everything if not statement.rare]
    assert len(set(usual)) == len(_USUAL) * (len(Sort) - 1) * 2  # relevance of nothing is creation
    keyed = [s.keyed for s in STATEMENTS.values() if isinstance(s, Change) and s.keyed]
    assert keyed
    # What several modules have is one statement, which asyncpg keeps once.
    assert len({statement.sql for statement in (*usual, *STATEMENTS.values(), *keyed)}) <= KEPT
