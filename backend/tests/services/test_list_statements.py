"""What PostgreSQL does for a page: it walks an index from the cursor on, and reads no more."""

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from tests.databases import new_database, run, seed
from tests.filters import add_filter, literal, values_of_filters
from todo_server.domain.sorting import Order, Sort
from todo_server.domain.task_filters import Status
from todo_server.services.tasks.list_statements import page_statement, rest_statement
from todo_server.services.tasks.walks import WALKED, Shape, Start

WALKS = [sort for sort in Sort if sort.column in WALKED and sort is not Sort.DUE]
STATES = [Status.ALL, Status.PENDING, Status.COMPLETED]
MANY, SOME, LIMIT = 20_000, 2_000, 20
PLANS = ["force_generic_plan", "force_custom_plan"]

# The newest are completed, and one in the midst of the others; the newest of all and every fifth
# is in the trash: whoever goes past them is seen.
FILL = """
INSERT INTO task (user_id, id, title, description, completed, completed_at, position, created_at,
                  updated_at, deleted_at, due_at)
SELECT 'ada', ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       CASE WHEN completed THEN 'A' ELSE 'b' END || md5(n::text),
       CASE WHEN n % 2 = 0 THEN md5(n::text) END, completed,
       CASE WHEN completed THEN now() END, 'r' || lpad(to_hex(n), 18, '0'), now(),
       now() - make_interval(secs => CASE WHEN completed THEN 0 ELSE $1 END + n * 7919 % $1),
       CASE WHEN n % 5 = 0 OR n > $1 * 0.95 THEN now() END,
       CASE WHEN n % 3 > 0 THEN timestamptz '2026-01-01' + n % 400 * interval '1 day' END
FROM generate_series(1, $1::int) AS n, LATERAL (SELECT n > $1 * 0.7 OR n = 77 AS completed) AS it
"""


@pytest.fixture(scope="module")
def crowded() -> str:
    """A database in which one user has many tasks."""
    url = new_database()
    seed(url, FILL, MANY)
    # What a sort by something that may be null would have.
    run(url, "CREATE INDEX ON task (user_id, completed, description, id) WHERE live IS NOT NULL")
    run(url, "VACUUM ANALYZE task")
    return url


@pytest.fixture(scope="module")
def shared() -> str:
    """A database in which the user has some tasks, and a hundred others have many."""
    url = new_database()
    seed(url, FILL, SOME)
    seed(url, FILL.replace("'ada'", "'user ' || n % 100"), MANY)
    run(url, "VACUUM ANALYZE task")
    return url


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


async def explain(url: str, mode: str, shape: Shape, **filtered: object) -> Any:
    """Explain a page, with what it really did: the first one, or one close to the end."""
    statement = page_statement(shape)
    connection = await asyncpg.connect(url, server_settings={"plan_cache_mode": mode})
    values: dict[str, Any] = {"owner": "'ada'", "session": "NULL", "now": "now()"}
    values["limit"] = LIMIT
    values |= {name: literal(value) for name, value in filtered.items()}
    if shape.start is not Start.BEGINNING:
        done = shape.status is Status.COMPLETED
        among = "live" if shape.status is Status.ALL else f"live AND completed = {done}"
        among += f" AND {shape.column} IS {'NOT ' * (shape.start is Start.AFTER_KEY)}NULL"
        row = await connection.fetchrow(
            f"SELECT {shape.column}, id, (SELECT count(*) FROM task WHERE {among}) FROM task"
            f" WHERE {among} ORDER BY {shape.column} {shape.order}, id {shape.order}"
            f" OFFSET (SELECT count(*) * 9 / 10 FROM task WHERE {among}) LIMIT 1"
        )
        assert row is not None
        key, task_id, count = row
        assert count > 5 * LIMIT
        values |= {"key_1": f"'{key}'", "task_id": f"'{task_id}'"}
    await connection.execute(f"PREPARE page AS {statement.sql}")
    given = ", ".join(str(value) for value in statement.arguments(values))
    found = await connection.fetchval(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE page({given})"
    )
    await connection.close()
    return json.loads(found)[0]["Plan"]


def check_walks(plan: dict[str, Any], walks: int, *, deep: bool) -> None:
    """Every row that was read was found by an index, and is one of those that a page may need."""
    reading = [node for node in nodes(plan) if node.get("Relation Name") == "task"]
    assert reading
    for node in reading:
        assert node["Node Type"] in ("Index Scan", "Index Only Scan"), node
        # The primary key alone has what is in the trash.
        past_trash = {"(live IS NOT NULL)"} if node["Index Name"] == "task_pkey" else set()
        passed_by = {node["Filter"]} if "Filter" in node else set()
        assert passed_by <= past_trash, "what no condition of the index says is read in vain"
        assert not deep or re.search(r"\bROW\(|\bid [<>]|IS NULL", node["Index Cond"]), node
        assert node["Actual Rows"] <= LIMIT + 1
    # A page of the table for each row at worst, and some of the indexes.
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= (walks + 2) * LIMIT


@pytest.mark.parametrize("mode", PLANS)
@pytest.mark.parametrize("deep", [False, True], ids=["first", "deep"])
@pytest.mark.parametrize("shape", list(itertools.product(STATES, WALKS, Order)), ids=str)
def test_a_page_costs_what_it_shows_in_every_order_and_status_and_depth(
    crowded: str, shape: tuple[Status, Sort, Order], deep: bool, mode: str
):
    status, sort, order = shape
    start = Start.AFTER_KEY if deep else Start.BEGINNING
    plan = asyncio.run(explain(crowded, mode, Shape(status, sort.column, order, start)))
    check_walks(plan, 1, deep=deep)
    assert "Sort" not in {node["Node Type"] for node in nodes(plan)}


@pytest.mark.parametrize("mode", PLANS)
@pytest.mark.parametrize("deep", [False, True], ids=["first", "deep"])
@pytest.mark.parametrize("shape", list(itertools.product(STATES, WALKS, Order)), ids=str)
def test_a_page_with_a_filter_reads_the_own_rows_at_most(
    shared: str, shape: tuple[Status, Sort, Order], deep: bool, mode: str, monkeypatch
):
    """Also where none matches; one filter more shows that those of the table are tried."""
    status, sort, order = shape
    start = Start.AFTER_KEY if deep else Start.BEGINNING
    filters = list(values_of_filters(add_filter(monkeypatch)))
    assert (("title",), {"title": "victim 1"}) in filters
    for lines, filtered in filters:
        asked = Shape(status, sort.column, order, start, lines)
        plan = asyncio.run(explain(shared, mode, asked, **filtered))
        reading = [node for node in nodes(plan) if node.get("Relation Name") == "task"]
        found = [node for node in nodes(plan) if "Index Cond" in node]
        assert reading
        assert len(found) >= len(reading)
        assert all("user_id = " in node["Index Cond"] for node in found), found
        read = [node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in reading]
        assert max(read) <= SOME  # by each of the walks


@pytest.mark.parametrize("mode", PLANS)
@pytest.mark.parametrize("start", Start)
@pytest.mark.parametrize("shape", list(itertools.product(STATES, Order)), ids=str)
def test_so_does_a_page_by_a_key_that_may_be_null(
    crowded: str, shape: tuple[Status, Order], start: Start, mode: str
):
    status, order = shape
    plan = asyncio.run(explain(crowded, mode, Shape(status, "description", order, start)))
    walks = (2 if status is Status.ALL else 1) * (1 if start is Start.AFTER_NULL else 2)
    check_walks(plan, walks, deep=start is not Start.BEGINNING)
    # With nulls last and the greatest first, each walk's page is sorted in between.
    sorts = [node for node in nodes(plan) if node["Node Type"] == "Sort"]
    assert not sorts or (order is Order.DESCENDING and walks > 1)
    assert all(node["Plans"][0]["Actual Rows"] <= walks * (LIMIT + 1) for node in sorts)


@pytest.mark.parametrize("mode", PLANS)
@pytest.mark.parametrize("start", Start)
@pytest.mark.parametrize("shape", list(itertools.product(STATES, Order)), ids=str)
def test_a_page_by_due_date_walks_those_that_have_one_and_reads_of_the_others_the_users_own(
    shared: str, shape: tuple[Status, Order], start: Start, mode: str
):
    """Its index has none of the others, which come by their ids (docs/decisions/0028)."""
    status, order = shape
    plan = asyncio.run(explain(shared, mode, Shape(status, "due_at", order, start)))
    reading = [node for node in nodes(plan) if node.get("Relation Name") == "task"]
    dated = [node for node in reading if "due_at" in node.get("Index Name", "")]
    assert dated or start is not Start.BEGINNING
    assert not [node for node in dated if "Filter" in node]
    assert all(node["Actual Rows"] <= LIMIT + 1 for node in dated)
    found = [node for node in nodes(plan) if "Index Cond" in node]
    assert len(found) >= len(reading)
    assert all("user_id = " in node["Index Cond"] for node in found), found


@pytest.mark.parametrize("mode", PLANS)
@pytest.mark.parametrize("status", STATES)
def test_the_rest_of_a_long_list_is_read_by_its_ids_alone(crowded: str, status: Status, mode: str):
    async def explain_rest() -> Any:
        statement = rest_statement(status)
        connection = await asyncpg.connect(crowded, server_settings={"plan_cache_mode": mode})
        ids = await connection.fetchval(
            "SELECT array_agg(id) FROM (SELECT id FROM task ORDER BY title LIMIT 200) AS asked"
        )
        given = f"'{{{','.join(map(str, ids))}}}'"
        values = {"owner": "'ada'", "session": "NULL", "now": "now()", "ids": given}
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
