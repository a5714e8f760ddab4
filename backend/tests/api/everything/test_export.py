"""GET /api/{user_id}/export: what is in it, also of what changes meanwhile, and how it is sent."""

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
import pytest

from tests.api.auth.people import AccountServer, Person
from tests.api.everything.documents import INSTANT, document, exported, imported, named, row
from tests.databases import new_database, run, run_as
from tests.proxy import Proxy
from tests.server import RunningServer, User, settings
from todo_server.database import Database
from todo_server.domain.identity import Identity
from todo_server.models import TaskCreate, TaskUpdate
from todo_server.services import exports, tasks
from todo_server.services.export_statements import PAGE

LONG = "\N{FIRE}" * 5000
COUNT = 4 * PAGE  # of the longest tasks: 16 MB, more than kernels take


def full_of_tasks(user: User | Person) -> None:
    rows = [row(number, description=LONG) for number in range(COUNT)]
    assert imported(user, document(*rows)) == (COUNT, 0)


@contextmanager
def half_read(server: RunningServer, user: httpx.Client) -> Iterator[Iterator[bytes]]:
    """An export whose answer has begun, and of which the client takes no more yet."""
    headers = {"Authorization": user.headers["Authorization"]}
    with (
        httpx.Client(base_url=server.url, headers=headers, timeout=30) as client,
        client.stream("GET", "/api/me/export") as response,
    ):
        assert response.status_code == 200
        yield response.iter_raw()


def test_it_has_everything_of_the_user_and_of_nobody_else(user: User, stranger: User):
    stranger.create("theirs")
    task, trashed = user.create(), user.create("in the trash")
    user.delete(f"{user.path}/{trashed['id']}")
    response = user.get(f"/api/{user.id}/export")
    here = response.json()
    assert list(here) == [
        *("format", "exported_at", "number", "account", "settings"),
        *("projects", "tags", "filters"),
        *("tasks", "trash", "changes"),
    ]
    assert here["format"] == "todo-server/1"
    assert here["number"] == 3
    assert here["account"] is None
    no_series = dict.fromkeys(("occurrence", "occurs_on", "rule_start", "rule_first"))
    assert here["tasks"] == [task | no_series]
    (gone,) = here["trash"]
    assert gone["deleted_at"] == gone["updated_at"]
    assert gone == trashed | no_series | {
        "version": 2,
        "updated_at": gone["updated_at"],
        "deleted_at": gone["deleted_at"],
    }
    assert [(each["number"], each["kind"]) for each in here["changes"]] == [
        *((1, "created"), (2, "created"), (3, "deleted"))
    ]
    assert here["changes"][2]["before"] == {"deleted_at": None}
    assert here["changes"][2]["row_id"] == trashed["id"]
    name = re.fullmatch(
        r'attachment; filename="todo-server-(\d{4}-\d{2}-\d{2}).json"',
        response.headers["content-disposition"],
    )
    assert name
    assert here["exported_at"].startswith(name[1])
    assert response.headers["cache-control"] == "no-store"


def test_a_user_without_anything_has_an_empty_one(user: User):
    here = exported(user)
    assert here["number"] == 0
    assert all(here[name] == [] for name in list(here)[5:])


def test_an_account_is_in_it_without_its_password_and_its_sessions(database_url: str):
    with AccountServer(database_url) as server, Person(server) as person:
        person.sign_up()
        text = person.get("/api/me/export").text
    account = json.loads(text)["account"]
    assert account.keys() == {"id", "email", "name", "created_at"}
    assert account["id"] == person.id
    for secret in ("password", "argon2", "session", "token"):
        assert secret not in text


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_pages_that_are_full_or_nearly_are_whole(more: int, user: User):
    count = 2 * PAGE + more
    rows = [row(number) for number in range(count)]
    trash = [row(count + number, deleted_at=INSTANT) for number in range(count)]
    imported(user, document(*rows, trash=trash))
    here = exported(user)
    assert [each["id"] for each in here["tasks"]] == [each["id"] for each in rows]
    assert [each["id"] for each in here["trash"]] == [each["id"] for each in trash]
    assert [each["number"] for each in here["changes"]] == list(range(1, 2 * count + 1))


def test_what_changes_meanwhile_is_as_it_was_or_newer_and_nothing_is_missing(
    user: User, database_url: str
):
    count = 3 * PAGE
    rows = [row(number) for number in range(count)]
    trash = [row(count + number, deleted_at=INSTANT) for number in range(count)]
    imported(user, document(*rows, trash=trash))
    passed, ahead = uuid.UUID(rows[0]["id"]), uuid.UUID(rows[-1]["id"])
    early, late = uuid.UUID(trash[0]["id"]), uuid.UUID(trash[-1]["id"])

    async def read() -> str:
        text = b""
        async with Database(database_url, pool_size=1) as database:
            mine = database.of(Identity(user.id))
            async for piece in await exports.export(mine):
                if not text.count(b'"title"') and piece.count(b'"title"'):  # the first page
                    await tasks.delete_task(mine, passed)
                    await tasks.delete_task(mine, ahead)
                    change = TaskUpdate(title="newer")
                    await tasks.update_task(mine, uuid.UUID(rows[-2]["id"]), change)
                    await tasks.create_task(mine, TaskCreate(title="new"))
                if b'"trash"' in piece:  # all tasks are passed
                    await tasks.restore_task(mine, late)
                if b'"deleted_at"' in piece and b'"deleted_at"' not in text:
                    await tasks.restore_task(mine, early)  # and this one is, too
                text += piece
        return text.decode()

    here = json.loads(asyncio.run(read()))
    live = {each["id"]: each for each in here["tasks"]}
    trashed = {each["id"]: each for each in here["trash"]}
    assert live.keys() | trashed.keys() >= {each["id"] for each in (*rows, *trash)}
    assert live[str(passed)]["version"] == 1
    assert trashed[str(passed)]["version"] == trashed[str(ahead)]["version"] == 2
    assert str(ahead) not in live
    assert live[rows[-2]["id"]]["title"] == "newer"
    assert "new" not in {each["title"] for each in here["tasks"]}, "of it, the log tells"
    assert trashed[str(late)]["deleted_at"] is None
    assert here["number"] == 2 * count
    assert [each["kind"] for each in here["changes"][2 * count :]] == [
        *("deleted", "deleted", "updated", "created", "restored", "restored")
    ]


def test_what_gets_or_loses_a_parent_meanwhile_is_in_it_and_can_be_taken_in(
    user: User, stranger: User, database_url: str
):
    """Those without a parent are read before subtasks; each case goes from one to the other."""
    titles = ("parent", "part", "loses its own", "gets one", "gets a new one", "comes late")
    made = {title: UUID(user.create(title)["id"]) for title in titles}
    project = UUID(named(1, "project")["id"])

    def below(title: str) -> TaskUpdate:
        return TaskUpdate.model_validate({"parent_id": str(made[title])})

    async def read() -> str:
        text = b""
        async with Database(database_url, pool_size=1) as database:
            mine = database.of(Identity(user.id))
            for title in ("part", "loses its own"):
                await tasks.update_task(mine, made[title], below("parent"))
            await tasks.delete_task(mine, made["comes late"])
            async for piece in await exports.export(mine):
                if b'"parent"' in piece:  # those without one are passed
                    await tasks.update_task(mine, made["loses its own"], TaskUpdate(parent_id=None))
                    await tasks.update_task(mine, made["gets one"], below("parent"))
                    await tasks.restore_task(mine, made["comes late"])
                    await tasks.update_task(mine, made["gets a new one"], below("comes late"))
                    values = (user.id, project, made["part"])
                    await asyncio.to_thread(run_as, database_url, user.id, NEW_PROJECT, *values)
                text += piece
        return text.decode()

    here = json.loads(asyncio.run(read()))
    found = {each["title"]: each for each in here["tasks"]}
    assert found.keys() == set(titles) - {"comes late"}
    assert [each["title"] for each in here["tasks"]].count("gets one") == 2
    assert found["part"]["parent_id"] == found["gets one"]["parent_id"] == str(made["parent"])
    assert found["loses its own"]["parent_id"] is None
    assert found["gets a new one"]["parent_id"] is None, "of it, the log tells"
    assert found["part"]["project_id"] is None
    assert [each["title"] for each in here["trash"]] == ["comes late"]
    created, left = imported(stranger, here)
    assert (created, left) == (len(titles), 2)


NEW_PROJECT = """
WITH made AS (INSERT INTO project (user_id, id, name, created_at, updated_at)
              VALUES ($1, $2, 'new', now(), now()) RETURNING id)
UPDATE task SET project_id = made.id FROM made WHERE user_id = $1 AND task.id = $3
"""


def test_an_export_whose_session_ends_meanwhile_ends_so_that_no_part_looks_whole(database_url: str):
    with AccountServer(database_url) as server, Person(server) as person:
        person.sign_up()
        full_of_tasks(person)
        with half_read(server, person) as pieces:
            run(database_url, "DELETE FROM session WHERE user_id = $1", person.id)
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
                b"".join(pieces)


def test_a_slow_reader_holds_no_connection_and_nothing_is_read_ahead_for_it(database_url: str):
    with (
        Proxy(database_url) as proxy,
        RunningServer(settings(proxy.url, database_pool_size=1)) as server,
        User(server) as user,
    ):
        full_of_tasks(user)
        before = proxy.trips
        assert len(exported(user)["tasks"]) == COUNT
        all_of_it = proxy.trips - before
        before = proxy.trips
        with half_read(server, user) as pieces:
            assert next(pieces)
            for _ in range(5):  # by the one connection that there is
                assert user.get(user.path, params={"limit": 1}).status_code == 200
            assert proxy.trips - before < 5 + all_of_it * 2 / 3
            assert b"".join(pieces).count(b'"title"') == COUNT


def test_its_head_alone_reads_next_to_nothing(user: User):
    user.create()
    response = user.head(f"/api/{user.id}/export")
    assert response.status_code == 200
    assert "attachment" in response.headers["content-disposition"]


def test_one_whose_database_fails_meanwhile_ends_so_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture,
):
    url = new_database()
    with RunningServer(settings(url)) as server, User(server) as user:
        full_of_tasks(user)
        with half_read(server, user) as pieces, caplog.at_level(logging.WARNING):
            run(url, "UPDATE alembic_version SET version_num = '0001'")
            run(
                url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
                b"".join(pieces)
    (cut,) = [record for record in caplog.records if record.name == "todo_server.api"]
    assert cut.getMessage().startswith("an answer was cut off: The database is at version 0001")
