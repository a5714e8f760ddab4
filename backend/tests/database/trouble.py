"""The operations on a database in trouble, and how it is seen what they met."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.databases import run, transaction
from tests.proxy import Proxy
from tests.server import RunningServer, User, settings
from tests.waiting import until
from todo_server.database import Database, Read, TransactionHandle
from todo_server.domain.identity import Identity
from todo_server.models import Completion
from todo_server.services import tasks


@contextmanager
def serving(url: str, **values: Any) -> Iterator[User]:
    with RunningServer(settings(url, **values)) as server, User(server) as user:
        yield user


OPERATIONS: dict[str, Callable[[User, str], httpx.Response]] = {
    "list": lambda user, _: user.get(user.path),
    "page": lambda user, _: user.get(user.path, params={"limit": 1, "sort": "title"}),
    "get": lambda user, path: user.get(path),
    "follow": lambda user, _: user.get(f"/api/{user.id}/changes", params={"since": 0}),
    "all there is": lambda user, _: user.get(f"/api/{user.id}/changes"),
    "history": lambda user, path: user.get(f"{path}/history"),
    "create": lambda user, _: user.post(user.path, json={"title": "new"}),
    "update": lambda user, path: user.put(path, json={"title": "changed", "description": "too"}),
    "complete": lambda user, path: user.patch(f"{path}/complete", json={"completed": True}),
    "flip": lambda user, path: user.patch(f"{path}/complete"),
    "delete": lambda user, path: user.delete(path),
}
READS = ("list", "page", "get", "follow", "all there is", "history")
every_operation = pytest.mark.parametrize("operation", OPERATIONS)


def a_task(user: User) -> str:
    return f"{user.path}/{user.create()['id']}"


def busy(user: User, url: str, connections: int) -> None:
    """Let the server make as many connections as one user may have."""
    path = a_task(user)
    with ThreadPoolExecutor(connections) as pool, transaction(url, "LOCK TABLE task"):
        work = [pool.submit(user.get, path) for _ in range(connections)]
        until(lambda: len(run(url, WAITING)) == connections, "all connections are busy")
    assert {answer.result(30).status_code for answer in work} == {200}


def in_doubt(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "Look whether it is there" in answer.json()["detail"]


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


WAITING = """
SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def in_no_transaction(url: str) -> bool:
    return {row["state"] for row in run(url, OPEN)} <= {"idle"}


OPEN = """
SELECT state FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


OWNER, NEXT = Identity("the owner"), Identity("the next")
WHOSE: Read[str] = Read(
    "SELECT coalesce(current_setting('app.user_id', true), '') ||"
    " (SELECT count(*) FROM my_task)::text",
    (),
)


ENDED = Identity("whose session has ended", UUID(int=7))
NO_TASK = UUID("00000000-0000-7000-8000-000000000000")


async def complete_and_delete(database: Database, owner: Identity, task_id: UUID) -> None:
    """Change a task twice in one transaction."""

    async def steps(mine: TransactionHandle) -> None:
        await tasks.complete_task(mine, task_id, Completion(completed=True))
        await tasks.delete_task(mine, task_id)

    await database.of(owner).transaction(steps)


def asked(proxy: Proxy) -> int:
    """Count how often the database was asked whether it is at work (`database/silence.py`)."""
    return sum(b"pg_stat_activity" in message for message in proxy.messages)
