"""One PostgreSQL per run, one server per worker, fresh users for every test."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.databases import new_database
from tests.server import RunningServer, User, settings
from todo_server.embedded_postgres import embedded_postgres
from todo_server.workers import dispatcher

_resources = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Hear of Ctrl-C as at a terminal, and so do the processes of the tests; `&` had ignored it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:  # as `nohup` and `&` leave them
            signal.signal(number, lambda *_: None)  # unlike SIG_IGN, no child inherits it


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start PostgreSQL in the one process that all pytest-xdist workers descend from."""
    if "TEST_POSTGRES_URL" not in os.environ and not session.config.option.collectonly:
        directory = _resources.enter_context(tempfile.TemporaryDirectory(prefix="todo-tests-"))
        os.environ["TEST_POSTGRES_URL"] = _resources.enter_context(
            embedded_postgres(Path(directory), max_connections=300, durable=False)
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    _resources.close()


@pytest.fixture(scope="session", autouse=True)
def _no_dispatcher() -> None:
    """Leave servers in threads without a dispatcher, whose looks would be counted with theirs."""
    dispatcher.FIRST_AFTER = 24 * 3600.0


@pytest.fixture(scope="session")
def database_url() -> str:
    """A migrated database that all tests of this worker crowd."""
    return new_database()


@pytest.fixture(scope="session")
def server(database_url: str) -> Iterator[RunningServer]:
    with RunningServer(settings(database_url)) as running:
        yield running


@pytest.fixture
def new_user(server: RunningServer) -> Iterator[Callable[..., User]]:
    """Make users, signed in; their connections are closed with the test."""
    with ExitStack() as users:
        yield lambda *arguments, **options: users.enter_context(User(server, *arguments, **options))


@pytest.fixture
def user(new_user: Callable[..., User]) -> User:
    return new_user()


@pytest.fixture
def stranger(new_user: Callable[..., User]) -> User:
    return new_user()
