"""Places for what is under way: shared among users, and given up by who is slow."""

import asyncio
from collections.abc import Callable

import pytest

from todo_server.workers.room import Room


async def soon(condition: Callable[[], bool]) -> None:
    """Wait for something that will happen."""
    for _ in range(3_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")


class Waiting:
    """Tasks of users that wait for somebody outside, and what became of them."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.begun: list[str] = []
        self.gave_way: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def begin(self, owner: str, lasts: float = 60.0) -> None:
        self.tasks.append(asyncio.create_task(self._wait(owner, lasts)))
        await asyncio.sleep(0)

    async def _wait(self, owner: str, lasts: float) -> None:
        async with self.room.place(owner) as place:
            self.begun.append(owner)
            try:
                async with self.room.waiting(place):
                    await asyncio.sleep(lasts)
            except TimeoutError:
                self.gave_way.append(owner)

    async def end(self) -> None:
        for each in self.tasks:
            each.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def test_while_there_is_room_nobody_gives_way():
    async def work() -> None:
        its = Waiting(Room(3, patience=0.0))
        for owner in ("ada", "ada", "bob"):
            await its.begin(owner)
        await asyncio.sleep(0.1)
        assert (len(its.begun), its.gave_way) == (3, [])
        await its.end()

    asyncio.run(work())


def test_who_comes_later_waits_no_longer_than_the_patience_of_who_has_most():
    async def work() -> None:
        its = Waiting(Room(3, patience=0.2))
        for owner in ("bob", "ada", "ada"):
            await its.begin(owner)
        began_at = asyncio.get_running_loop().time()
        await its.begin("eve")
        await soon(lambda: "eve" in its.begun)
        assert asyncio.get_running_loop().time() - began_at > 0.1  # it had its time
        assert its.gave_way == ["ada"]
        await its.end()

    asyncio.run(work())


def test_who_has_least_comes_first():
    async def work() -> None:
        its = Waiting(Room(2, patience=60.0))
        await its.begin("ada")
        await its.begin("bob", lasts=0.1)
        for owner in ("ada", "ada", "eve"):
            await its.begin(owner)
        await asyncio.sleep(0.3)
        assert its.begun == ["ada", "bob", "eve"]
        await its.end()

    asyncio.run(work())


@pytest.mark.parametrize("places", [1, 5])
def test_never_are_more_under_way_and_those_who_never_end_hold_up_nobody(places):
    async def work() -> None:
        room = Room(places, patience=0.01)
        under_way = most = 0

        async def silent(owner: str) -> None:
            nonlocal under_way, most
            async with room.place(owner) as place:
                under_way += 1
                most = max(most, under_way)
                try:
                    async with room.waiting(place):
                        await asyncio.Event().wait()
                except TimeoutError:
                    pass
                under_way -= 1

        tasks = [asyncio.create_task(silent(f"user {n % 7}")) for n in range(40)]
        await soon(lambda: sum(each.done() for each in tasks) == 40 - places)
        await asyncio.sleep(0.05)
        assert (most, under_way) == (places, places), "the last ones have their time"
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(work())


def test_who_is_cancelled_in_the_line_or_with_a_place_leaves_it_to_others():
    async def work() -> None:
        its = Waiting(Room(1, patience=60.0))
        for owner in ("ada", "bob", "eve", "zoe"):
            await its.begin(owner)
        its.tasks[1].cancel()
        its.tasks[0].cancel()
        its.tasks[2].cancel()
        await asyncio.sleep(0.05)
        assert its.begun == ["ada", "zoe"]
        await its.end()
        await its.begin("ada", lasts=0.0)
        await asyncio.sleep(0.05)
        assert its.begun == ["ada", "zoe", "ada"]
        assert its.gave_way == []
        await its.end()

    asyncio.run(work())
