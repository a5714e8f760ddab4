"""What each operation costs on the wire, with and without a pooler in between."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.database.trouble import (
    OPERATIONS,
    OWNER,
    a_task,
    complete_and_delete,
    every_operation,
    serving,
)
from todo_server.database import Database, readiness
from todo_server.models import TaskCreate
from todo_server.services import tasks


@every_operation
def test_an_operation_costs_one_round_trip(operation, proxy):
    perform = OPERATIONS[operation]
    with serving(proxy.url, database_pool_size=1) as user:
        paths = [a_task(user) for _ in range(2)]
        assert perform(user, paths[0]).is_success
        with proxy.counting() as trips:
            assert perform(user, paths[1]).is_success
        assert trips.total() == 1
        assert trips["S"] == 1
        assert proxy.connections == 2  # the first one looked what stands between


def test_an_undo_costs_six_round_trips_however_much_it_undoes(proxy):
    with serving(proxy.url, database_pool_size=1) as user:
        commands = [{"op": "create", "title": str(number)} for number in range(20)]
        assert user.post(f"{user.path}/bulk", json={"commands": commands}).is_success
        assert user.post(f"/api/{user.id}/changes/1/undo").is_success
        with proxy.counting() as trips:
            assert user.post(f"/api/{user.id}/changes/21/undo").is_success
        assert trips.total() == 6


def test_a_transaction_costs_two_round_trips_beside_its_steps(proxy):
    async def count() -> int:
        async with Database(proxy.url, pool_size=1) as database:
            mine = database.of(OWNER)
            first, second = [await tasks.create_task(mine, TaskCreate(title="new")) for _ in "ab"]
            await complete_and_delete(database, OWNER, first.id)
            with proxy.counting() as trips:
                await complete_and_delete(database, OWNER, second.id)
            return int(trips.total())

    assert asyncio.run(count()) == 2 + 2


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
    assert trips.total() == 1 + 1
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


def test_the_trash_costs_as_many_round_trips_as_tasks_do(proxy):
    with serving(proxy.url, database_pool_size=1) as user:
        trash = f"/api/{user.id}/trash"

        def trashed() -> str:
            path = a_task(user)
            assert user.delete(path).is_success
            return path.replace("/tasks/", "/trash/")

        asked: dict[str, tuple[Any, int]] = {
            "list": (lambda _: user.get(trash), 1),
            "page": (lambda _: user.get(trash, params={"limit": 1}), 1),
            "restore": (lambda path: user.post(f"{path}/restore"), 1),
            "purge": (user.delete, 3),
            "empty": (lambda _: user.delete(trash), 3),
        }
        for name, (perform, expected) in asked.items():
            paths = [trashed() for _ in range(2)]
            assert perform(paths[0]).is_success, name
            if name == "empty":
                trashed()
            with proxy.counting() as trips:
                assert perform(paths[1]).is_success, name
            assert trips.total() == expected, name
