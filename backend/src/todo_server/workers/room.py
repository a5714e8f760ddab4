"""Room for so much at once, shared among users: who has least comes first, who is slow gives way.

Nobody knows beforehand who will be slow. So each may take all its time as long as there is room;
when somebody has to wait for a place, who has had patience enough loses one.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Place:
    """One that a user has."""

    owner: str
    since: float = 0.0
    """When it began to wait for somebody outside."""
    limit: asyncio.Timeout | None = None
    """By which it is ended, while it does."""

    @property
    def gives_way(self) -> bool:
        """Whether it is about to end."""
        return self.limit is not None and self.limit.when() is not None


class Room:
    """So many places, and so many seconds for which one of them may be waited in at least."""

    def __init__(self, places: int, patience: float) -> None:
        self._size = places
        self._patience = patience
        self._held: set[Place] = set()
        self._line: list[tuple[Place, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def place(self, owner: str) -> AsyncIterator[Place]:
        """Give a place, as soon as there is one."""
        place = Place(owner)
        await self._enter(place)
        try:
            yield place
        finally:
            self._leave(place)

    @asynccontextmanager
    async def waiting(self, place: Place) -> AsyncIterator[None]:
        """Wait for somebody outside; TimeoutError where others need the place."""
        async with asyncio.timeout(None) as limit:
            place.since, place.limit = asyncio.get_running_loop().time(), limit
            self._make_way()
            try:
                yield
            finally:
                place.limit = None

    async def _enter(self, place: Place) -> None:
        if len(self._held) < self._size:
            self._held.add(place)
            return
        entered = asyncio.get_running_loop().create_future()
        self._line.append((place, entered))
        self._make_way()
        try:
            await entered
        except BaseException:
            if place in self._held:
                self._leave(place)
            else:
                self._line.remove((place, entered))
            raise

    def _leave(self, place: Place) -> None:
        self._held.remove(place)
        held = self._by_owner()
        if self._line:
            # Of those who have as little, who has waited longest.
            first = min(self._line, key=lambda each: held[each[0].owner])
            self._line.remove(first)
            its_place, entered = first
            self._held.add(its_place)
            if not entered.done():
                entered.set_result(None)
        self._make_way()

    def _make_way(self) -> None:
        """End as many as others wait for; where they have not had their time, when they have."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        missing = len(self._line) - sum(each.gives_way for each in self._held)
        if missing <= 0:
            return
        held, now = self._by_owner(), asyncio.get_running_loop().time()
        slow = [each for each in self._held if each.limit is not None and not each.gives_way]
        slow.sort(key=lambda each: (-held[each.owner], each.since))
        had_time = [each for each in slow if each.since + self._patience <= now]
        for each in had_time[:missing]:
            assert each.limit is not None  # noqa: S101 - as chosen above
            each.limit.reschedule(now)
        others = [each.since for each in slow if each not in had_time]
        if missing > len(had_time) and others:
            at = min(others) + self._patience
            self._timer = asyncio.get_running_loop().call_at(at, self._make_way)

    def _by_owner(self) -> Counter[str]:
        return Counter(each.owner for each in self._held)
