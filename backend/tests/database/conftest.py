"""Databases of their own, and a proxy before the one of all tests."""

from collections.abc import Iterator

import pytest

from tests.databases import new_database
from tests.proxy import Proxy
from todo_server.database import client


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
