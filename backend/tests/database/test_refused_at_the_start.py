"""What is wrong with the database at a start is one sentence that names it."""

import asyncio
import socket
import ssl
from collections.abc import Callable

import pytest

from tests.database.refusing import SECRET, listening, with_password
from tests.databases import url_of
from tests.processes import todo_server
from todo_server.database import Database, explain
from todo_server.database.reasons import reason_of
from todo_server.errors import DatabaseRefusesError, UnavailableError

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
