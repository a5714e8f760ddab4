"""Connections that are lost, before, during and after a statement: nothing is done twice."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import httpx
import pytest

from tests.database.trouble import (
    OPERATIONS,
    OWNER,
    READS,
    a_task,
    busy,
    complete_and_delete,
    every_operation,
    in_doubt,
    in_no_transaction,
    serving,
)
from tests.databases import run, run_as
from tests.proxy import Proxy
from tests.server import User
from tests.waiting import until
from todo_server.database import Database
from todo_server.errors import TaskNotFoundError, UnavailableError
from todo_server.models import TaskCreate
from todo_server.services import tasks


@every_operation
def test_connections_that_were_dropped_while_idle_are_not_noticed(operation, proxy):
    with serving(proxy.url) as user:
        path = a_task(user)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: user.tasks(), range(16)))
        proxy.cut()
        answer = OPERATIONS[operation](user, path)
        assert answer.is_success
        assert proxy.connections > 2


def test_connections_that_are_dead_without_a_word_are_not_noticed_by_readers(url):
    with Proxy(url) as proxy, serving(proxy.url, database_pool_size=8) as user:
        busy(user, url, 4)
        proxy.dead = proxy.connections
        assert len(user.tasks()) == 1


@every_operation
def test_backends_that_were_terminated_while_idle_are_not_noticed(operation, url):
    with serving(url) as user:
        path = a_task(user)
        ended = run(
            url,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'",  # autovacuum comes and goes by itself
        )
        assert [row[0] for row in ended] == [True]
        assert OPERATIONS[operation](user, path).is_success


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("what", ["cut", "lose"])
def test_a_read_is_tried_again_when_its_connection_breaks(operation, what, proxy):
    with serving(proxy.url) as user:
        path = a_task(user)
        assert OPERATIONS[operation](user, path).is_success
        proxy.expect(user.id.encode(), what)  # the owner, a parameter of the statement
        assert OPERATIONS[operation](user, path).status_code == 200
        assert proxy.happened.is_set()


def delete_behind(proxy: Proxy, where: bytes, what: str) -> tuple[bool, UnavailableError | None]:
    """Delete a task in a transaction that breaks; tells whether it is gone, and what was raised."""

    async def delete() -> tuple[bool, UnavailableError | None]:
        raised = None
        async with Database(proxy.url, pool_size=1) as database:
            task = await tasks.create_task(database.of(OWNER), TaskCreate(title="new"))
            proxy.expect(where, what)
            try:
                await complete_and_delete(database, OWNER, task.id)
            except UnavailableError as error:
                raised = error
            try:
                found = json.loads((await tasks.get_task(database.of(OWNER), task.id)).body)
            except TaskNotFoundError:
                return True, raised
            assert found["completed"] is False, "both steps, or none"
            return False, raised

    return asyncio.run(delete())


@pytest.mark.parametrize("what", ["cut", "lose"])
@pytest.mark.parametrize("where", [b"BEGIN", b"the owner"])
def test_a_transaction_is_tried_again_while_nothing_is_committed(where, what, proxy):
    assert delete_behind(proxy, where, what) == (True, None)
    assert proxy.happened.is_set()


@pytest.mark.parametrize(("what", "done"), [("cut", False), ("lose", True)])
def test_a_connection_that_breaks_while_committing_leaves_a_doubt_and_says_so(what, done, proxy):
    gone, raised = delete_behind(proxy, b"COMMIT", what)
    assert proxy.happened.is_set()
    assert gone is done
    assert raised is not None
    assert "Look whether it is there" in raised.message


@pytest.mark.parametrize("what", ["cut", "lose"])
@pytest.mark.parametrize("operation", ["update", "complete"])
def test_a_change_that_may_be_done_twice_is_tried_again(operation, what, proxy):
    with serving(proxy.url, database_pool_size=1) as user:
        path = a_task(user)
        proxy.expect(user.id.encode(), what)
        answer = OPERATIONS[operation](user, path)
        assert proxy.happened.is_set()
        assert answer.status_code == 200
        expected = {"update": ("changed", "too", False), "complete": ("Buy milk", None, True)}
        found = user.get(path).json()
        assert (found["title"], found["description"], found["completed"]) == expected[operation]
        assert found == answer.json()


def test_a_change_that_is_tried_again_on_what_is_gone_meanwhile_is_404(url):
    with Proxy(url) as proxy, serving(proxy.url, database_pool_size=1) as user:
        path = a_task(user)
        run_as(url, user.id, "DELETE FROM task")
        proxy.expect(user.id.encode(), "lose")
        assert user.put(path, json={"title": "changed"}).status_code == 404
        assert proxy.happened.is_set()


@pytest.mark.parametrize(("what", "done"), [("cut", False), ("lose", True)])
def test_a_flip_whose_answer_is_lost_is_503_and_never_done_twice(what, done, proxy):
    with serving(proxy.url, database_pool_size=1) as user:
        path = a_task(user)
        proxy.expect(user.id.encode(), what)
        in_doubt(user.patch(f"{path}/complete"))
        assert proxy.happened.is_set()
        assert user.get(path).json()["completed"] is done


@pytest.mark.parametrize(("what", "done"), [("cut", False), ("lose", True)])
def test_a_delete_whose_answer_is_lost_is_503_never_204_or_404(what, done, proxy):
    with serving(proxy.url, database_pool_size=1) as user:
        path = a_task(user)
        proxy.expect(user.id.encode(), what)
        in_doubt(user.delete(path))
        assert proxy.happened.is_set()
        assert user.get(path).status_code == (404 if done else 200)


@pytest.mark.parametrize(("what", "count"), [("cut", 0), ("lose", 1)])
def test_a_create_whose_answer_is_lost_is_503_and_never_done_twice(what, count, proxy):
    with serving(proxy.url, database_pool_size=1) as user:
        user.tasks()
        proxy.expect(b"only once", what)
        in_doubt(user.post(user.path, json={"title": "only once"}))
        assert proxy.happened.is_set()
        assert len(user.tasks()) == count


def test_a_change_that_is_given_up_after_its_answer_was_lost_is_503_and_says_so(proxy, impatient):
    with serving(proxy.url, database_pool_size=1) as user:
        path = a_task(user)
        proxy.refuse()  # trying again needs a new connection
        proxy.expect(user.id.encode(), "lose")
        in_doubt(user.put(path, json={"title": "changed"}))
        assert proxy.happened.is_set()
        proxy.accept()
        until(lambda: user.get(path).json()["title"] == "changed", "the change to be seen")


@pytest.mark.parametrize("operation", ["update", "complete", "flip"])
def test_a_change_that_waits_too_long_for_its_row_is_503_and_not_done_later(
    operation, url, impatient
):
    """PostgreSQL would wait on, and change the row once it is free."""

    async def wait_for_somebody(user: User, path: str) -> httpx.Response:
        connection = await asyncpg.connect(url)
        async with connection.transaction():
            await connection.execute("SELECT FROM task FOR UPDATE")
            answer = await asyncio.to_thread(OPERATIONS[operation], user, path)
        await connection.close()
        return answer

    with serving(url) as user:
        path = a_task(user)
        before = user.get(path).json()
        assert asyncio.run(wait_for_somebody(user, path)).status_code == 503
        until(lambda: in_no_transaction(url), "the end of all statements")
        assert user.get(path).json() == before
