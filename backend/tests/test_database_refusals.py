"""The database refuses, or cannot be reached: the operator learns why, and others how it is."""

import asyncio
import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.databases import new_database, new_role, run, url_of
from tests.server import RunningServer, User, nobody, settings
from tests.test_database_trouble import Proxy, a_task, is_away, is_back
from tests.test_serving import todo_server, transaction, until
from todo_server.database import Database, Read, client, explain
from todo_server.database.incidents import Incidents
from todo_server.database.reasons import reason_of
from todo_server.database.shared import Shared
from todo_server.domain.identity import Identity
from todo_server.errors import DatabaseRefusesError, NotReadyError, UnavailableError

SECRET = "s3cr3t-of-the-database"


@pytest.fixture
def url() -> str:
    return new_database()


@pytest.fixture
def impatient(monkeypatch) -> None:
    for name in ("PATIENCE", "CONNECT_TIMEOUT", "STATEMENT_TIMEOUT"):
        monkeypatch.setattr(client, name, 0.6)


def with_password(password: str = SECRET) -> tuple[str, str]:
    """Make a role that PostgreSQL asks for its password; gives it, and the URL of its database."""
    role = new_role(f"SUPERUSER PASSWORD '{SECRET}'")
    (row,) = run(url_of("postgres"), "SHOW hba_file")
    rules = Path(row[0])
    rules.write_text(f"local all {role} scram-sha-256\n{rules.read_text()}")
    run(url_of("postgres"), "SELECT pg_reload_conf()")
    asks = f"SELECT FROM pg_hba_file_rules WHERE user_name = '{{{role}}}'"
    until(lambda: run(url_of("postgres"), asks), "the rule to be read")
    return role, new_database(owner=role, migrated=False).replace(f"{role}@", f"{role}:{password}@")


@contextmanager
def listening(*answers: bytes) -> Iterator[int]:
    """Answer what comes on a connection with these, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    for answer in answers:
                        connection.recv(4096)
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


# ------------------------------------------------------------------------------- at the start

NOWHERE = f"postgresql://u:{SECRET}@127.0.0.1:1/todo?connect_timeout=5"
WRONG: dict[str, tuple[Callable[[], str], str]] = {
    "a password": (lambda: with_password("wrong" + SECRET)[1], "it refuses the password"),
    "a role": (lambda: url_of("postgres", "nobody_here"), 'role "nobody_here" does not exist'),
    "a database": (lambda: url_of("nowhere"), 'database "nowhere" does not exist'),
    "a parameter": (lambda: f"{url_of('postgres')}&foo=bar", 'parameter "foo"'),
    "a value": (lambda: f"{url_of('postgres')}&work_mem=abc", '"work_mem": "abc"'),
    "a choice": (lambda: f"{NOWHERE}&sslnegotiation=odd", "sslnegotiation"),
}


@pytest.mark.parametrize(
    ("command", "what"),
    [
        *(("serve", what) for what in WRONG),
        *((command, what) for command in ("migrate", "rotate-keys") for what in [*WRONG][:2]),
    ],
)
def test_what_is_wrong_in_database_url_is_one_sentence(command, what, tmp_path):
    make, said = WRONG[what]
    done = todo_server(command, cwd=tmp_path, DATABASE_URL=make(), LOG_LEVEL="ERROR")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("Error: The database of DATABASE_URL cannot be used: ")
    assert said in sentence
    assert "port 5432" in sentence or "port 1" in sentence
    assert SECRET not in done.stderr + done.stdout


def refused_by(url: str) -> UnavailableError:
    async def check() -> None:
        async with Database(url) as database:
            await database.check()

    with pytest.raises(UnavailableError) as refused:
        asyncio.run(check())
    return refused.value


def test_an_unknown_host_is_named_and_may_come_to_be_known(impatient):
    error = refused_by(f"postgresql://u:{SECRET}@no-such-host.invalid:6543/todo")
    assert error.message == "The database cannot be used: its host name is not known."
    assert not isinstance(error, DatabaseRefusesError)
    assert "host no-such-host.invalid, port 6543, database todo: gaierror" in explain(error)


def test_a_refused_connection_is_named_with_its_place(impatient):
    error = refused_by(NOWHERE)
    assert error.message == "The database cannot be used: it refuses connections."
    assert "host 127.0.0.1, port 1, database todo: ConnectionRefused" in explain(error)


def test_refused_tls_is_named_with_its_place(impatient):
    with listening(b"N") as port:
        error = refused_by(f"postgresql://u:{SECRET}@127.0.0.1:{port}/todo?sslmode=require")
    assert error.message == "The database cannot be used: it refuses TLS."
    assert f"host 127.0.0.1, port {port}, database todo" in explain(error)


def test_broken_tls_is_named(impatient):
    with listening(b"S", b"\x15\x03\x03\x00\x02\x02\x28") as port:
        error = refused_by(f"postgresql://u:{SECRET}@127.0.0.1:{port}/todo?sslmode=require")
    assert error.message == "The database cannot be used: TLS with it fails."


def test_a_database_that_says_nothing_is_named(impatient):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        error = refused_by(f"postgresql://u:{SECRET}@127.0.0.1:{port}/todo?connect_timeout=1")
    assert error.message == "The database cannot be used: it does not answer in time."


def test_a_certificate_that_cannot_be_verified_lasts():
    error = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")
    reason = reason_of(error, "postgresql://u@h/d")
    assert (reason.words, reason.is_lasting) == ("its certificate cannot be verified", True)


def test_a_password_is_not_in_a_reason_wherever_it_comes_from():
    for url in (f"postgresql://u:{SECRET}@h/d", f"postgresql://u@h/d?password={SECRET}"):
        reason = reason_of(ValueError(f"cannot read {SECRET}"), url)
        assert SECRET not in str(reason)


# ------------------------------------------------------------------------------ while it runs


def test_a_password_that_turns_wrong_is_503_named_in_the_log_and_comes_back(caplog):
    role, url = with_password()
    plain = url.replace(f":{SECRET}@", "@")
    admin = url_of(re.split(r"[/?]", plain)[3])
    assert todo_server("migrate", cwd=Path.cwd(), DATABASE_URL=url).returncode == 0
    with RunningServer(settings(url)) as server, User(server) as user:
        a_task(user)
        run(admin, f"ALTER ROLE {role} PASSWORD 'another'")
        run(
            admin,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1",
            role,
        )
        is_away(user, "list", "create", "update", "delete")
        ready = user.get("/readyz").json()
        assert ready["detail"] == "The database cannot be used: it refuses the password."
        general = user.get(user.path).json()
        assert general["detail"] == UnavailableError.message
        run(admin, f"ALTER ROLE {role} PASSWORD '{SECRET}'")
        is_back(user)
    (line,) = [r for r in caplog.records if r.message == "the database cannot be used"]
    assert line.levelno == logging.WARNING
    assert line.fields["why"] == "it refuses the password"
    assert line.fields["error"].startswith("InvalidPasswordError: ")
    assert SECRET not in str(line.fields)


@pytest.mark.parametrize(
    ("turn", "back"),
    [
        ("ALTER VIEW my_task RENAME TO gone", "ALTER VIEW gone RENAME TO my_task"),
        ("ALTER SCHEMA public RENAME TO gone", "ALTER SCHEMA gone RENAME TO public"),
        (
            "ALTER VIEW my_task RENAME COLUMN title TO gone",
            "ALTER VIEW my_task RENAME COLUMN gone TO title",
        ),
    ],
)
def test_a_schema_that_goes_under_a_running_server_is_503_until_it_is_back(turn, back, url):
    with RunningServer(settings(url)) as server, User(server) as user:
        path = a_task(user)
        run(url, turn)
        for answer in (user.get(path), user.post(user.path, json={"title": "new"})):
            assert (answer.status_code, answer.json()["error"]) == (503, "not_ready")
        run(url, back)
        is_back(user)


def test_the_log_says_once_why_the_database_is_away_and_when_it_is_back(url, impatient, caplog):
    caplog.set_level("INFO", "todo_server.database")
    with Proxy(url) as proxy:
        secret = proxy.url.replace("postgres@", f"postgres:{SECRET}@")
        with RunningServer(settings(secret)) as server, User(server) as user:
            a_task(user)
            proxy.refuse()
            proxy.cut()
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: user.get(user.path), range(40)))
            assert {answer.status_code for answer in answers} == {503}
            ready = user.get("/readyz").json()["detail"]
            assert ready == "The database cannot be used: it refuses connections."
            proxy.accept()
            is_back(user)
    told = [r for r in caplog.records if r.name == "todo_server.database"]
    assert [r.message for r in told] == ["the database cannot be used", "the database is back"]
    assert [r.levelno for r in told] == [logging.WARNING, logging.INFO]
    fields = told[0].fields
    assert (fields["host"], fields["port"]) == tuple(
        proxy.url.split("@")[1].split("/")[0].split(":")
    )
    assert fields["database"] == url.split("/")[3].split("?")[0]
    assert fields["why"] == "it refuses connections"
    assert "ConnectionRefusedError" in fields["error"]
    assert SECRET not in str([r.fields for r in told])


def lines(caplog) -> list[tuple[str, int | None]]:
    return [(r.message, r.fields.get("times")) for r in caplog.records]


def test_the_same_cause_is_told_again_after_half_a_minute_with_how_often(caplog):
    now = 0.0
    incidents = Incidents({}, lambda: now)
    caplog.set_level("INFO")
    for now in range(61):  # noqa: B007 - the clock
        incidents.away("it refuses connections", "")
    away = "the database cannot be used"
    assert lines(caplog) == [(away, 1), (away, 30), (away, 30)]
    incidents.away("its host name is not known", "")
    assert lines(caplog)[3:] == [(away, 1)]


def test_a_database_that_comes_and_goes_is_told_of_twice_a_minute_at_most(caplog):
    now = 0.0
    incidents = Incidents({}, lambda: now)
    caplog.set_level("INFO")
    for tick in range(240):
        now = tick / 4
        incidents.away("it has too many connections", "")
        incidents.back()
    assert len(caplog.records) == 4
    now += 10
    incidents.away("it has too many connections", "")
    assert len(caplog.records) == 5


# ---------------------------------------------------------------------------------- readiness


def test_many_who_ask_whether_it_is_ready_share_one_connection(url):
    with (
        Proxy(url) as proxy,
        RunningServer(settings(proxy.url)) as server,
        nobody(server) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        proxy.freeze()
        asked = [pool.submit(client.get, "/readyz") for _ in range(16)]
        until(lambda: proxy.connections == 1, "the first to ask")
        proxy.thaw()
        assert {answer.result(30).status_code for answer in asked} == {200}
        assert proxy.connections <= 2  # one more, if somebody asked a second later


def test_whether_it_is_ready_is_found_out_without_the_connections_of_requests(url):
    with RunningServer(settings(url, database_pool_size=1)) as server, User(server) as user:
        path = a_task(user)
        with ThreadPoolExecutor(1) as pool, transaction(url, "SELECT FROM task FOR UPDATE"):
            waiting = pool.submit(user.put, path, json={"title": "changed"})
            until(
                lambda: run(url, "SELECT FROM pg_locks WHERE NOT granted"), "a request that waits"
            )
            assert user.get("/readyz").status_code == 200
            assert not waiting.done()
        assert waiting.result(30).status_code == 200  # well before it would give the row up


def test_what_is_shared_goes_on_when_the_first_who_asked_leaves():
    async def test() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()
        runs = 0

        async def make() -> None:
            nonlocal runs
            runs += 1
            begun.set()
            await go_on.wait()

        shared = Shared(make)
        first, second = asyncio.ensure_future(shared()), asyncio.ensure_future(shared())
        await begun.wait()
        first.cancel()
        go_on.set()
        await second
        assert runs == 1
        await shared()
        assert runs == 2

    asyncio.run(test())


def test_what_is_shared_is_raised_for_all_and_kept_for_a_while():
    async def test() -> None:
        runs = 0

        async def make() -> None:
            nonlocal runs
            runs += 1
            raise NotReadyError("not yet")

        shared = Shared(make, keep=60)
        outcome = await asyncio.gather(*(shared() for _ in range(5)), return_exceptions=True)
        assert [type(error) for error in outcome] == [NotReadyError] * 5
        with pytest.raises(NotReadyError):
            await shared()
        shared.cancel()
        assert runs == 1

    asyncio.run(test())


ONE: Read[int] = Read("SELECT 1", ())


def test_many_requests_to_a_database_that_says_nothing_wait_together(url, impatient):
    """The first look is shared: one after the other, the last would wait for hours."""
    with Proxy(url) as proxy:
        proxy.freeze()

        async def ask() -> list[Any]:
            async with Database(proxy.url, pool_size=2) as database:
                reads = (database.of(Identity(f"user {uuid4()}")).run(ONE) for _ in range(50))
                async with asyncio.timeout(15):
                    return await asyncio.gather(*reads, return_exceptions=True)

        assert {type(error) for error in asyncio.run(ask())} == {UnavailableError}
        assert proxy.connections < 10
        proxy.thaw()
