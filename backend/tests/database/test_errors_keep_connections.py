"""What is no reason for a new connection: errors of ours between steps, sessions that ended."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from asyncpg import UniqueViolationError
from sqlalchemy import insert, literal_column, select

from tests.database.trouble import (
    ENDED,
    NEXT,
    NO_TASK,
    OWNER,
    WHOSE,
    complete_and_delete,
    in_no_transaction,
    serving,
)
from tests.databases import run
from tests.proxy import Proxy
from tests.waiting import until
from todo_server.database import (
    OWNER_ID,
    Database,
    TransactionHandle,
    Write,
    owner_view,
    write_statement,
)
from todo_server.domain.task_query import TaskQuery
from todo_server.errors import EmailTakenError, UnauthenticatedError
from todo_server.models import Account, TaskCreate, TaskUpdate
from todo_server.services import tasks


def opened_by(url: str, work: Callable[[Database], Any]) -> tuple[int, Counter[str]]:
    """Count the connections and the round trips that some work costs once it has been done."""

    async def count(proxy: Proxy) -> tuple[int, Counter[str]]:
        database = Database(proxy.url, pool_size=2)
        try:
            await work(database)
            before = proxy.connections
            with proxy.counting() as trips:
                for _ in range(20):
                    await work(database)
            return proxy.connections - before, trips
        finally:
            await database.close()

    with Proxy(url) as proxy:
        opened, trips = asyncio.run(count(proxy))
    until(lambda: in_no_transaction(url), "the end of all transactions")
    return opened, trips


@pytest.mark.parametrize(
    ("use", "trips"),
    [
        (lambda db: tasks.get_task(db.of(ENDED), NO_TASK), 1),
        (lambda db: tasks.list_tasks(db.of(ENDED), TaskQuery()), 1),
        (lambda db: tasks.create_task(db.of(ENDED), TaskCreate(title="new")), 1),
        (lambda db: tasks.update_task(db.of(ENDED), NO_TASK, TaskUpdate(title="new")), 1),
        (lambda db: tasks.delete_task(db.of(ENDED), NO_TASK), 1),
        (lambda db: complete_and_delete(db, ENDED, NO_TASK), 2),  # BEGIN and ROLLBACK
    ],
)
def test_a_session_that_has_ended_costs_no_connection(use, trips, url):
    async def refused(database: Database) -> None:
        with pytest.raises(UnauthenticatedError):
            await use(database)

    opened, counted = opened_by(url, refused)
    assert (opened, counted.total()) == (0, 20 * trips)


@pytest.mark.parametrize("error", [EmailTakenError, UniqueViolationError])
def test_an_error_between_steps_undoes_them_and_costs_no_connection(error, url):
    values = {
        "email": "'a@example.org'",
        "name": "'A'",
        "password_hash": "''",
        "created_at": "now()",
    }
    columns: list[Any] = [literal_column(value) for value in values.values()]
    add: Write[str] = write_statement(
        insert(owner_view(Account))
        .from_select(["user_id", *values], select(OWNER_ID, *columns))
        .returning(literal_column("'1'"))
    )

    async def fail(database: Database) -> None:
        async def steps(mine: TransactionHandle) -> None:
            await mine.run(add)
            if error is UniqueViolationError:
                await mine.run(add)
            raise error

        with pytest.raises(error):
            await database.of(OWNER).transaction(steps)

    opened, _ = opened_by(url, fail)
    assert opened == 0
    assert run(url, "SELECT FROM account") == []


def test_an_unforeseen_error_between_steps_undoes_them_and_ends_the_connection(url):
    async def fail(database: Database) -> None:
        async def steps(mine: TransactionHandle) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await database.of(OWNER).transaction(steps)

    assert opened_by(url, fail)[0] == 20


def test_a_rollback_that_gets_no_answer_ends_the_connection(url):
    with Proxy(url) as proxy, serving(proxy.url, database_pool_size=1) as user:
        before = proxy.connections
        proxy.expect(b"ROLLBACK", "cut")

        async def use() -> None:
            database = Database(proxy.url, pool_size=1)
            try:
                with pytest.raises(UnauthenticatedError):
                    await complete_and_delete(database, ENDED, NO_TASK)
                assert await database.of(NEXT).run(WHOSE) == "0"
            finally:
                await database.close()

        asyncio.run(use())
        assert proxy.happened.is_set()
        assert proxy.connections == before + 3  # to look, the one that was cut, and another
        assert user.tasks() == []
