"""Connections that swallow everything, as in a failover, are told from long statements."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest

from tests.database.trouble import (
    OPERATIONS,
    OWNER,
    READS,
    a_task,
    asked,
    busy,
    complete_and_delete,
    in_doubt,
    serving,
)
from tests.databases import transaction
from tests.proxy import Proxy
from tests.waiting import until
from todo_server.database import Database
from todo_server.database.connecting import Connector
from todo_server.domain.task_query import TaskQuery
from todo_server.models import TaskCreate
from todo_server.services import tasks


@pytest.mark.parametrize("operation", [*READS, "update", "complete"])
def test_connections_that_swallow_everything_are_given_up(operation, url):
    """All of them at once, as in a failover; the database itself is well."""
    with Proxy(url) as proxy, serving(proxy.url, database_pool_size=8) as user:
        busy(user, url, 4)
        path = a_task(user)
        proxy.swallow()
        before = proxy.connections
        assert OPERATIONS[operation](user, path).status_code == 200
        assert proxy.connections == before + 2  # one to ask, one to go on with


@pytest.mark.parametrize("operation", ["create", "flip", "delete"])
def test_what_is_swallowed_and_must_not_be_done_twice_is_503_and_says_so(operation, url):
    with Proxy(url) as proxy, serving(proxy.url) as user:
        path = a_task(user)
        proxy.swallow()
        in_doubt(OPERATIONS[operation](user, path))
        assert [task["completed"] for task in user.tasks()] == [False]


def test_a_transaction_is_tried_again_when_a_statement_of_it_is_swallowed(url):
    async def delete(proxy: Proxy) -> None:
        async with Database(proxy.url) as database:
            mine = database.of(OWNER)
            first, second = [await tasks.create_task(mine, TaskCreate(title="new")) for _ in "ab"]
            await complete_and_delete(database, OWNER, first.id)
            proxy.swallow()
            await complete_and_delete(database, OWNER, second.id)
            assert (await tasks.list_tasks(mine, TaskQuery())).body == b"[]"

    with Proxy(url) as proxy:
        asyncio.run(delete(proxy))


def test_a_long_statement_is_not_taken_for_a_silent_one(url):
    with Proxy(url) as proxy, serving(proxy.url) as user, ThreadPoolExecutor(1) as pool:
        path = a_task(user)
        with transaction(url, "LOCK TABLE task"):
            before = len(proxy.messages)
            answer = pool.submit(user.get, path)
            until(lambda: asked(proxy) >= 2, "the database to be asked twice")
            assert not answer.done()
        assert answer.result(30).status_code == 200
        reads = [m for m in proxy.messages[before:] if user.id.encode() in m]
        assert len(reads) == 1


def test_behind_a_pooler_no_connection_is_ended_for_its_silence(url, monkeypatch):
    """What it gives for the process at work is made up."""
    number = asyncpg.Connection.get_server_pid
    monkeypatch.setattr(asyncpg.Connection, "get_server_pid", lambda c: number(c) + 1)
    with Proxy(url) as proxy, serving(proxy.url) as user, ThreadPoolExecutor(1) as pool:
        path = a_task(user)
        proxy.swallow()
        answer = pool.submit(user.get, path)
        until(lambda: asked(proxy) >= 2, "the database to be asked twice")
        assert not answer.done()
        proxy.cut()
        assert answer.result(30).status_code == 200


def test_tcp_gives_up_what_is_not_acknowledged(url):
    async def options(its_url: str) -> list[int]:
        connector = Connector(its_url, connect_timeout=5, statement_timeout=5)
        connection = await connector.dial()
        try:
            sock = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]  # noqa: SLF001
            names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
            found = [
                sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
                for name in names
                if hasattr(socket, name)
            ]
            return [sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), *found]
        finally:
            connection.terminate()

    with Proxy(url) as proxy:
        own = asyncio.run(options(proxy.url))
        assert own[0]
        assert own[1:] == [10, 2, 3, 2500][: len(own) - 1]
        said = "&keepalives_idle=60&keepalives_interval=9&keepalives_count=8&tcp_user_timeout=9000"
        assert asyncio.run(options(proxy.url + said))[1:] == [60, 9, 8, 9000][: len(own) - 1]
        assert asyncio.run(options(f"{proxy.url}&keepalives=0"))[0] == 0
