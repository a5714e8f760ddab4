"""What is found is what Python finds in the same rows, in the same order, page by page."""

import asyncio
import itertools
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties import PROPERTY
from tests.services.finding import (
    FILTERS,
    NOW,
    QUESTIONS,
    Row,
    everything,
    found_among,
    pages,
    some_tasks,
)
from todo_server.database import Database, Handle
from todo_server.domain.identity import Identity
from todo_server.domain.task_filters import TaskFilters
from todo_server.domain.task_query import TaskQuery
from todo_server.models import Completion, TaskCreate, TaskUpdate
from todo_server.services import tasks


@pytest.fixture(scope="module")
def finder(database_url: str) -> Identity:
    """Somebody who has tasks of all kinds."""
    return some_tasks(database_url)


def test_every_filter_is_tried():
    assert set(FILTERS) == set(TaskFilters.model_fields)


@settings(PROPERTY, max_examples=100)
@given(QUESTIONS, st.integers(1, 25))
def test_what_is_found_is_what_python_finds(
    finder: Identity, database_url: str, asked: dict[str, Any], size: int
):
    """Whole, by cursor, by number and counted."""
    query = TaskQuery(**asked)

    async def ask() -> None:
        async with Database(database_url, pool_size=1, clock=lambda: NOW) as database:
            mine = database.of(finder)
            expected = found_among(await everything(mine), query)
            whole = json.loads((await tasks.list_tasks(mine, query)).body)
            assert whole == expected
            by_cursor = [page async for page in pages(mine, TaskQuery(**asked, limit=size))]
            assert list(itertools.chain(*by_cursor)) == expected
            assert all(len(page) == size for page in by_cursor[:-1])
            number = size % 4 + 1
            page = await tasks.list_tasks(mine, TaskQuery(**asked, page=number, page_size=size))
            assert json.loads(page.body) == expected[(number - 1) * size : number * size]
            assert page.total == await tasks.count_tasks(mine, query) == len(expected)

    asyncio.run(ask())


async def something_else(mine: Handle, moving: list[Row], step: int) -> None:
    """Do what another client may do between two pages."""
    its = [UUID(row["id"]) for row in moving]
    one, other = its[step % len(its)], its[-step % len(its)]
    await tasks.create_task(mine, TaskCreate(title="Buy milk", completed=step % 2 == 0))
    await tasks.complete_task(mine, one, Completion())
    change = TaskUpdate(title=["a", "z", "Zoë"][step % 3], priority=["none", "urgent"][step % 2])
    await tasks.update_task(mine, other, change)


@settings(PROPERTY, max_examples=60)
@given(QUESTIONS, st.integers(1, 5))
def test_what_stays_as_it_is_is_listed_once_while_other_tasks_change(
    database_url: str, asked: dict[str, Any], size: int
):
    """New ones, others completed, renamed and deleted, between any two pages."""
    query = TaskQuery(**asked, limit=size)

    async def turn_the_pages() -> None:
        async with Database(database_url, pool_size=1, clock=lambda: NOW) as database:
            mine = database.of(owner)
            rows = await everything(mine)
            # Those that are no parents, whose own version moves with their parts.
            plain = [row for row in rows if not row["parent_id"] and row != rows[-1]]
            moving, staying = plain[::3], [row for row in rows if row not in plain[::3]]
            going = [moving.pop(), moving.pop()]
            seen: list[Row] = []
            step = 0
            async for page in pages(mine, query):
                seen += page
                step += 1
                assert step < 100, "it has no end"
                if step <= 6:
                    await something_else(mine, moving, step)
                if going and step <= 6:
                    await tasks.delete_task(mine, UUID(going.pop()["id"]))
            ids = {row["id"] for row in staying}
            listed = [row["id"] for row in seen if row["id"] in ids]
            assert listed == [row["id"] for row in found_among(staying, query)]

    owner = some_tasks(database_url, 20)
    asyncio.run(turn_the_pages())
