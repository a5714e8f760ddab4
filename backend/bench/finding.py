"""Measures how long it takes to find tasks: every filter and sort, alone and together.

    python finding.py                 # some five minutes
    python finding.py --share 0.1     # a tenth of the rows

A million tasks of a thousand users, and among them one who has ten thousand and one who has a
hundred thousand (`many_tasks.py`). What is measured is a first page of 20, from the service's call
to its bytes: PostgreSQL with row-level security, one connection, the statement prepared. The
machine's caches are warm. Prints a table in Markdown, and fails where the median of the user with
ten thousand is over 50 ms.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from check_cost import new_database
from many_tasks import EACH, GREAT, MIDDLE, fill

from todo_server.database import Database, Handle
from todo_server.domain.identity import Identity
from todo_server.domain.sorting import Sort
from todo_server.domain.task_query import TaskQuery
from todo_server.services import tasks

LIMIT = 50.0
"""ms."""

TIMES = {"user 7": 50, MIDDLE: 100, GREAT: 20}
COMBINATIONS = 30
STATS = "stats"
"""What finds nothing, and is measured beside: no limit is held."""
TRIED = 6
"""How often PostgreSQL is asked before: it tries other plans the first five times."""

Work = Callable[[Handle], Awaitable[object]]

FILTERS: list[dict[str, str]] = [
    {"status": "pending"},
    {"search": "milk"},
    {"search": "zoe garden"},
    {"search": "m"},
    {"search": "no such word"},
    {"search": '"dentist and dentist" %'},
    {"priority": "urgent"},
    {"priority": "high,low"},
    {"tags": "home"},
    {"tags": "BÜRO,call"},
    {"tags": "x7,x8", "tag_match": "any"},
    {"tags": "none such"},
    {"category": "category 3"},
    {"project_id": "none"},
    {"project_id": "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"},
    {"parent_id": "none"},
    {"parent_id": "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"},
    {"updated_since": "2026-02-01T00:00:00Z"},
    {"completed_since": "2026-02-01T00:00:00Z"},
]


def questions() -> Iterator[dict[str, str]]:
    """Each filter and each sort alone, and some of their combinations."""
    yield {}
    yield from FILTERS
    for sort in Sort:
        yield {"sort": sort.value}
    yield {"sort": "relevance", "search": "milk"}
    yield {"sort": "priority,-title"}
    draw = random.Random(11)
    for _ in range(COMBINATIONS):
        asked: dict[str, str] = {}
        for one in draw.sample(FILTERS, draw.randint(1, 3)):
            asked |= one
        several = draw.sample(list(Sort), draw.randint(1, 2))
        yield asked | {"sort": ",".join(draw.choice(["", "-"]) + sort.value for sort in several)}


def works() -> Iterator[tuple[str, Work]]:
    for asked in questions():
        query = TaskQuery(**asked, limit=20)
        yield _written(asked) or "nothing", partial(_list, query)
    yield "page=3", partial(_list, TaskQuery(page=3))
    yield "page=3 sort=priority", partial(_list, TaskQuery(page=3, sort="priority"))
    pending = TaskQuery(status="pending", search="milk")
    yield "count: status=pending search=milk", partial(_count, pending)
    yield STATS, tasks.get_stats


async def _list(query: TaskQuery, mine: Handle) -> object:
    return await tasks.list_tasks(mine, query)


async def _count(query: TaskQuery, mine: Handle) -> object:
    return await tasks.count_tasks(mine, query)


def _written(asked: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in asked.items())


async def milliseconds(mine: Handle, work: Work, times: int) -> tuple[float, float]:
    """The median, and what one in a hundred takes longer than, of so many in a row."""
    spent = []
    for number in range(times + TRIED):
        started = time.perf_counter()
        await work(mine)
        if number >= TRIED:
            spent.append((time.perf_counter() - started) * 1e3)
    return statistics.median(spent), sorted(spent)[min(len(spent) - 1, int(len(spent) * 0.99))]


async def measure(url: str, share: float) -> list[str]:
    """Print the table; give what is over the limit."""
    count = await fill(url, share)
    print(f"{count:,} tasks; p50 and p99 in ms, for who has {int(EACH * share):,}, ", end="")
    print(f"{int(10 * EACH * share):,} and {int(100 * EACH * share):,} of them\n")
    print("| Asked | p50 | p99 | p50 | p99 | p50 | p99 |")
    print("|---|---|---|---|---|---|---|")
    slow = []
    async with Database(url, pool_size=1) as database:
        for name, work in works():
            cells = []
            for owner, times in TIMES.items():
                median, late = await milliseconds(database.of(Identity(owner)), work, times)
                cells += [f"{median:.1f}", f"{late:.1f}"]
                if owner == MIDDLE and median > LIMIT and name != STATS:
                    slow.append(f"{name}: {median:.1f} ms")
            print(f"| `{name}` | {' | '.join(cells)} |", flush=True)
    return slow


def main() -> None:
    parser = argparse.ArgumentParser(description="How long it takes to find tasks.")
    parser.add_argument("--share", type=float, default=1.0, help="of the rows, 0.01 to 1")
    share = min(1.0, max(0.01, parser.parse_args().share))
    with new_database("finding") as url:
        slow = asyncio.run(measure(url, share))
    if slow:
        sys.exit("over the limit: " + "; ".join(slow))


if __name__ == "__main__":
    main()
