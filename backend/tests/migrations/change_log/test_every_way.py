"""Whoever writes, by whichever statement: it is counted and logged, or it is refused."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import update

from tests.isolation.victims import become, connection_to
from tests.logged import expected_of, log_of, rows_and_log
from tests.migrations.change_log.ways import OF_TABLES, WAYS, Way
from todo_server.database import Database, Write, is_owners, owner_view, write_statement
from todo_server.database.statement import constant
from todo_server.domain.identity import Identity
from todo_server.models import Task

every_way = pytest.mark.parametrize("way", WAYS)


def write(seeing: str, writing: str, rows: str, me: str, way: Way, *, expected: int) -> None:
    """Write as this user; then each row that is not as it was has one entry, and no other has."""

    async def see_and_write() -> None:
        async with connection_to(seeing) as looking, connection_to(writing) as connection:
            before, log = await rows_and_log(looking, me)
            async with connection.transaction():
                await become(connection, me)
                await way(connection, rows, me)
            after, longer = await rows_and_log(looking, me)
        assert [entry["number"] for entry in longer] == list(range(1, len(longer) + 1))
        entries = longer[len(log) :]
        logged = {entry["row_id"]: entry for entry in entries}
        assert len(logged) == len(entries) == expected
        told = expected_of(before, after)
        assert logged.keys() == told.keys()
        for key, entry in logged.items():
            assert {name: entry[name] for name in told[key]} == told[key]
            assert entry["noun"] == "task"

    asyncio.run(see_and_write())


@every_way
def test_a_superuser_at_the_table_itself_is_logged(way, url, me):
    write(url, url, "task", me, WAYS[way][0], expected=WAYS[way][1])


@every_way
def test_who_writes_by_the_view_is_logged(way, url, me):
    write(url, url, "my_task", me, WAYS[way][0], expected=WAYS[way][1])


@every_way
def test_who_has_no_right_but_on_the_views_is_logged(way, url, limited, me):
    write(url, limited, "my_task", me, WAYS[way][0], expected=WAYS[way][1])


@pytest.mark.parametrize("way", OF_TABLES)
def test_what_needs_a_table_is_logged(way, url, me):
    write(url, url, "task", me, OF_TABLES[way][0], expected=OF_TABLES[way][1])


@pytest.mark.parametrize("way", WAYS | OF_TABLES)
@pytest.mark.parametrize("who", ["nobody", "", "a stranger"])
def test_without_the_owners_identity_a_superuser_is_refused(who, way, url, me):
    """The proof of 'by construction': a task is not written where the log cannot be."""
    written, expected = (WAYS | OF_TABLES)[way]

    async def try_it() -> None:
        async with connection_to(url) as connection:
            before = await rows_and_log(connection, me)
            async with connection.transaction():
                if who != "nobody":
                    await become(connection, who)
                await written(connection, "task", me)
            assert await rows_and_log(connection, me) == before

    async def try_and_look() -> None:
        async with connection_to(url) as connection:
            before = await rows_and_log(connection, me)
            if expected:
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                    await try_it()
            else:
                await try_it()
            assert await rows_and_log(connection, me) == before

    asyncio.run(try_and_look())


def test_a_new_statement_that_knows_nothing_of_the_log_is_logged(url, me):
    """As a service would have it tomorrow: compiled, run by the handle, without a word for it."""
    rows = owner_view(Task)
    statement: Write[None] = write_statement(
        update(rows).where(is_owners(rows)).values(description=constant("by a verb of tomorrow"))
    )

    async def run_it() -> None:
        async with Database(url, pool_size=1) as database:
            await database.of(Identity(me), "request-1 curl/8").run(statement)

    asyncio.run(run_it())
    *_, first, second = log_of(url, me)
    for entry in (first, second):
        assert (entry["kind"], entry["before"]) == ("updated", {"description": "more"})
        assert entry["origin"] == "request-1 curl/8"
