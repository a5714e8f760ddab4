"""Pages in every order are the rows sorted in Python, also where keys are null or equal.

Sorted by `description`, which no request can: of what can be null, it is what there is. It has no
index; how one is walked, `test_list_statements` holds.
"""

import asyncio
import itertools
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from todo_server.database import Database
from todo_server.domain.cursor import write_cursor
from todo_server.domain.identity import Identity
from todo_server.domain.task_filters import TaskFilters
from todo_server.domain.task_query import Order, Sort, Status, TaskQuery
from todo_server.errors import InvalidCursorError
from todo_server.models import Completion, TaskCreate, TaskUpdate
from todo_server.services import tasks
from todo_server.services.tasks import filters, listing
from todo_server.services.tasks.walks import WALKED

DESCRIPTIONS = [None, "b", "a", None, "b", "c", None, "b", "a", None]
EVERY_ORDER = list(itertools.product((Status.ALL, Status.PENDING, Status.COMPLETED), Order))

Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _sorted_by_description(monkeypatch) -> None:
    monkeypatch.setattr(Sort.TITLE, "column", "description")
    monkeypatch.setattr(listing, "WALKED", WALKED | {"description"})


def in_order(rows: list[Row], order: Order) -> list[Row]:
    """Sort as it is promised: by the key, then the id, in one direction; without a key last."""
    down = order is Order.DESCENDING
    with_key = [row for row in rows if row["description"] is not None]
    without = [row for row in rows if row["description"] is None]
    with_key.sort(key=lambda row: (row["description"], row["id"]), reverse=down)
    return with_key + sorted(without, key=lambda row: row["id"], reverse=down)


def of_status(rows: list[Row], status: Status) -> list[Row]:
    return [
        r for r in rows if status is Status.ALL or r["completed"] is (status is Status.COMPLETED)
    ]


async def fill(database: Database) -> Identity:
    """Make tasks of somebody; every third is completed."""
    somebody = Identity(f"sorter {uuid.uuid4().hex}")
    for number, description in enumerate(DESCRIPTIONS):
        task = TaskCreate(title=str(number), description=description, completed=number % 3 == 0)
        await tasks.create_task(database.of(somebody), task)
    return somebody


async def pages(database: Database, owner: Identity, query: TaskQuery) -> AsyncIterator[list[Row]]:
    cursor = None
    while True:
        page = await tasks.list_tasks(
            database.of(owner), query.model_copy(update={"cursor": cursor})
        )
        yield json.loads(page.body)
        cursor = page.next_cursor
        if cursor is None:
            return


async def everything(database: Database, owner: Identity) -> list[Row]:
    body = (await tasks.list_tasks(database.of(owner), TaskQuery())).body
    found: list[Row] = json.loads(body)
    assert len(found) == len(DESCRIPTIONS)
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 200, None])
def test_pages_are_the_rows_sorted_with_nulls_last_in_both_directions(limit, database_url):
    async def turn_the_pages() -> None:
        async with Database(database_url, pool_size=1) as database:
            owner = await fill(database)
            rows = await everything(database, owner)
            for status, order in EVERY_ORDER:
                query = TaskQuery(status=status, sort=Sort.TITLE, order=order, limit=limit)
                turned = [page async for page in pages(database, owner, query)]
                expected = in_order(of_status(rows, status), order)
                assert list(itertools.chain(*turned)) == expected, (status, order)
                assert all(len(page) == limit for page in turned[:-1])
                assert turned[-1]

    asyncio.run(turn_the_pages())


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("order", Order)
def test_what_does_not_change_is_listed_once_while_other_rows_do(order, limit, database_url):
    """Between pages, rows go over to the nulls and back, change their key, come and go."""
    query = TaskQuery(sort=Sort.TITLE, order=order, limit=limit)

    async def turn_the_pages() -> None:
        async with Database(database_url, pool_size=1) as database:
            owner = await fill(database)
            mine, rows = database.of(owner), await everything(database, owner)
            moving, going, *staying = sorted(rows, key=lambda row: int(row["title"]))
            await tasks.delete_task(mine, uuid.UUID(going["id"]))
            seen: list[Row] = []
            keys = itertools.cycle([None, "a", "c", "b"])
            async for page in pages(database, owner, query):
                seen += page
                assert len(seen) < 100, "it has no end"
                change = TaskUpdate(description=next(keys))
                await tasks.update_task(mine, uuid.UUID(moving["id"]), change)
                await tasks.create_task(mine, TaskCreate(title="new", description="0"))
                await tasks.complete_task(mine, uuid.UUID(staying[-1]["id"]), Completion())
            ids = {row["id"] for row in staying}
            listed = [row["id"] for row in seen if row["id"] in ids]
            assert listed == [row["id"] for row in in_order(staying, order)]

    asyncio.run(turn_the_pages())


@pytest.mark.parametrize("order", Order)
def test_a_page_after_a_row_that_is_gone_goes_on_where_it_was(order, database_url):
    query = TaskQuery(sort=Sort.TITLE, order=order, limit=1)

    async def turn_the_pages() -> None:
        async with Database(database_url, pool_size=1) as database:
            owner = await fill(database)
            expected = in_order(await everything(database, owner), order)
            seen: list[Row] = []
            async for (row,) in pages(database, owner, query):
                seen.append(row)
                await tasks.delete_task(database.of(owner), uuid.UUID(row["id"]))
            assert seen == expected

    asyncio.run(turn_the_pages())


def test_a_null_in_the_cursor_of_a_sort_that_has_none_is_refused(database_url):
    query = TaskQuery(sort=Sort.UPDATED, limit=1)
    position = json.dumps([None, "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"])
    forged = query.model_copy(update={"cursor": write_cursor("somebody", query, position)})

    async def ask() -> None:
        async with Database(database_url, pool_size=1) as database:
            with pytest.raises(InvalidCursorError):
                await tasks.list_tasks(database.of(Identity("somebody")), forged)

    asyncio.run(ask())


class WithTitle(TaskQuery):
    """A query with one filter more."""

    title: str | None = None


@pytest.mark.parametrize("limit", [1, 2, None])
def test_a_filter_narrows_each_page_and_the_cursor_belongs_to_it(limit, database_url, monkeypatch):
    monkeypatch.setitem(filters.FILTERS, "title", filters.equals("title"))

    async def turn_the_pages() -> None:
        async with Database(database_url, pool_size=1) as database:
            owner = await fill(database)
            mine = database.of(owner)
            for _ in range(2):
                await tasks.create_task(mine, TaskCreate(title="3", description="x"))
            rows = json.loads((await tasks.list_tasks(mine, TaskQuery())).body)
            for (status, order), sort in itertools.product(EVERY_ORDER, Sort):
                query = WithTitle(status=status, sort=sort, order=order, limit=limit, title="3")
                found = [p async for p in pages(database, owner, query)]
                expected = [r["id"] for r in of_status(rows, status) if r["title"] == "3"]
                listed = [row["id"] for page in found for row in page]
                assert sorted(listed) == sorted(expected)
            page = await tasks.list_tasks(mine, WithTitle(limit=1, title="3"))
            for other in ("4", None):
                used = WithTitle(limit=1, title=other, cursor=page.next_cursor)
                with pytest.raises(InvalidCursorError):
                    await tasks.list_tasks(mine, used)

    asyncio.run(turn_the_pages())


def test_every_filter_of_the_query_is_in_the_table():
    known = {"tag_match"}
    lines = {line.partition(":")[0] for line in filters.FILTERS}
    assert set(TaskFilters.model_fields) - known == lines


def test_no_parameter_of_a_filter_has_the_name_of_another():
    keys = {f"key_{number}" for number in range(1, len(Sort) + 1)}
    others = {"owner", "session", "now", "limit", "skipped", "task_id", "ids", "tag_match"} | keys
    assert not others & set(filters.FILTERS)
