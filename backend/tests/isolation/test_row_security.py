"""The third layer: PostgreSQL's row-level security, tried with statements that forget the owner."""

import asyncio
import contextlib
import itertools
import re
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from tests.databases import new_database, run, seed
from tests.filters import add_filter
from tests.isolation.victims import (
    STRANGER,
    VICTIM,
    become,
    connection_to,
    every_question,
    everything_of,
    fill_every_table,
    rows_of,
    run_with_database,
    some_tasks,
)
from todo_server import errors
from todo_server.database import Database, Read
from todo_server.database.readiness import owner_views
from todo_server.domain.identity import Identity
from todo_server.domain.task_query import TaskQuery
from todo_server.models import Completion, TaskCreate, TaskUpdate
from todo_server.services import tasks
from todo_server.services.tasks import list_statements, verbs
from todo_server.services.tasks.filters import filter_values, filters_of
from todo_server.services.tasks.listing import shape_of

COLUMNS = "(user_id, id, title, description, completed, created_at, updated_at)"
USERS = [f"user {number}" for number in range(5)]
PLANNERS = {
    "as it comes": {},
    "no sequential scans": {"enable_seqscan": "off"},
    "no index scans": {"enable_indexscan": "off", "enable_indexonlyscan": "off"},
    "no scan by an index": {
        "enable_indexscan": "off",
        "enable_indexonlyscan": "off",
        "enable_bitmapscan": "off",
    },
    "sequential scans alone": {
        "enable_indexscan": "off",
        "enable_indexonlyscan": "off",
        "enable_bitmapscan": "off",
        "enable_tidscan": "off",
    },
    "generic plans": {"plan_cache_mode": "force_generic_plan"},
    "custom plans": {"plan_cache_mode": "force_custom_plan"},
    "compiled": {"jit": "on", "jit_above_cost": "0", "jit_inline_above_cost": "0"},
    "parallel": {
        "debug_parallel_query": "on",
        "parallel_setup_cost": "0",
        "parallel_tuple_cost": "0",
        "min_parallel_table_scan_size": "0",
        "min_parallel_index_scan_size": "0",
    },
    "no sorting, hashing or materialising": {
        "enable_sort": "off",
        "enable_hashagg": "off",
        "enable_material": "off",
        "enable_memoize": "off",
    },
}


def task_of(number: int, n: int = 1) -> uuid.UUID:
    """The id of a user's task in the database below."""
    return uuid.UUID(f"00000000-0000-7000-8000-0{number}{n:010}")


@pytest.fixture(scope="module", params=[1, 600], ids=["tiny", "larger"])
def crowded(request) -> str:
    """A database in which everybody has as many tasks, and statistics know it."""
    url = new_database()
    for number, user_id in enumerate(USERS):
        seed(
            url,
            f"INSERT INTO task {COLUMNS} SELECT $1, ('00000000-0000-7000-8000-' || $2 ||"
            " lpad(n::text, 10, '0'))::uuid, $1 || ' ' || n, NULL, n % 2 = 0, now(), now()"
            " FROM generate_series(1, $3::int) AS n",
            user_id,
            f"0{number}",
            request.param,
        )
    run(url, "VACUUM ANALYZE task")
    return url


@pytest.mark.parametrize("planner", PLANNERS)
def test_sql_without_any_condition_sees_the_own_rows_however_it_is_planned(planner, crowded):
    async def look() -> None:
        async with connection_to(crowded, **PLANNERS[planner]) as connection:
            query = "SELECT user_id, count(*) FROM my_task GROUP BY user_id"
            for _ in range(2):
                assert await connection.fetch(query) == []
                for user_id in USERS:
                    async with connection.transaction():
                        await become(connection, user_id)
                        ((seen, count),) = await connection.fetch(query)
                        assert (seen, count) == (user_id, total // len(USERS))

    total = run(crowded, "SELECT count(*) FROM task")[0]["count"]
    asyncio.run(look())


@pytest.mark.parametrize("planner", PLANNERS)
def test_reading_in_one_trip_sees_the_own_rows_however_it_is_planned(planner, crowded, monkeypatch):
    """Here the identity is set by the very statement that reads."""
    unconditional = (
        "SELECT (SELECT convert_to(string_agg(user_id, ',' ORDER BY identity.user_id), 'UTF8')"
        " FROM my_task) FROM (SELECT set_config('app.user_id', $1, true) AS user_id OFFSET 0)"
        " AS identity"
    )

    async def look() -> None:
        async with connection_to(crowded, **PLANNERS[planner]) as connection:
            # Oftener than PostgreSQL tries custom plans before it makes a generic one.
            for user_id in (*USERS, "nobody", *USERS):
                for statement, filtered in listings:
                    given = {"limit": 9, "owner": user_id, "session": None, **filtered}
                    given["now"] = datetime.now(UTC)
                    body, *_ = await connection.fetchval(statement.sql, *statement.arguments(given))
                    seen = set(re.findall(rb'"user_id":"([^"]*)"', body))
                    assert seen <= {user_id.encode()}
                seen_by_all = await connection.fetchval(unconditional, user_id)
                assert set((seen_by_all or b"").split(b",")) <= {user_id.encode(), b""}

    query = add_filter(monkeypatch)
    listings = [
        (of(shape), filtered)
        for asked in every_question(query)
        for listing in [query(**asked)]
        for lines in [filters_of(listing)]
        for shape, filtered in [(shape_of(listing, tuple(lines)), filter_values(listing, lines))]
        for of in (list_statements.page_statement, list_statements.whole_statement)
    ]
    asyncio.run(look())


@pytest.mark.parametrize("planner", PLANNERS)
def test_changing_in_one_trip_meets_the_own_row_however_it_is_planned(planner, crowded):
    """Here the identity is set by the very statement that changes."""
    given: dict[str, Any] = {"session": None, "now": datetime.now(UTC), "origin": ""}
    given["if_version"] = list(range(1, 100))
    given |= dict.fromkeys(TaskUpdate.model_fields) | {"description": "mine", "completed": True}
    given |= {f"set_{name}": name == "description" for name in TaskUpdate.model_fields}

    async def change() -> None:
        async with connection_to(crowded, **PLANNERS[planner]) as connection:
            for number, user_id in [*enumerate(USERS), (0, "nobody"), *enumerate(USERS)]:
                others = "SELECT * FROM task WHERE user_id <> $1 ORDER BY user_id, id"
                before = await connection.fetch(others, user_id)
                for statement, whose in itertools.product(changes, range(len(USERS))):
                    values = {**given, "owner": user_id, "task_id": task_of(whose)}
                    row = await connection.fetchval(statement.sql, *statement.arguments(values))
                    is_own = whose == number and user_id in USERS
                    assert (row is not None) == is_own
                    assert row is None or f'"user_id":"{user_id}"'.encode() in row[2]
                assert await connection.fetch(others, user_id) == before

    changes = [*verbs._UPDATE, *verbs._COMPLETE]  # noqa: SLF001
    asyncio.run(change())


@pytest.fixture(scope="module")
def filled() -> str:
    url = new_database()
    fill_every_table(url)
    return url


@contextlib.asynccontextmanager
async def undone(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A transaction that never was; checks, as one who sees all, that the victim kept all."""
    async with connection_to(url) as connection:
        before = await everything_of(connection, "victim")
        assert before
        transaction = connection.transaction()
        await transaction.start()
        yield connection
        assert await everything_of(connection, "victim") == before
        await transaction.rollback()


@pytest.mark.parametrize("view", owner_views())
@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_every_view_shows_the_own_rows_alone(who, view, filled):
    async def try_the_view() -> None:
        async with undone(filled) as connection:
            if who == "stranger":
                await become(connection, who)
            seen = await connection.fetch(f"SELECT user_id FROM {view}")
            assert [row["user_id"] for row in seen] == ([] if who == "nobody" else [who])
            changed = await connection.execute(f"UPDATE {view} SET user_id = user_id")
            deleted = await connection.execute(f"DELETE FROM {view}")
            assert (changed, deleted) == (f"UPDATE {len(seen)}", f"DELETE {len(seen)}")

    asyncio.run(try_the_view())


CHANGES = [
    "UPDATE my_task SET title = 'changed'",
    "DELETE FROM my_task",
    "UPDATE my_task SET completed = true WHERE user_id <> current_setting('app.user_id', true)",
    "DELETE FROM my_task USING my_task AS other WHERE my_task.id = other.id",
    "WITH gone AS (DELETE FROM my_task RETURNING *) UPDATE my_task SET title = 'changed'",
]


@pytest.mark.parametrize("sql", CHANGES)
@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_sql_without_any_condition_changes_no_other_row(sql, who, filled):
    async def change() -> None:
        async with undone(filled) as connection:
            if who == "stranger":
                await become(connection, who)
            strangers = await everything_of(connection, "stranger")
            await connection.execute(sql)
            if who == "nobody":
                assert await everything_of(connection, "stranger") == strangers

    asyncio.run(change())


async def fill(database: Database) -> None:
    await some_tasks(database, VICTIM)
    await some_tasks(database, STRANGER)


NEW = "'00000000-0000-7000-8000-000000000000', 'new', NULL, false, now(), now()"


@pytest.mark.parametrize(
    "sql",
    [
        f"INSERT INTO my_task {COLUMNS} VALUES ('victim', {NEW})",
        f"INSERT INTO my_task {COLUMNS} VALUES ('', {NEW})",
        "UPDATE my_task SET user_id = 'victim'",
        (
            f"INSERT INTO my_task {COLUMNS}"
            " SELECT 'victim', id, title, NULL, false, now(), now() FROM my_task"
        ),
        (
            f"WITH mine AS (SELECT * FROM my_task) INSERT INTO my_task {COLUMNS}"
            " SELECT 'x', id, title, description, completed, created_at, updated_at FROM mine"
        ),
    ],
)
def test_a_row_cannot_be_written_for_somebody_else(sql, two_users):
    async def write() -> None:
        async with connection_to(two_users) as connection, connection.transaction():
            await become(connection, STRANGER.user_id)
            await connection.execute(sql)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        asyncio.run(write())


@pytest.mark.parametrize("identity", [None, ""])
def test_nobody_can_write_a_row(identity, two_users):
    async def write(owner: str) -> None:
        async with connection_to(two_users) as connection, connection.transaction():
            if identity is not None:
                await become(connection, identity)
            await connection.execute(f"INSERT INTO my_task {COLUMNS} VALUES ($1, {NEW})", owner)

    for owner in ("victim", ""):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            asyncio.run(write(owner))


@pytest.fixture(scope="module")
def two_users() -> str:
    url = new_database()
    run_with_database(url, fill)
    return url


def test_a_task_with_the_id_of_anothers_tells_nothing_of_it(two_users):
    taken = rows_of(two_users, VICTIM)[0]["id"]

    async def write() -> None:
        async with connection_to(two_users) as connection, connection.transaction():
            await become(connection, STRANGER.user_id)
            row = "'own', NULL, false, now(), now()"
            insert = f"INSERT INTO my_task {COLUMNS} VALUES ('stranger', $1, {row})"
            await connection.execute(insert, taken)

    asyncio.run(write())
    assert [row["title"] for row in rows_of(two_users, STRANGER) if row["id"] == taken] == ["own"]


def test_a_function_in_a_condition_is_not_shown_the_rows_of_others(two_users):
    shown: list[str] = []

    async def look() -> None:
        async with connection_to(two_users) as connection:
            connection.add_log_listener(lambda _, message: shown.append(message.message))
            await connection.execute(
                "CREATE FUNCTION pg_temp.look(owner text) RETURNS bool LANGUAGE plpgsql"
                " COST 0.0000001 AS $$BEGIN RAISE NOTICE '%', owner; RETURN true; END$$"
            )
            async with connection.transaction():
                await become(connection, STRANGER.user_id)
                await connection.fetch("SELECT 1 FROM my_task WHERE pg_temp.look(user_id)")

    asyncio.run(look())
    assert set(shown) == {STRANGER.user_id}


def test_other_ways_to_the_rows_are_closed_too(two_users):
    """COPY, cursors, prepared statements and temporary tables know the identity as well."""

    async def look() -> None:
        async with connection_to(two_users) as connection:
            assert await connection.fetchval("SELECT count(*) FROM my_task") == 0
            async with connection.transaction():
                await become(connection, STRANGER.user_id)
                cursor = await connection.cursor("SELECT user_id FROM my_task")
                statement = await connection.prepare("SELECT user_id FROM my_task")
                rows = [*await cursor.fetch(99), *await statement.fetch()]
                await connection.execute("CREATE TEMP TABLE seen AS SELECT * FROM my_task")
                rows += await connection.fetch("SELECT user_id FROM seen")
                assert {row["user_id"] for row in rows} == {STRANGER.user_id}
                copied: list[bytes] = []

                async def keep(data: bytes) -> None:
                    copied.append(data)

                await connection.copy_from_query("SELECT user_id FROM my_task", output=keep)
                assert set(b"".join(copied).split()) == {STRANGER.user_id.encode()}
            assert await statement.fetch() == []

    asyncio.run(look())


async def _commits(connection: asyncpg.Connection) -> None:
    await connection.execute("BEGIN")
    await become(connection, "victim")
    await connection.execute("COMMIT")


async def _rolls_back(connection: asyncpg.Connection) -> None:
    await connection.execute("BEGIN")
    await become(connection, "victim")
    await connection.execute("ROLLBACK")


async def _fails(connection: asyncpg.Connection) -> None:
    await connection.execute("BEGIN")
    await become(connection, "victim")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await connection.execute("SELECT 1 / 0")
    await connection.execute("COMMIT")


async def _rolls_back_to_a_savepoint(connection: asyncpg.Connection) -> None:
    await connection.execute("BEGIN; SAVEPOINT before")
    await become(connection, "victim")
    await connection.execute("ROLLBACK TO before")
    assert await connection.fetch("SELECT * FROM my_task") == []
    await connection.execute("COMMIT")


async def _is_one_statement(connection: asyncpg.Connection) -> None:
    await become(connection, "victim")


@pytest.mark.parametrize(
    "transaction",
    [_commits, _rolls_back, _fails, _rolls_back_to_a_savepoint, _is_one_statement],
    ids=lambda f: f.__name__.strip("_").replace("_", " "),
)
def test_nothing_is_left_of_an_identity_after_a_transaction_that(transaction, two_users):
    async def look() -> None:
        async with connection_to(two_users) as connection:
            await transaction(connection)
            left = await connection.fetchval("SELECT current_setting('app.user_id', true)")
            assert left in (None, "")
            assert await connection.fetch("SELECT * FROM my_task") == []

    asyncio.run(look())


def test_nothing_is_left_of_an_identity_after_any_use_of_a_handle(two_users):
    whose: Read[str] = Read("SELECT coalesce(current_setting('app.user_id', true), '')", ())

    async def use(database: Database) -> None:
        task_id = (await tasks.create_task(database.of(VICTIM), TaskCreate(title="one"))).id
        for use_of_the_handle in (
            tasks.get_task(database.of(VICTIM), task_id),
            tasks.list_tasks(database.of(VICTIM), TaskQuery()),
            tasks.complete_task(database.of(VICTIM), task_id, Completion()),
            tasks.update_task(database.of(VICTIM), task_id, TaskUpdate(title="two")),
            tasks.create_task(database.of(VICTIM), TaskCreate(title="three")),
            tasks.delete_task(database.of(VICTIM), task_id),
        ):
            await use_of_the_handle
            assert await database.of(STRANGER).run(whose) == ""
        with pytest.raises(errors.TaskNotFoundError):
            await tasks.delete_task(database.of(VICTIM), task_id)
        assert await database.of(STRANGER).run(whose) == ""

    async def with_one_connection() -> None:
        database = Database(two_users, pool_size=1)
        try:
            await use(database)
        finally:
            await database.close()

    asyncio.run(with_one_connection())


@pytest.mark.parametrize(
    "user_id",
    [
        "o'brien",
        "' OR '1'='1",
        "x'; DROP TABLE task; --",
        "\\x76696374696d",
        "victim%",
        "victim ",
        "VICTIM",
        "$1",
        "%s{0}:owner",
        "日本 \N{GRINNING FACE}",
        "e\N{COMBINING ACUTE ACCENT}",
        "x" * 255,
    ],
)
def test_an_id_means_itself_and_nobody_else(user_id, two_users):
    owner = Identity(user_id)
    before = rows_of(two_users, VICTIM)

    async def use(database: Database) -> None:
        task_id = (await tasks.create_task(database.of(owner), TaskCreate(title="one"))).id
        await tasks.complete_task(database.of(owner), task_id, Completion())
        page = await tasks.list_tasks(database.of(owner), TaskQuery())
        assert page.body.count(b'"title"') == page.body.count(b'"title":"one"') == 1
        assert b'"completed":true' in page.body
        await tasks.delete_task(database.of(owner), task_id)
        assert (await tasks.list_tasks(database.of(owner), TaskQuery())).body == b"[]"

    run_with_database(two_users, use)
    assert rows_of(two_users, VICTIM) == before
