"""Two workers with accounts of their own, on the database of all other tests, and people."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from tests.api.auth.people import AccountServer, Person
from tests.server import RunningServer
from todo_server.services import sessions


@pytest.fixture(scope="session")
def server(database_url: str) -> Iterator[AccountServer]:
    with AccountServer(database_url) as running:
        yield running


@pytest.fixture(scope="session")
def other_worker(database_url: str) -> Iterator[AccountServer]:
    with AccountServer(database_url) as running:
        yield running


@pytest.fixture
def new_person(server: AccountServer) -> Iterator[Callable[..., Person]]:
    """Make people who are not signed in yet; their connections are closed with the test."""
    with ExitStack() as people:

        def new_person(where: RunningServer = server, **options: str) -> Person:
            return people.enter_context(Person(where, **options))

        yield new_person


@pytest.fixture
def person(new_person: Callable[..., Person]) -> Person:
    """Somebody with an account, signed in."""
    return new_person().sign_up()


@pytest.fixture
def stranger(new_person: Callable[..., Person]) -> Person:
    return new_person().sign_up()


@pytest.fixture
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spent token that comes again is a replay, however soon: nothing is sent at once here."""
    monkeypatch.setattr(sessions, "GRACE", timedelta(0))
