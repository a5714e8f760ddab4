"""A user's changes are numbered in the order of their commits: no gap, none twice, none late."""

import asyncio
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from tests.logged import Row, log_of
from tests.waiting import PATIENCE
from todo_server.database import Database
from todo_server.domain.identity import Identity
from todo_server.errors import TaskNotFoundError, VersionConflictError
from todo_server.models import Completion, TaskCreate, TaskUpdate
from todo_server.services import tasks

WRITERS = 32
# As many as are followed by `make soak`; `make test` has a tenth.
CHANGES = 20_000 if "SOAK" in os.environ else 2_000

Told = Counter[tuple[UUID, int]]
"""How often each version of each task was answered to whoever made it."""


@dataclass
class Writer:
    """One of many who change a user's tasks at once: each of their own, and all of them one."""

    databases: list[Database]
    owner: Identity
    shared: UUID
    told: Told

    async def write(self, rounds: int, number: int) -> None:
        """Make five changes in each round, and two requests that change nothing."""
        for turn in range(rounds):
            # As several instances of the server do.
            mine = self.databases[turn % len(self.databases)].of(self.owner, f"r{number}-{turn} me")
            made = await tasks.create_task(mine, TaskCreate(title=f"{number}-{turn}"))
            self.tell(made)
            changed = await tasks.update_task(mine, made.id, TaskUpdate(title="changed"), [1])
            self.tell(changed)
            again = await tasks.update_task(mine, made.id, TaskUpdate(title="changed"))
            assert again.body == changed.body
            with pytest.raises(VersionConflictError):
                await tasks.complete_task(mine, made.id, Completion(), [1, 3])
            self.tell(await tasks.complete_task(mine, made.id, Completion(completed=True), [2]))
            await tasks.delete_task(mine, made.id, [3])
            self.told[made.id, 4] += 1
            self.tell(await tasks.complete_task(mine, self.shared, Completion()))
            with pytest.raises(TaskNotFoundError):
                await tasks.delete_task(mine, made.id)

    def tell(self, answer: tasks.Versioned) -> None:
        self.told[answer.id, int(answer.version)] += 1


async def write_all(url: str, owners: list[Identity], rounds: int) -> dict[str, Told]:
    """Let all write at once, by two servers; gives what each owner's writers were told."""
    told = {owner.user_id: Told() for owner in owners}
    shared = {}
    async with Database(url) as one, Database(url) as other:
        for owner_id, told_of_owner in told.items():
            task = await tasks.create_task(one.of(Identity(owner_id)), TaskCreate(title="of all"))
            shared[owner_id] = task.id
            told_of_owner[task.id, 1] += 1
        writers = [
            Writer([one, other], owner, shared[owner.user_id], told[owner.user_id])
            for owner in owners
        ]
        async with asyncio.TaskGroup() as group:
            for number, writer in enumerate(writers):
                group.create_task(writer.write(rounds, number))
    return told


def check(log: list[Row], told: Told) -> None:
    """Every change that was answered stands there once, under the next number, and no other."""
    assert [entry["number"] for entry in log] == list(range(1, len(log) + 1))
    assert set(told.values()) == {1}
    logged: dict[UUID, int] = {}
    for entry in log:
        logged[entry["row_id"]] = logged.get(entry["row_id"], 0) + 1
        assert (entry["kind"] == "created") == (logged[entry["row_id"]] == 1)
    assert {(row, n + 1) for row, count in logged.items() for n in range(count)} == set(told)


def someone() -> Identity:
    return Identity(f"user {secrets.token_hex(8)}")


def test_thirty_two_writers_of_one_user_are_counted_without_a_gap(database_url):
    owner = someone()
    told = asyncio.run(write_all(database_url, [owner] * WRITERS, 6))
    log = log_of(database_url, owner.user_id)
    check(log, told[owner.user_id])
    assert len(log) == 1 + WRITERS * 6 * 5


def test_thirty_two_users_who_write_at_once_are_each_counted_from_one(database_url):
    owners = [someone() for _ in range(WRITERS)]
    told = asyncio.run(write_all(database_url, owners, 6))
    for owner in owners:
        log = log_of(database_url, owner.user_id)
        check(log, told[owner.user_id])
        assert len(log) == 1 + 6 * 5
        assert len({entry["origin"] for entry in log}) == 1 + 6  # no other's requests


def next_after(seen: int, numbers: list[int]) -> int:
    """Give the last number seen now: what is new must begin behind it, and have no gap.

    Then nothing was missed, and nothing can come that is lower than what was seen before.
    """
    assert numbers == list(range(seen + 1, seen + 1 + len(numbers)))
    return seen + len(numbers)


async def follow(url: str, owner: Identity, last: "Future[int]", looks: list[int]) -> None:
    """Follow a user's log on a connection of one's own, in a tight loop, to the last number."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT set_config('app.user_id', $1, false)", owner.user_id)
        news = "SELECT number FROM my_change WHERE number > $1 ORDER BY number"
        statement = await connection.prepare(news)
        while True:
            is_last = last.done()
            numbers = [row[0] for row in await statement.fetch(looks[-1])]
            looks.append(next_after(looks[-1], numbers))
            if is_last:  # what was committed before this look began
                assert looks[-1] == last.result()
                return
    finally:
        await connection.close()


@contextmanager
def followed(url: str, owner: Identity, readers: int) -> Iterator["Future[int]"]:
    """Let them read while the block writes; the block tells them the last number."""
    last: Future[int] = Future()
    looks = [[0] for _ in range(readers)]
    with ThreadPoolExecutor(readers) as pool:
        reading = [pool.submit(asyncio.run, follow(url, owner, last, seen)) for seen in looks]
        try:
            yield last
        finally:
            if not last.done():
                last.set_exception(AssertionError("not all was written"))
            for each in reading:
                each.result(PATIENCE)
    # Otherwise all was written before anybody looked.
    assert all(len(set(seen)) > 10 for seen in looks)


@pytest.mark.timeout(600)
def test_who_follows_the_log_misses_nothing_and_sees_no_number_late(database_url):
    owner, *others = [someone() for _ in range(5)]
    rounds = -(-CHANGES // (WRITERS * 5))
    with followed(database_url, owner, readers=3) as last:
        told = asyncio.run(write_all(database_url, [owner] * WRITERS + others, rounds))
        log = log_of(database_url, owner.user_id)
        last.set_result(len(log))
    check(log, told[owner.user_id])
    assert len(log) > CHANGES
