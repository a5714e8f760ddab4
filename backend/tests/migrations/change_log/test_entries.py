"""What stands in the log, and under which number."""

import asyncio
import secrets

from tests.isolation.victims import become, connection_to
from tests.logged import log_of
from tests.migrations.change_log.ways import INSERT
from todo_server.database import Database
from todo_server.domain.identity import Identity
from todo_server.models import TaskCreate
from todo_server.services import tasks

IS_WAITED_FOR = """
SELECT EXISTS (SELECT FROM pg_locks
               WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
"""


def test_a_purge_empties_what_the_log_has_of_the_row_and_of_no_other(url, me):
    async def purge() -> None:
        async with connection_to(url) as connection, connection.transaction():
            await become(connection, me)
            await connection.execute("UPDATE task SET title = title || '!' WHERE user_id = $1", me)
            await connection.execute("DELETE FROM task WHERE user_id = $1 AND title = 'one!'", me)

    asyncio.run(purge())
    entries = [(entry["kind"], entry["before"]) for entry in log_of(url, me)]
    assert entries[:2] == [("created", None)] * 2
    assert sorted(entries[2:4], key=str) == [("updated", None), ("updated", {"title": "two"})]
    assert entries[4] == ("purged", None)


def test_a_transaction_that_is_rolled_back_takes_no_number(url, me):
    async def try_it() -> None:
        async with connection_to(url) as connection:
            for commits in (False, True):
                transaction = connection.transaction()
                await transaction.start()
                await become(connection, me)
                await connection.execute(INSERT.format(rows="my_task", me=me))
                await (transaction.commit if commits else transaction.rollback)()

    asyncio.run(try_it())
    assert [entry["number"] for entry in log_of(url, me)] == [1, 2, 3]


def test_of_two_who_did_not_take_the_turn_the_second_waits_for_the_first(url, me):
    """As somebody does at a console; requests take their user's turn first (`one_trip.py`)."""

    async def meet() -> None:
        async with connection_to(url) as one, connection_to(url) as other:
            transaction = one.transaction()
            await transaction.start()
            await become(one, me)
            await one.execute(INSERT.format(rows="task", me=me))

            async def second() -> None:
                async with other.transaction():
                    await become(other, me)
                    await other.execute(INSERT.format(rows="task", me=me))

            waiting = asyncio.ensure_future(second())
            async with asyncio.timeout(30):
                while not await one.fetchval(IS_WAITED_FOR):
                    await one.execute("SELECT pg_sleep(0.01)")
            await transaction.commit()
            await waiting

    asyncio.run(meet())
    assert [entry["number"] for entry in log_of(url, me)] == [1, 2, 3, 4]
    assert len({entry["row_id"] for entry in log_of(url, me)}) == 4


def test_every_change_by_the_services_is_logged_as_what_it_is(url):
    owner = Identity(secrets.token_hex(8))

    async def use() -> None:
        async with Database(url, pool_size=1) as database:
            mine = database.of(owner)
            made = await tasks.create_task(mine, TaskCreate(title="one"))
            await tasks.delete_task(database.of(owner), made.id)
            await tasks.restore_task(database.of(owner), made.id)

    asyncio.run(use())
    entries = log_of(url, owner.user_id)
    assert [entry["kind"] for entry in entries] == ["created", "deleted", "restored"]
    assert entries[1]["before"] == {"deleted_at": None}
    assert list(entries[2]["before"]) == ["deleted_at"]
    assert entries[2]["before"]["deleted_at"] is not None
