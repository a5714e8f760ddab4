"""What PostgreSQL does for a page: it walks an index from the cursor on, and reads no more."""

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from tests.databases import new_database, run
from todo_server.domain.task_query import Order, Sort, Status
from todo_server.services.tasks.list_statements import page_statement, rest_statement

MANY, LIMIT = 20_000, 20
KEYS = {Sort.CREATED: "id", Sort.UPDATED: "updated_at", Sort.TITLE: "title_key"}
PLANS = ["force_generic_plan", "force_custom_plan"]

# The newest are completed, and one in the midst of the others: whoever goes past them is seen.
FILL = """
INSERT INTO task (user_id, id, title, completed, created_at, updated_at)
SELECT 'ada', ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       CASE WHEN completed THEN 'A' ELSE 'b' END || md5(n::text), completed, now(),
       now() - make_interval(secs => CASE WHEN completed THEN 0 ELSE $1 END + n * 7919 % $1)
FROM generate_series(1, $1::int) AS n, LATERAL (SELECT n > $1 * 0.7 OR n = 77 AS completed) AS it
"""


@pytest.fixture(scope="module")
def crowded() -> str:
    """A database in which one user has many tasks."""
    url = new_database()
    run(url, FILL, MANY)
    run(url, "VACUUM ANALYZE task")
    return url


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


async def explain(url: str, mode: str, shape: tuple[Status, Sort, Order], deep: bool) -> Any:
    """Explain a page, with what it really did: the first one, or one close to the end."""
    status, sort, order = shape
    statement = page_statement(*shape, after=deep)
    connection = await asyncpg.connect(url, server_settings={"plan_cache_mode": mode})
    values: dict[str, Any] = {"owner": "'ada'", "session": "NULL", "limit": LIMIT}
    if deep:
        of_status = "true" if status is Status.ALL else f"completed = {status is Status.COMPLETED}"
        row = await connection.fetchrow(
            f"SELECT {KEYS[sort]}, id, (SELECT count(*) FROM task WHERE {of_status}) FROM task"
            f" WHERE {of_status} ORDER BY {KEYS[sort]} {order}, id {order}"
            f" OFFSET (SELECT count(*) * 9 / 10 FROM task WHERE {of_status}) LIMIT 1"
        )
        assert row is not None
        key, task_id, count = row
        assert count > 5 * LIMIT
        values |= {"key": f"'{key}'", "task_id": f"'{task_id}'"}
    await connection.execute(f"PREPARE page AS {statement.sql}")
    given = ", ".join(str(value) for value in statement.arguments(values))
    found = await connection.fetchval(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE page({given})"
    )
    await connection.close()
    return json.loads(found)[0]["Plan"]


@pytest.mark.parametrize("mode", PLANS)
@pytest.mark.parametrize("deep", [False, True], ids=["first", "deep"])
@pytest.mark.parametrize("shape", list(itertools.product(Status, Sort, Order)), ids=str)
def test_a_page_costs_what_it_shows_in_every_order_and_status_and_depth(
    crowded: str, shape: tuple[Status, Sort, Order], deep: bool, mode: str
):
    plan = asyncio.run(explain(crowded, mode, shape, deep))
    reading = [node for node in nodes(plan) if node.get("Relation Name") == "task"]
    assert reading
    for node in reading:
        assert node["Node Type"] in ("Index Scan", "Index Only Scan"), node
        assert "Filter" not in node, "what is no condition of the index is read and thrown away"
        assert not deep or re.search(r"\bROW\(|\bid [<>]", node["Index Cond"]), node
        assert node["Actual Rows"] <= LIMIT + 1
    assert "Sort" not in {node["Node Type"] for node in nodes(plan)}
    # A page of the table for each row at worst, and some of the indexes.
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 3 * LIMIT


@pytest.mark.parametrize("mode", PLANS)
@pytest.mark.parametrize("status", Status)
def test_the_rest_of_a_long_list_is_read_by_its_ids_alone(crowded: str, status: Status, mode: str):
    async def explain_rest() -> Any:
        statement = rest_statement(status)
        connection = await asyncpg.connect(crowded, server_settings={"plan_cache_mode": mode})
        ids = await connection.fetchval(
            "SELECT array_agg(id) FROM (SELECT id FROM task ORDER BY title LIMIT 200) AS asked"
        )
        given = f"'{{{','.join(map(str, ids))}}}'"
        values = {"owner": "'ada'", "session": "NULL", "ids": given}
        await connection.execute(f"PREPARE rest AS {statement.sql}")
        arguments = ", ".join(statement.arguments(values))
        found = await connection.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE rest({arguments})"
        )
        await connection.close()
        return json.loads(found)[0]["Plan"]

    plan = asyncio.run(explain_rest())
    (reading,) = [node for node in nodes(plan) if node.get("Relation Name") == "task"]
    assert reading["Node Type"] == "Index Scan"
    assert reading["Actual Rows"] <= 1
