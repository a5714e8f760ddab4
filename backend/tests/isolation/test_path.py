"""The first layer: the path against the identity, before any query."""

import select
import socket
import uuid
from collections.abc import Iterator

import pytest

from tests.isolation.test_operations import OWNED
from tests.server import RunningServer, User, nobody, settings
from todo_server.database import client


@pytest.fixture
def unanswered(monkeypatch) -> Iterator[socket.socket]:
    """Where a database could be; nobody answers, and whoever knocks is seen."""
    monkeypatch.setattr(client, "PATIENCE", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_the_path_of_another_user_is_refused_without_asking_the_database(unanswered):
    port = unanswered.getsockname()[1]
    with (
        RunningServer(settings(f"postgresql://u@127.0.0.1:{port}/todo")) as server,
        User(server) as user,
        User(server) as stranger,
        nobody(server) as client,
    ):
        for operation in OWNED:
            url = operation.url(user_id=user.id, task_id=str(uuid.uuid4()))
            assert client.request(operation.method, url, json=operation.body()).status_code == 401
            if "user_id" in operation.parameters:
                response = stranger.request(operation.method, url, json=operation.body())
                assert response.status_code == 403
        knocked, _, _ = select.select([unanswered], [], [], 0)
        assert not knocked
        unanswered.close()
        for operation in OWNED:  # every one of which does need the database
            if "user_id" not in operation.parameters:
                continue
            url = operation.url(user_id=user.id, task_id=str(uuid.uuid4()))
            response = user.request(operation.method, url, json=operation.body())
            assert response.status_code == 503
