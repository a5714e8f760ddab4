"""GET /api/{user_id}/tasks without a limit, where the list is too long to be held at once."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.api.auth.people import AccountServer, Person
from tests.databases import new_database, run, seed
from tests.proxy import Proxy
from tests.server import RunningServer, User, settings
from todo_server.database import Database
from todo_server.domain.identity import Identity
from todo_server.domain.task_query import TaskQuery
from todo_server.services import tasks
from todo_server.services.tasks.list_statements import CHUNK

COUNT = 2_000
EMOJI = "\N{FIRE}"
FILL = """
INSERT INTO task (user_id, id, title, description, completed, created_at, updated_at)
SELECT $1, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, (n * 7919 % $2)::text,
       repeat($3, 5000), n % 3 = 0, now(), now() + make_interval(secs => n * 31 % $2)
FROM generate_series(1, $2::int) AS n
"""


def fill(url: str, user_id: str, character: str = EMOJI) -> None:
    """Give a user many tasks with the longest descriptions: 40 MB, more than kernels take."""
    seed(url, FILL, user_id, COUNT, character)


@contextmanager
def half_read(
    server: RunningServer, user: httpx.Client, query: str = ""
) -> Iterator[tuple[Any, Any]]:
    """A listing whose answer has begun, and of which the client takes no more yet."""
    headers = {"Authorization": user.headers["Authorization"]}
    with (
        httpx.Client(base_url=server.url, headers=headers, timeout=30) as client,
        client.stream("GET", f"/api/me/tasks{query}") as response,
    ):
        assert response.status_code == 200
        assert response.headers["transfer-encoding"] == "chunked"
        pieces = response.iter_raw()
        yield response, pieces


def test_it_comes_whole_and_in_order_as_pages_do(user: User, database_url: str):
    fill(database_url, user.id)
    for query in ({}, {"status": "pending"}, {"sort": "title"}, {"sort": "updated_at"}):
        whole = user.get(user.path, params=query)
        assert whole.headers["transfer-encoding"] == "chunked"
        assert "link" not in whole.headers
        assert "content-length" not in whole.headers
        page, paged = user.get(user.path, params=query | {"limit": "200"}), []
        while True:
            paged += page.json()
            if "next" not in page.links:
                break
            page = user.get(page.links["next"]["url"])
        assert len(paged) > COUNT / 2
        assert whole.json() == paged


def test_what_is_deleted_meanwhile_is_missing_and_what_has_another_status(
    user: User, server: RunningServer, database_url: str
):
    fill(database_url, user.id)
    oldest = [task["id"] for task in user.tasks(status="pending", order="asc", limit=9)]
    with half_read(server, user, "?status=pending") as (_, pieces):
        user.delete(f"{user.path}/{oldest[0]}")
        user.patch(f"{user.path}/{oldest[1]}/complete")
        user.put(f"{user.path}/{oldest[2]}", json={"title": "changed"})
        listed = json.loads(b"".join(pieces))
    seen = [task["id"] for task in listed]
    assert len(seen) == len(set(seen)) == COUNT - COUNT // 3 - 2
    assert [seen[-1], seen[-2]] == [oldest[2], oldest[3]]
    assert listed[-1]["title"] == "changed"


def test_a_session_that_ends_meanwhile_ends_it_so_that_no_part_looks_whole(database_url: str):
    with AccountServer(database_url) as server, Person(server) as person:
        person.sign_up()
        fill(database_url, person.id)
        with half_read(server, person) as (_, pieces):
            run(database_url, "DELETE FROM session WHERE user_id = $1", person.id)
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
                b"".join(pieces)


def test_a_database_that_fails_meanwhile_ends_it_so_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture,
):
    url = new_database()
    with RunningServer(settings(url)) as server, User(server) as user:
        fill(url, user.id)
        with half_read(server, user) as (_, pieces), caplog.at_level(logging.WARNING):
            run(url, "UPDATE alembic_version SET version_num = '0001'")
            run(
                url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
                b"".join(pieces)
    (cut,) = [record for record in caplog.records if record.name == "todo_server.api"]
    assert cut.levelno == logging.WARNING
    assert "The database is at version 0001" in cut.getMessage()
    assert not cut.exc_info


def test_nothing_is_read_for_a_client_before_it_has_taken_what_was(database_url: str):
    with (
        Proxy(database_url) as proxy,
        RunningServer(settings(proxy.url)) as server,
        User(server) as user,
    ):
        fill(database_url, user.id)
        user.tasks()  # a statement costs more when it is first used
        before = proxy.trips
        assert len(user.tasks()) == COUNT
        all_of_it = proxy.trips - before
        assert user.head(user.path).status_code == 200
        assert proxy.trips - before == all_of_it + 1, "of the head alone"
        before += 1
        with half_read(server, user) as (_, pieces):
            assert next(pieces)
    # It has left, and the server waited for the end of its answer.
    assert proxy.trips - before - all_of_it < all_of_it * 2 / 3


@pytest.mark.parametrize("character", [EMOJI, "\x01"], ids=["wide", "escaped"])
def test_no_answer_of_the_database_is_longer_than_a_page_can_be(database_url: str, character: str):
    owner = Identity(f"the owner of {character!a}")
    fill(database_url, owner.user_id, character)

    async def lengths() -> tuple[int, list[int], int]:
        async with Database(database_url, pool_size=1) as database:
            page = await tasks.list_tasks(database.of(owner), TaskQuery())
            rest = tasks.read_rest(database.of(owner), TaskQuery(), page.rest)
            arrays = [array async for array in rest]
            count = len(json.loads(page.body)) + sum(len(json.loads(array)) for array in arrays)
            return len(page.body), [len(array) for array in arrays], count

    first, others, count = asyncio.run(lengths())
    assert 0.9 * CHUNK < first <= CHUNK
    assert max(others) < 200 * 34_000
    assert count == COUNT
