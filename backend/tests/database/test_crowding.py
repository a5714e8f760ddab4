"""More than the database can do at once: requests wait, in bounds, and nobody for another."""

import asyncio
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.database.trouble import (
    OPEN,
    OPERATIONS,
    OWNER,
    WAITING,
    a_task,
    asked,
    in_no_transaction,
    is_away,
    is_back,
    serving,
)
from tests.databases import new_database, new_role, run, transaction, url_of
from tests.proxy import Proxy
from tests.server import User
from tests.waiting import until
from todo_server.database import Database, Read
from todo_server.models import Completion, TaskCreate, TaskUpdate
from todo_server.services import tasks


def test_more_requests_than_connections_wait_and_succeed(url):
    with serving(url, database_pool_size=4) as user, ThreadPoolExecutor(24) as pool:
        path = a_task(user)
        with transaction(url, "LOCK TABLE task"):
            work = [pool.submit(OPERATIONS["get"], user, path) for _ in range(12)]
            work += [pool.submit(OPERATIONS["update"], user, path) for _ in range(6)]
            work += [pool.submit(OPERATIONS["create"], user, path) for _ in range(6)]
            until(lambda: len(run(url, WAITING)) == 2, "all connections are busy")
        assert {answer.result(30).status_code for answer in work} == {200, 201}
        assert len(user.tasks()) == 7
        assert len(run(url, OPEN)) <= 2


def test_a_wait_that_takes_too_long_is_503_and_leaves_nothing_behind(url, impatient):
    with serving(url, database_pool_size=2) as user, ThreadPoolExecutor(12) as pool:
        path = a_task(user)
        with transaction(url, "LOCK TABLE task"):
            work = [
                pool.submit(OPERATIONS[operation], user, path)
                for operation in ("get", "list", "update", "complete", "create", "delete") * 2
            ]
            answers = [answer.result(30) for answer in work]
            assert {answer.status_code for answer in answers} == {503}
            assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
        is_back(user)
        until(lambda: in_no_transaction(url), "the end of all transactions")


def test_too_many_connections_for_postgresql_are_503_then_served(url, impatient):
    name = urlsplit(url).path[1:]
    with serving(url, database_pool_size=4) as user:
        run(url, f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        role = f"limited_{os.urandom(6).hex()}"
        run(url, f"CREATE ROLE {role} LOGIN SUPERUSER")
        is_back(user)
        limited = url.replace("postgres@", f"{role}@")
        run(url, f"ALTER ROLE {role} CONNECTION LIMIT 0")
        run(url, f"ALTER ROLE {role} NOSUPERUSER")
        with serving(limited) as other:
            is_away(other, "list")


def test_who_waits_for_a_locked_row_leaves_the_others_their_connections(url):
    """The row is never free, and others are served while its owner still waits."""
    with (
        Proxy(url) as proxy,
        serving(proxy.url, database_pool_size=4) as user,
        ThreadPoolExecutor(40) as pool,
    ):
        path = a_task(user)
        with User(user.server) as stranger, transaction(url, "SELECT FROM task FOR UPDATE"):
            work = [pool.submit(OPERATIONS["update"], user, path) for _ in range(30)]
            until(lambda: len(run(url, WAITING)) == 2, "their share is waiting")
            before = proxy.connections - asked(proxy)
            for _ in range(20):
                assert stranger.tasks() == []
            assert not all(update.done() for update in work)
            answers = [update.result(30) for update in work]
            assert proxy.connections - asked(proxy) <= before + 1
        assert {answer.status_code for answer in answers} == {503}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
        details = {answer.json()["detail"] for answer in answers}
        assert "Something else is changing this at the moment. Try again shortly." in details
        until(lambda: in_no_transaction(url), "the end of all statements")
        assert user.get(path).json()["title"] == "Buy milk"


@pytest.mark.parametrize("operation", ["update", "complete", "delete"])
def test_a_lock_timeout_is_for_one_transaction_alone(operation, url):
    """Behind a pooler, the next one on this connection may be somebody else's."""
    shown: Read[str] = Read("SELECT current_setting('lock_timeout')", ())

    async def use() -> None:
        async with Database(url, pool_size=1) as database:
            task_id = (await tasks.create_task(database.of(OWNER), TaskCreate(title="old"))).id
            if operation == "update":
                await tasks.update_task(database.of(OWNER), task_id, TaskUpdate(title="new"))
            elif operation == "complete":
                await tasks.complete_task(database.of(OWNER), task_id, Completion())
            else:
                await tasks.delete_task(database.of(OWNER), task_id)
            assert await database.of(OWNER).run(shown) == "0"

    asyncio.run(use())


@pytest.mark.parametrize("of", ["role", "database"])
def test_a_database_with_too_few_connections_serves_all_with_those_it_has(of):
    role = new_role("NOSUPERUSER")
    owned = new_database(owner=role)
    name = role if of == "role" else urlsplit(owned).path[1:]
    run(url_of("postgres"), f"ALTER {of} {name} CONNECTION LIMIT 2")
    with serving(owned, database_pool_size=10) as user, ExitStack() as users:
        people = [user, *(users.enter_context(User(user.server)) for _ in range(5))]
        with ThreadPoolExecutor(24) as pool:
            answers = list(pool.map(lambda n: people[n % 6].get(people[n % 6].path), range(120)))
        assert Counter(answer.status_code for answer in answers) == {200: 120}
