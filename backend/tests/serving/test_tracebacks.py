"""No log holds what people have stored, whatever goes wrong with it."""

import asyncio
import logging
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from tests.databases import new_database, run
from tests.processes import Process, postmaster
from todo_server.logs import ConsoleFormatter, JSONFormatter
from todo_server.tracebacks import described, traceback_of

SECRET = "a word that no log may hold"
FIELDS = {
    "C": "23514",
    "M": 'new row for relation "task" violates check constraint "of_tasks"',
    "D": f"Failing row contains ({SECRET}).",
    "H": SECRET,
    "W": SECRET,
    "t": "task",
    "n": "of_tasks",
}


def error_of_the_database(**fields: str) -> asyncpg.PostgresError:
    error: asyncpg.PostgresError = asyncpg.PostgresError.new(FIELDS | fields, SECRET)
    return error


def errors_with_values() -> dict[str, BaseException]:
    plain, in_a_message = error_of_the_database(), asyncpg.DataError(f"invalid input: {SECRET!r}")
    causing, meanwhile = RuntimeError("our own"), RuntimeError("our own")
    causing.__cause__ = plain
    meanwhile.__context__ = KeyError("in between")
    meanwhile.__context__.__context__ = in_a_message
    circle = error_of_the_database()
    circle.__context__ = causing
    causing_circle = RuntimeError("our own")
    causing_circle.__cause__ = circle
    circle.__context__ = causing_circle
    wrapped = DBAPIError("INSERT", {"title": SECRET}, plain)
    wrapped.__cause__ = plain
    return {
        "one of the database": plain,
        "an argument that it would not take": in_a_message,
        "a deadlock": error_of_the_database(C="40P01", M="deadlock detected"),
        "a cause": causing,
        "a context": meanwhile,
        "a circle": causing_circle,
        "one of SQLAlchemy": wrapped,
        "a group": BaseExceptionGroup("several", [plain, BaseExceptionGroup("more", [causing])]),
    }


def fail(error: BaseException, cause: BaseException | None = None) -> None:
    if cause is not None:
        raise error from cause
    raise error


def record_of(error: BaseException) -> logging.LogRecord:
    """What is logged of an error that is an argument of the message, too."""
    with pytest.raises(type(error)) as raised:
        fail(error)
    about = (raised.type, raised.value, raised.tb)
    return logging.LogRecord("test", logging.ERROR, "", 0, "unforeseen: %s", (error,), about)


@pytest.mark.parametrize("formatter", [JSONFormatter(), ConsoleFormatter()], ids=["json", "text"])
@pytest.mark.parametrize("name", errors_with_values())
def test_an_error_is_logged_without_values(name, formatter):
    error = errors_with_values()[name]
    lines = formatter.format(record_of(error))
    assert SECRET not in lines
    assert "in fail" in lines, "where it was raised"
    assert type(error).__qualname__ in lines


def test_an_error_of_the_database_is_named_by_class_code_and_constraint():
    assert described(error_of_the_database()) == (
        "asyncpg.exceptions.CheckViolationError: sqlstate=23514 table_name=task"
        " constraint_name=of_tasks"
    )


def test_an_error_that_sqlalchemy_has_met_shows_no_values_anywhere_in_its_chain():
    async def meet() -> None:
        engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
        try:
            async with engine.begin() as connection:
                await connection.execute(
                    text(
                        "INSERT INTO attempt (key, count, expires_at) VALUES (:given, NULL, now())"
                    ),
                    {"given": SECRET},
                )
        finally:
            await engine.dispose()

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url)

    url = new_database()
    with pytest.raises(DBAPIError) as raised:
        asyncio.run(meet())
    shown = traceback_of(raised.value)
    assert "sqlstate=23502 schema_name=public table_name=attempt column_name=count" in shown
    assert SECRET not in shown


def test_what_the_database_says_of_itself_is_kept():
    denied = error_of_the_database(C="42501", M="permission denied for view my_task")
    assert "permission denied for view my_task sqlstate=42501" in described(denied)
    assert "connection is closed" in described(asyncpg.InterfaceError("connection is closed"))


def test_a_chain_is_shown_from_its_beginning():
    try:
        try:
            fail(ValueError("first"))
        except ValueError as error:
            fail(KeyError("second"), error)
    except KeyError as error:
        shown = traceback_of(error)
    first, cause, second = (shown.index(part) for part in ("first", "direct cause", "'second'"))
    assert first < cause < second
    assert shown.count("in fail") == 2


def test_neither_log_holds_what_is_stored_when_the_database_refuses_it(serve, tmp_path):
    server: Process = serve(AUTH_MODE="builtin", LOG_FORMAT="json")
    url = f"postgresql://postgres@/postgres?host={postmaster(tmp_path)[4]}&port=5432"
    run(url, f"ALTER TABLE task ADD CONSTRAINT unforeseen CHECK (description <> '{SECRET}')")
    run(url, f"ALTER TABLE account ADD CONSTRAINT unforeseen_name CHECK (name <> '{SECRET}')")
    ada = {"email": "ada@secret.example", "name": "Ada", "password": SECRET}
    bob = {**ada, "email": "bob@secret.example"}
    tokens = server.client.post("/api/auth/sign-up", json=ada).json()
    assert server.client.post("/api/auth/sign-up", json=bob).status_code == 201
    server.client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    change = {"current_password": SECRET}
    for method, path, body, status in (
        ("POST", "/api/me/tasks", {"title": SECRET, "description": SECRET}, 500),
        ("PATCH", "/api/auth/account", {**change, "name": SECRET}, 500),
        ("POST", "/api/auth/sign-up", ada, 409),
        ("PATCH", "/api/auth/account", {**change, "email": bob["email"]}, 409),
    ):
        assert server.client.request(method, path, json=body).status_code == status
    assert server.stop() == 0
    its_own, of_postgresql = server.log, tmp_path / "data" / "postgresql.log"
    for log, named in ((its_own, "constraint_name=unforeseen"), (of_postgresql, '"unforeseen"')):
        text = log.read_text()
        assert named in text
        for secret in (SECRET, "secret.example", "$argon2id", "Failing row", "Key ("):
            assert secret not in text
    assert "duplicate key" not in of_postgresql.read_text(), "an address that is taken is no error"


def test_what_ends_the_process_is_shown_without_values_too(tmp_path: Path):
    script = (
        "import asyncpg; from todo_server import logs; logs.configure('INFO', 'console');"
        f"raise asyncpg.DataError({SECRET!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert SECRET not in done.stderr.replace(script, "")
    assert "asyncpg.exceptions.DataError: sqlstate=22000" in done.stderr
