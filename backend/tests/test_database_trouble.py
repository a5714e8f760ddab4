"""The database is cut off, frozen, killed or busy: nothing is lost, and all is well afterwards."""

import asyncio
import os
import secrets
import signal
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import httpx
import pytest
from asyncpg import UniqueViolationError
from sqlalchemy import insert, literal_column, select

from tests.databases import new_database, new_role, run, url_of
from tests.server import RunningServer, User, settings
from tests.test_serving import transaction, until
from todo_server.database import (
    OWNER_ID,
    Database,
    Read,
    TransactionHandle,
    Write,
    client,
    owner_view,
    readiness,
    write_statement,
)
from todo_server.database.connecting import Connector
from todo_server.domain.identity import Identity
from todo_server.domain.listing import Listing
from todo_server.embedded_postgres import embedded_postgres
from todo_server.errors import EmailTakenError, UnauthenticatedError
from todo_server.migrations import command
from todo_server.models import Account, Completion, TaskCreate, TaskUpdate
from todo_server.services import tasks

# -------------------------------------------------------------------------- what stands between

END_OF_TRIP = b"QSH"  # simple query, Sync, Flush: after each, the client waits for an answer


class Proxy:
    """Between a server and PostgreSQL: passes messages on, counts them, and makes trouble.

    `trouble` is a text and what to do, once, when a message with it comes: "cut" before it gets
    there, "lose" the answer to it and cut, or "freeze" with it in hand.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = asyncio.Event()
        self._port = 0
        self.trouble: tuple[bytes, str] | None = None
        self.happened = threading.Event()
        self.messages: list[bytes] = []
        self.dead = 0  # the connections up to this one break as soon as they are used
        self.swallowed = 0  # nothing comes through those up to this one, in either direction
        self.connections = 0
        self.url = ""
        self._name = f"{parts.username}@{{}}{parts.path}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.accept()
        self.thaw()
        name = self._name.format(f"127.0.0.1:{self._port}")
        self.url = f"postgresql://{name}?sslmode=disable"
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self.thaw()
        self.cut()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def accept(self) -> None:
        """Listen, always on the same port."""

        async def listen() -> None:
            self._server = await asyncio.start_server(self._meet, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

        self._do(listen())

    def refuse(self) -> None:
        """Refuse new connections; those that are open stay."""

        async def stop() -> None:
            if self._server is not None:
                self._server.close()

        self._do(stop())

    def cut(self) -> None:
        """Reset every connection."""

        async def abort() -> None:
            for writer in list(self._writers):
                writer.transport.abort()

        self._do(abort())

    def swallow(self) -> None:
        """Keep every connection that is open, and pass nothing on; new ones are as before."""
        self.swallowed = self.connections

    def freeze(self) -> None:
        """Pass nothing on, in either direction; new connections are accepted and not answered."""
        self._loop.call_soon_threadsafe(self._running.clear)

    def thaw(self) -> None:
        """Go on."""
        self._loop.call_soon_threadsafe(self._running.set)

    def expect(self, text: bytes, what: str) -> None:
        """Make trouble at the next message with this text."""
        self.happened.clear()
        self.trouble = (text, what)

    @contextmanager
    def counting(self) -> Iterator[Counter[str]]:
        """Count the round trips of what happens meanwhile."""
        trips: Counter[str] = Counter()
        before = len(self.messages)
        yield trips
        trips.update(chr(m[0]) for m in self.messages[before:] if m[:1] in END_OF_TRIP)

    def _do(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _end(self) -> None:
        await asyncio.gather(*self._tasks)

    async def _meet(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        own = asyncio.current_task()
        assert own is not None
        self._tasks.add(own)
        self._writers.add(to_client)
        server, to_server = await asyncio.open_unix_connection(self._target)
        self._writers.add(to_server)
        lost = asyncio.Event()
        back = asyncio.create_task(self._pass_back(server, to_client, lost, number))
        self._tasks.add(back)
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._pass_on(client, to_server, lost, number)
        to_server.transport.abort() if to_client.transport.is_closing() else to_server.close()
        to_client.transport.abort()
        self._writers -= {to_client, to_server}

    async def _pass_on(
        self,
        client: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        lost: asyncio.Event,
        number: int,
    ) -> None:
        kind = b""  # the first message has none
        while True:
            length = await client.readexactly(4)
            (size,) = struct.unpack("!I", length)
            body = await client.readexactly(size - 4)
            message = kind + length + body
            if kind:
                self.messages.append(message)
            if number <= self.dead:
                return
            await self._running.wait()
            if number <= self.swallowed:
                kind = await client.readexactly(1)
                continue
            if self.trouble is not None and self.trouble[0] in message:
                what, self.trouble = self.trouble[1], None
                if what == "cut":
                    self.happened.set()
                    return
                if what == "freeze":
                    self._running.clear()
                    self.happened.set()
                    await self._running.wait()
                if what == "lose":
                    lost.set()
            to_server.write(message)
            await to_server.drain()
            kind = await client.readexactly(1)

    async def _pass_back(
        self,
        server: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        lost: asyncio.Event,
        number: int,
    ) -> None:
        with suppress(OSError):
            while data := await server.read(65536):
                await self._running.wait()
                if number <= self.swallowed:
                    continue
                if lost.is_set():
                    if data[-6:-1] == b"Z\0\0\0\5":  # it has done what it was asked for
                        self.happened.set()
                        break
                    continue
                to_client.write(data)
                await to_client.drain()
        to_client.transport.abort()


@pytest.fixture
def url() -> str:
    """A database of which each connection is known."""
    return new_database()


@pytest.fixture
def proxy(database_url) -> Iterator[Proxy]:
    with Proxy(database_url) as running:
        yield running


@pytest.fixture
def impatient(monkeypatch) -> None:
    """Let nobody wait as long as in earnest."""
    for name in ("PATIENCE", "CONNECT_TIMEOUT", "STATEMENT_TIMEOUT"):
        monkeypatch.setattr(client, name, 0.6)


@contextmanager
def serving(url: str, **values: Any) -> Iterator[User]:
    with RunningServer(settings(url, **values)) as server, User(server) as user:
        yield user


# ----------------------------------------------------------------------- round trips on the wire

OPERATIONS: dict[str, Callable[[User, str], httpx.Response]] = {
    "list": lambda user, _: user.get(user.path),
    "page": lambda user, _: user.get(user.path, params={"limit": 1, "sort": "title"}),
    "get": lambda user, path: user.get(path),
    "create": lambda user, _: user.post(user.path, json={"title": "new"}),
    "update": lambda user, path: user.put(path, json={"title": "changed", "description": "too"}),
    "complete": lambda user, path: user.patch(f"{path}/complete", json={"completed": True}),
    "flip": lambda user, path: user.patch(f"{path}/complete"),
    "delete": lambda user, path: user.delete(path),
}
READS = ("list", "page", "get")
TRIPS = {"delete": 3}
every_operation = pytest.mark.parametrize("operation", OPERATIONS)


def a_task(user: User) -> str:
    return f"{user.path}/{user.create()['id']}"


@every_operation
def test_an_operation_costs_so_many_round_trips(operation, proxy):
    perform, expected = OPERATIONS[operation], TRIPS.get(operation, 1)
    with serving(proxy.url, database_pool_size=1) as user:
        paths = [a_task(user) for _ in range(2)]
        assert perform(user, paths[0]).is_success
        with proxy.counting() as trips:
            assert perform(user, paths[1]).is_success
        assert trips.total() == expected
        assert trips["S"] == 1
        assert proxy.connections == 2  # the first one looked what stands between


@every_operation
def test_behind_a_pooler_that_forgets_no_name_is_used_that_another_may_have(
    operation, proxy, monkeypatch
):
    look = readiness.forgets_prepared_statements

    async def forgets(connection: asyncpg.Connection) -> bool:
        return not await look(connection)

    monkeypatch.setattr(readiness, "forgets_prepared_statements", forgets)
    with serving(proxy.url, database_pool_size=1) as user:
        path, warm = a_task(user), a_task(user)
        assert OPERATIONS[operation](user, warm).is_success
        with proxy.counting() as trips:
            assert OPERATIONS[operation](user, path).is_success
    assert trips.total() == TRIPS.get(operation, 1) + 1
    names = {m[5:].partition(b"\0")[0] for m in proxy.messages if m[:1] == b"P"}
    assert {name.startswith(b"todo_server_") for name in names if name} == {True}


class Pooled:
    """A connection as it is through a pooler: greeted by another backend than the one at work."""

    def __init__(self, connection: asyncpg.Connection, pooler: str) -> None:
        self._connection, self._pooler = connection, pooler

    def get_server_pid(self) -> int:
        return self._connection.get_server_pid() - (self._pooler != "none")

    async def prepare(self, query: str, *, name: str) -> Any:
        given = name if self._pooler != "renames" else "pooler_1"
        statement = await self._connection.prepare(query, name=given)
        if self._pooler == "takes another backend":
            await self._connection.execute(f"DEALLOCATE {given}")
        return statement


@pytest.mark.parametrize(
    ("pooler", "forgets"),
    [
        ("none", False),
        ("passes names on", True),
        ("takes another backend", True),
        ("renames", False),
    ],
)
def test_a_pooler_is_known_by_what_becomes_of_a_name(pooler, forgets, database_url):
    async def ask() -> bool:
        connection = await asyncpg.connect(database_url)
        try:
            pooled: Any = Pooled(connection, pooler)
            return await readiness.forgets_prepared_statements(pooled)
        finally:
            await connection.close()

    assert asyncio.run(ask()) is forgets


# ------------------------------------------------------------------------- a connection is lost


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


def busy(user: User, url: str, connections: int) -> None:
    """Let the server make as many connections as one user may have."""
    path = a_task(user)
    with ThreadPoolExecutor(connections) as pool, transaction(url, "LOCK TABLE task"):
        work = [pool.submit(user.get, path) for _ in range(connections)]
        until(lambda: len(run(url, WAITING)) == connections, "all connections are busy")
    assert {answer.result(30).status_code for answer in work} == {200}


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
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
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


@pytest.mark.parametrize("what", ["cut", "lose"])
@pytest.mark.parametrize("where", ["at its beginning", "at its statement"])
def test_a_delete_is_tried_again_while_nothing_is_committed(where, what, proxy):
    with serving(proxy.url, database_pool_size=1) as user:
        path = a_task(user)
        proxy.expect(b"BEGIN" if where == "at its beginning" else user.id.encode(), what)
        assert user.delete(path).status_code == 204
        assert proxy.happened.is_set()
        assert user.tasks() == []


@pytest.mark.parametrize(("what", "done"), [("cut", False), ("lose", True)])
def test_a_connection_that_breaks_while_committing_is_503_never_204(what, done, proxy):
    with serving(proxy.url, database_pool_size=1) as user:
        path = a_task(user)
        proxy.expect(b"COMMIT", what)
        in_doubt(user.delete(path))
        assert proxy.happened.is_set()
        assert user.get(path).status_code == (404 if done else 200)


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
        run(url, "DELETE FROM task")
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


def in_doubt(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "Look whether it is there" in answer.json()["detail"]


# ------------------------------------------------------------------------ the database is away


def is_away(user: User, *operations: str) -> None:
    """Everything that needs the database is 503 within a bounded time, and the rest works."""
    path = f"{user.path}/00000000-0000-7000-8000-000000000000"
    for operation in operations:
        started = time.monotonic()
        answer = OPERATIONS[operation](user, path)
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert time.monotonic() - started < 20
        assert user.get("/livez").status_code == 200
    assert user.get("/readyz").status_code == 503
    assert user.get(f"/api/not-{user.id}/tasks").status_code == 403


def is_back(user: User) -> None:
    until(lambda: user.get("/readyz").status_code == 200, "a ready server")
    path = a_task(user)
    for operation in ("list", "get", "update", "complete", "delete"):
        assert OPERATIONS[operation](user, path).is_success


def test_a_database_that_refuses_is_503_until_it_is_back(proxy, impatient):
    with serving(proxy.url) as user:
        path = a_task(user)
        proxy.refuse()
        proxy.cut()
        is_away(user, *OPERATIONS)
        proxy.accept()
        assert user.get(path).status_code == 200
        is_back(user)


def test_a_database_that_is_away_at_the_start_is_used_when_it_comes(proxy, impatient):
    proxy.refuse()
    with serving(proxy.url) as user:
        is_away(user, "list", "create")
        proxy.accept()
        is_back(user)


def test_a_database_that_is_away_for_a_moment_is_waited_for(proxy):
    with serving(proxy.url) as user, ThreadPoolExecutor(4) as pool:
        path = a_task(user)
        proxy.refuse()
        proxy.cut()
        answers = [
            pool.submit(OPERATIONS[operation], user, path)
            for operation in ("list", "get", "update", "complete")
        ]
        time.sleep(0.5)  # how long it is away
        assert not any(answer.done() for answer in answers)
        proxy.accept()
        assert {answer.result(30).status_code for answer in answers} == {200}


def test_a_database_that_accepts_and_hangs_up_is_503_until_it_is_well(proxy, impatient):
    with serving(proxy.url) as user:
        a_task(user)
        proxy.refuse()
        proxy.cut()
        with socket.create_server(("127.0.0.1", urlsplit(proxy.url).port or 0)) as listener:

            def hang_up() -> None:
                with suppress(OSError):
                    while True:
                        listener.accept()[0].close()

            with ThreadPoolExecutor(1) as pool:
                pool.submit(hang_up)
                is_away(user, "list", "create", "update")
                listener.shutdown(socket.SHUT_RDWR)
        proxy.accept()
        is_back(user)


def test_a_database_that_freezes_is_503_until_it_thaws(proxy, impatient):
    with serving(proxy.url, database_pool_size=2) as user:
        a_task(user)
        proxy.freeze()
        is_away(user, "list", "create", "complete")
        proxy.thaw()
        is_back(user)


def test_a_database_that_freezes_once_it_has_greeted_is_503_until_it_thaws(proxy, impatient):
    with serving(proxy.url) as user:
        proxy.expect(b"alembic_version", "freeze")  # the first that it is asked
        assert user.get("/readyz").status_code == 503
        assert proxy.happened.is_set()
        proxy.thaw()
        is_back(user)


# ------------------------------------------------------------------- more than it can do at once


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


WAITING = """
SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def in_no_transaction(url: str) -> bool:
    return {row["state"] for row in run(url, OPEN)} <= {"idle"}


OPEN = """
SELECT state FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


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


# ------------------------------------------------------------- what is no reason for a new one

OWNER, NEXT = Identity("the owner"), Identity("the next")
WHOSE: Read[str] = Read(
    "SELECT coalesce(current_setting('app.user_id', true), '') ||"
    " (SELECT count(*) FROM my_task)::text",
    (),
)


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


ENDED = Identity("whose session has ended", UUID(int=7))
NO_TASK = UUID("00000000-0000-7000-8000-000000000000")


@pytest.mark.parametrize(
    ("use", "trips"),
    [
        (lambda db: tasks.get_task(db.of(ENDED), NO_TASK), 1),
        (lambda db: tasks.list_tasks(db.of(ENDED), Listing()), 1),
        (lambda db: tasks.create_task(db.of(ENDED), TaskCreate(title="new")), 1),
        (lambda db: tasks.update_task(db.of(ENDED), NO_TASK, TaskUpdate(title="new")), 1),
        (lambda db: tasks.delete_task(db.of(ENDED), NO_TASK), 2),  # BEGIN and ROLLBACK
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
                    await tasks.delete_task(database.of(ENDED), NO_TASK)
                assert await database.of(NEXT).run(WHOSE) == "0"
            finally:
                await database.close()

        asyncio.run(use())
        assert proxy.happened.is_set()
        assert proxy.connections == before + 3  # to look, the one that was cut, and another
        assert user.tasks() == []


# --------------------------------------------------------------------- one row, and who waits


def asked(proxy: Proxy) -> int:
    """Count how often the database was asked whether it is at work (`database/silence.py`)."""
    return sum(b"pg_stat_activity" in message for message in proxy.messages)


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
            task_id, _ = await tasks.create_task(database.of(OWNER), TaskCreate(title="old"))
            if operation == "update":
                await tasks.update_task(database.of(OWNER), task_id, TaskUpdate(title="new"))
            elif operation == "complete":
                await tasks.complete_task(database.of(OWNER), task_id, Completion())
            else:
                await tasks.delete_task(database.of(OWNER), task_id)
            assert await database.of(OWNER).run(shown) == "0"

    asyncio.run(use())


# ------------------------------------------------------- connections that swallow everything


@pytest.mark.parametrize("operation", [*READS, "update", "complete"])
def test_connections_that_swallow_everything_are_given_up(operation, url):
    """All of them at once, as in a failover; the database itself is well."""
    with Proxy(url) as proxy, serving(proxy.url, database_pool_size=8) as user:
        busy(user, url, 4)
        path = a_task(user)
        proxy.swallow()
        before = proxy.connections
        started = time.monotonic()
        assert OPERATIONS[operation](user, path).status_code == 200
        assert time.monotonic() - started < 10  # and not 16 for each of them
        assert proxy.connections == before + 2  # one to ask, one to go on with


@pytest.mark.parametrize("operation", ["create", "flip"])
def test_what_is_swallowed_and_must_not_be_done_twice_is_503_and_says_so(operation, url):
    with Proxy(url) as proxy, serving(proxy.url) as user:
        path = a_task(user)
        proxy.swallow()
        in_doubt(OPERATIONS[operation](user, path))
        assert [task["completed"] for task in user.tasks()] == [False]


def test_a_delete_is_tried_again_when_its_statement_is_swallowed(url):
    with Proxy(url) as proxy, serving(proxy.url) as user:
        path = a_task(user)
        assert user.delete(f"{user.path}/{NO_TASK}").status_code == 404
        proxy.swallow()
        assert user.delete(path).status_code == 204
        assert user.tasks() == []


def test_a_long_statement_is_not_taken_for_a_silent_one(url):
    with Proxy(url) as proxy, serving(proxy.url) as user, ThreadPoolExecutor(1) as pool:
        path = a_task(user)
        with transaction(url, "LOCK TABLE task"):
            before = len(proxy.messages)
            answer = pool.submit(user.get, path)
            until(lambda: asked(proxy) >= 2, "the database to be asked twice")
            assert not answer.done()
        reads = [m for m in proxy.messages[before:] if user.id.encode() in m]
        assert answer.result(30).status_code == 200
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


# ------------------------------------------------------------------- no connection is free


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


# -------------------------------------------------------------------- a request is given up


@pytest.mark.parametrize(
    ("use", "where"),
    [
        (lambda db, _: tasks.list_tasks(db.of(OWNER), Listing()), b"the owner"),
        (lambda db, i: tasks.get_task(db.of(OWNER), i), b"the owner"),
        (lambda db, _: tasks.create_task(db.of(OWNER), TaskCreate(title="new")), b"the owner"),
        (
            lambda db, i: tasks.update_task(db.of(OWNER), i, TaskUpdate(completed=True)),
            b"the owner",
        ),
        (lambda db, i: tasks.complete_task(db.of(OWNER), i, Completion()), b"the owner"),
        *(
            (lambda db, i: tasks.delete_task(db.of(OWNER), i), where)
            for where in (b"BEGIN", b"the owner", b"COMMIT")
        ),
    ],
)
def test_a_cancelled_request_leaves_no_transaction_and_no_identity(use, where, proxy, database_url):
    async def give_up() -> None:
        database = Database(proxy.url, pool_size=1)
        try:
            task_id, _ = await tasks.create_task(database.of(OWNER), TaskCreate(title="old"))
            proxy.expect(where, "freeze")
            request = asyncio.ensure_future(use(database, task_id))
            assert await asyncio.to_thread(proxy.happened.wait, 30)
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
            proxy.thaw()
            assert await database.of(NEXT).run(WHOSE) == "0"
            if where != b"COMMIT":  # which gets there after all
                assert b'"title":"old"' in await tasks.get_task(database.of(OWNER), task_id)
        finally:
            await database.close()

    asyncio.run(give_up())
    until(lambda: in_no_transaction(database_url), "the end of the transaction")


def test_a_client_that_hangs_up_leaves_no_transaction(url):
    with serving(url, database_pool_size=1) as user:
        path = a_task(user)
        with transaction(url, "LOCK TABLE task"):
            with (
                httpx.Client(base_url=user.base_url, headers=user.headers) as other,
                pytest.raises(httpx.ReadTimeout),
            ):
                other.put(path, json={"title": "changed"}, timeout=0.3)
            assert len(run(url, WAITING)) == 1
        until(lambda: in_no_transaction(url), "the end of the transaction")
        assert user.get(path).json()["title"] in {"changed", "Buy milk"}
        is_back(user)


# ---------------------------------------------------------------------------------- kill -9


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Callable[[], str]]:
    """A PostgreSQL of our own that may be killed; calling this starts it, and again."""
    directory = tmp_path_factory.mktemp("cluster")
    with ExitStack() as running:

        def start() -> str:
            return running.enter_context(embedded_postgres(directory, max_connections=40))

        start.directory = directory  # type: ignore[attr-defined]
        yield start


def postmaster(cluster: Any) -> int:
    file: Path = cluster.directory / "postgresql" / "postmaster.pid"
    return int(file.read_text().split("\n")[0])


State = tuple[str, str, bool] | None  # title, description, completed; None is no task


class Writer:
    """A user who writes all the time, and remembers for each task what may be."""

    def __init__(self, server: RunningServer) -> None:
        self.server, self.user_id = server, secrets.token_hex(8)
        self.states: dict[str, set[State]] = {}
        self.acknowledged = 0

    def write_until(self, stop: threading.Event) -> None:
        with User(self.server, self.user_id) as user:
            while not stop.is_set():
                self.write(user, str(len(self.states)))

    def write(self, user: User, name: str) -> None:
        """The life of a task, up to the first change that is not acknowledged."""
        first, second = {"title": name, "description": name}, f"{name} b"
        created = self.change(name, (None, (name, name, False)), user.post, user.path, json=first)
        if created is None:
            return
        path = f"{user.path}/{created.json()['id']}"
        life: list[State] = [(name, name, False), (second, second, False), (second, second, True)]
        renamed = {"title": second, "description": second}
        if (
            self.change(name, life[0:2], user.put, path, json=renamed)
            and self.change(name, life[1:3], user.patch, f"{path}/complete")
            and len(self.states) % 2  # every other task stays
        ):
            self.change(name, (life[2], None), user.delete, path)

    def change(
        self, name: str, states: Sequence[State], send: Any, path: str, **options: Any
    ) -> httpx.Response | None:
        """Send what leads from one state to another; gives nothing where that is in doubt."""
        self.states[name] = set(states)
        answer: httpx.Response = send(path, **options)
        if answer.status_code == 503:
            return None
        assert answer.is_success, answer.text
        self.states[name] = {states[-1]}
        self.acknowledged += 1
        return answer

    def check(self) -> None:
        with User(self.server, self.user_id) as user:
            tasks = user.tasks()
        found: dict[str, State] = {
            task["title"].split()[0]: (task["title"], task["description"], task["completed"])
            for task in tasks
        }
        assert len(found) == len(tasks), "something was done twice"
        for name, states in self.states.items():
            assert found.pop(name, None) in states
        assert not found


def a_backend(cluster: Any, url: str) -> int:
    pid: int = run(
        url,
        "SELECT pid FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    )[0]["pid"]
    return pid


@pytest.mark.parametrize(
    "death", ["kill -9 of a backend", "kill -9 of PostgreSQL", "an immediate stop", "a fast stop"]
)
def test_what_was_acknowledged_under_load_is_there_after(death, cluster):
    url = cluster()
    command.upgrade(url)
    stop = threading.Event()

    def all_wrote(since: list[int]) -> bool:
        for work in running:
            assert not work.done(), work.result()
        return all(w.acknowledged > n + 10 for w, n in zip(writers, since, strict=True))

    with (
        RunningServer(settings(url, database_pool_size=4)) as server,
        ThreadPoolExecutor(6) as pool,
    ):
        writers = [Writer(server) for _ in range(6)]
        running = [pool.submit(writer.write_until, stop) for writer in writers]
        try:
            until(lambda: all_wrote([0] * 6), "writing")
            if death == "kill -9 of a backend":
                os.kill(a_backend(cluster, url), signal.SIGKILL)
            else:
                signals = {"k": signal.SIGKILL, "an i": signal.SIGQUIT, "a f": signal.SIGINT}
                (number,) = (n for start, n in signals.items() if death.startswith(start))
                os.kill(postmaster(cluster), number)
                until(lambda: not answers(url), "the end of PostgreSQL")
                cluster()
            before = [writer.acknowledged for writer in writers]
            until(lambda: all_wrote(before), "writing again")
        finally:
            stop.set()
        for writer, work in zip(writers, running, strict=True):
            work.result(30)
            writer.check()


def answers(url: str) -> bool:
    path = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) == 0
