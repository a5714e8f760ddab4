"""What no entry could tell of is refused, and nothing else catches the entries."""

import asyncio

import asyncpg
import pytest

from tests.isolation.victims import become, connection_to
from tests.logged import log_of, rows_and_log

REFUSED = {
    "another id": "UPDATE {rows} SET id = gen_random_uuid() WHERE user_id = '{me}'",
    "TRUNCATE": "TRUNCATE task CASCADE",
}


@pytest.mark.parametrize("way", REFUSED)
def test_what_no_entry_could_tell_of_is_refused(way, url, me):
    async def try_it(connection: asyncpg.Connection) -> None:
        async with connection.transaction():
            await become(connection, me)
            await connection.execute(REFUSED[way].format(rows="task", me=me))

    async def try_and_look() -> None:
        async with connection_to(url) as connection:
            before = await rows_and_log(connection, me)
            with pytest.raises(asyncpg.FeatureNotSupportedError, match="log of changes"):
                await try_it(connection)
            assert await rows_and_log(connection, me) == before

    asyncio.run(try_and_look())


def test_a_table_that_only_bears_the_name_of_the_log_catches_nothing(url, limited, me):
    async def write_it() -> None:
        async with connection_to(limited) as connection:
            for name in ("my_change", "change", "task"):
                await connection.execute(f"CREATE TEMP TABLE {name} AS TABLE public.my_change")
            async with connection.transaction():
                await become(connection, me)
                await connection.execute("UPDATE public.my_task SET title = 'changed'")
            assert await connection.fetchval("SELECT count(*) FROM pg_temp.my_change") == 0

    asyncio.run(write_it())
    assert [entry["kind"] for entry in log_of(url, me)] == ["created"] * 2 + ["updated"] * 2
