"""However a user looks for tasks, every row is reached by an index that begins with the owner."""

import asyncio
import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from tests.databases import new_database, run, seed
from tests.filters import every_filter, literal
from todo_server.domain.task_query import Order, Sort, TaskQuery
from todo_server.services.tasks import list_statements
from todo_server.services.tasks.filters import filter_values, filters_of
from todo_server.services.tasks.list_statements import Counted
from todo_server.services.tasks.listing import shape_of
from todo_server.services.tasks.stats import STATS

OTHERS, OWN = 30_000, 1_000
OWNED = ("task", "tag", "project", "settings")
OF_ADA = {"owner": "'ada'", "session": "NULL", "now": "now()"}

# The user is one of fifty who have as many; projects and subtasks as well, as they have indexes.
FILL = """
INSERT INTO task (user_id, id, title, description, completed, completed_at, priority, tags,
                  category, project_id, parent_id, position, created_at, updated_at, deleted_at,
                  due_at, recurrence)
SELECT CASE WHEN n % 31 = 0 THEN 'ada' ELSE 'user ' || n % 50 END, lpad(to_hex(n), 32, '0')::uuid,
       CASE WHEN h % 7 = 0 THEN 'Zoë ' ELSE 'milk ' END || n, repeat('milk ', h % 20 + 1),
       h % 3 = 0, CASE WHEN h % 3 = 0 THEN now() END,
       ('{none,low,medium,high,urgent}'::text[])[1 + h % 5],
       CASE WHEN h % 4 = 0 THEN '{home,Errands}'::text[] ELSE '{}' END,
       CASE WHEN h % 5 = 0 THEN 'errands' END,
       CASE WHEN h % 2 = 0 THEN md5((h % 8)::text)::uuid END,
       CASE WHEN h % 9 = 0 THEN lpad(to_hex(n - n % 31), 32, '0')::uuid END,
       'r' || lpad(to_hex(n), 26, '0'), now(), now() - h % 500 * interval '1 day',
       CASE WHEN h % 11 = 0 THEN now() END,
       CASE WHEN h % 3 > 0 THEN now() + (h % 400 - 200) * interval '1 day' END,
       CASE WHEN h % 6 = 1 THEN 'FREQ=DAILY' END
FROM (SELECT n, abs(hashint4(n)) AS h FROM generate_series(1, $1::int) AS n) AS numbered
"""


@pytest.fixture(scope="module")
def crowded() -> str:
    """A database in which the user is one of many."""
    url = new_database()
    seed(url, FILL, OTHERS + OWN)
    run(url, "VACUUM ANALYZE task")
    return url


def questions() -> Iterator[dict[str, Any]]:
    """Every filter and every sort alone, and some of all their combinations."""
    filters = [*every_filter(), {"status": "pending"}, {"status": "done"}]
    sorts = [
        {"sort": f"{sign}{sort.value}"} for sign, sort in itertools.product(("", "-", "+"), Sort)
    ]
    yield {}
    yield from filters
    yield from sorts
    draw = random.Random(11)
    for _ in range(60):
        asked: dict[str, Any] = {}
        for one in draw.sample(filters, draw.randint(1, 4)):
            asked |= one
        several = draw.sample(list(Sort), draw.randint(1, 3))
        asked["sort"] = ",".join(draw.choice(["", "-"]) + sort.value for sort in several)
        yield asked | {"order": draw.choice([*Order])}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


async def plans_of(connection: asyncpg.Connection, asked: dict[str, Any]) -> list[Any]:
    """Plan a page, a numbered page, the whole list and the count of what is asked."""
    query = TaskQuery(**asked)
    filters = filters_of(query)
    shape = shape_of(query, tuple(filters))
    given = {name: literal(value) for name, value in filter_values(query, filters).items()}
    given |= {**OF_ADA, "limit": "20", "skipped": "40"}
    found = []
    for statement in (
        list_statements.page_statement(shape),
        list_statements.page_statement(shape, Counted.SKIPPING),
        list_statements.whole_statement(shape, Counted.YES),
        list_statements.count_statement(query.status, tuple(filters)),
    ):
        await connection.execute(f"PREPARE finding AS {statement.sql}")
        arguments = ", ".join(statement.arguments(given))
        explained = f"EXPLAIN (FORMAT JSON) EXECUTE finding({arguments})"
        found.append(json.loads(await connection.fetchval(explained))[0]["Plan"])
        await connection.execute("DEALLOCATE finding")
    return found


def check_begins_with_the_owner(plan: dict[str, Any], asked: object) -> None:
    """Fail on a scan of a table, and on an index that is searched for anything but the owner's."""
    reading = [
        node
        for node in nodes(plan)
        if "my_" in node.get("Alias", "") or node.get("Relation Name") in OWNED
    ]
    assert reading, asked
    assert not [n for n in reading if n["Node Type"] == "Seq Scan"], asked
    searching = [node for node in nodes(plan) if "Index Name" in node]
    assert searching, asked
    for node in searching:
        assert "user_id = " in node["Index Cond"], (asked, node)


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
def test_whatever_is_asked_the_plan_begins_at_an_index_that_begins_with_the_owner(
    crowded: str, mode: str
):
    async def explain_all() -> None:
        connection = await asyncpg.connect(crowded, server_settings={"plan_cache_mode": mode})
        for asked in questions():
            for plan in await plans_of(connection, asked):
                check_begins_with_the_owner(plan, asked)
        await connection.close()

    asyncio.run(explain_all())


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
def test_so_do_the_statistics(crowded: str, mode: str):
    async def explain() -> Any:
        connection = await asyncpg.connect(crowded, server_settings={"plan_cache_mode": mode})
        await connection.execute(f"PREPARE stats AS {STATS.sql}")
        given = ", ".join(STATS.arguments(OF_ADA))
        found = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE stats({given})")
        await connection.close()
        return json.loads(found)[0]["Plan"]

    check_begins_with_the_owner(asyncio.run(explain()), "stats")
