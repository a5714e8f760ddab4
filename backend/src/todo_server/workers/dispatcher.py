"""Runs errands when they are due: reminders, and what is sent to the outside.

Each kind has a loop of its own, so that a slow receiver holds up no reminder. Any number of
instances may do it: who is claimed by one is passed over by the others.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from todo_server.database import Database
from todo_server.errors import UnavailableError
from todo_server.services import reminders
from todo_server.services.dispatching import claim_due

log = logging.getLogger("todo_server.dispatcher")

PAUSE = 5.0
"""Seconds until the next look after one that failed, as the database was away."""

BETWEEN = 1.0
"""Seconds between two looks because requests have used the database."""

SOON = 0.01
"""Seconds until the next look where something has just become due, or somebody else is about to
claim it; twice as long each time that it still is, up to `PAUSE`."""

FIRST_AFTER = 1.0
"""Seconds after the start of a server before which it does not begin."""

CONNECTIONS = 4
"""Those of a dispatcher, beside what requests have; most of the time one is idle and no other is
open."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is done for a user when it is due, until nothing is, and said when it is next."""

    name: str
    """As `dispatch` has it."""
    run: Callable[[Database, str], Awaitable[object]]
    """Does all that is due of one user. UnavailableError leaves them until the lease ends."""
    lease: timedelta
    """For how long a user is claimed."""
    claims: int
    """How many users are claimed at once: what a killed instance leaves until the lease ends."""
    at_once: int
    """For how many of them it is done at the same time."""
    is_last: bool = False
    """Whether it makes nothing due for other errands, which need not look after it."""


REMINDERS = Errand(reminders.ERRAND, reminders.remind, reminders.LEASE, claims=8, at_once=2)


class Dispatcher:
    """Runs errands as long as there are any, and sleeps until the next one that it knows of.

    It hears of new ones whenever its instance has used the database, and looks then, at most every
    `BETWEEN` seconds, and at once of those that its errands make for each other; of those that
    other instances make it may not hear, and looks every so often.
    """

    def __init__(self, database: Database, errands: Sequence[Errand], every: timedelta) -> None:
        self._database = database
        self._errands = errands
        self._every = every.total_seconds()

    async def run(self, *, after: float = 0.0) -> None:
        """Begin after so many seconds, and go on until cancelled.

        What is in the midst then is left, for whoever comes when the claim ends.
        """
        await asyncio.sleep(after)
        async with (
            self._database.apart(pool_size=CONNECTIONS) as database,
            asyncio.TaskGroup() as group,
        ):
            lines: list[_Line] = []
            for errand in self._errands:
                _Line(errand, database, lines)
            for line in lines:
                group.create_task(self._go_on(line))

    async def _go_on(self, line: "_Line") -> None:
        used, before, soon = self._database.observe(), None, SOON
        async with asyncio.TaskGroup() as group:
            while True:
                used.clear()
                try:
                    next_at = await line.begin_due(group)
                except UnavailableError:
                    await asyncio.sleep(PAUSE)  # as the log has it already
                    continue
                except Exception:
                    log.exception("the errand %s failed; it is tried again", line.name)
                    await asyncio.sleep(PAUSE)
                    continue
                left = self._every
                if next_at is not None:
                    left = min(left, (next_at - self._database.now()).total_seconds())
                # Timers end a hair early, and what was next may be due by now.
                soon = min(2 * soon, PAUSE) if left <= 0 and next_at == before else SOON
                before = next_at
                await _rest(used, line.news, max(left, soon))


async def _rest(used: asyncio.Event, news: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until somebody may have made something due.

    That is whoever has `used` the database, or has done an errand, which is `news`.
    """
    events = [asyncio.ensure_future(each) for each in (_after_pause(used), news.wait())]
    try:
        await asyncio.wait(events, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in events:
            each.cancel()


async def _after_pause(used: asyncio.Event) -> None:
    await asyncio.sleep(BETWEEN)
    await used.wait()


async def run_due(database: Database, errand: Errand) -> datetime | None:
    """Do all that is due; give when the next is, None where nothing is to come."""
    line = _Line(errand, database, [])
    while True:
        async with asyncio.TaskGroup() as group:
            next_at = await line.begin_due(group)
        if not line.news.is_set():
            return next_at


class _Line:
    """The users for whom an errand is done at this moment, so many at most."""

    def __init__(self, errand: Errand, database: Database, lines: list["_Line"]) -> None:
        """Stand with the other `lines` of a dispatcher, which hear of what is done in this one."""
        self.name = errand.name
        self.news = asyncio.Event()
        """Set whenever an errand was done that may have made something due in this line."""
        self._errand = errand
        self._database = database
        self._slots = asyncio.Semaphore(errand.at_once)
        self._lines = lines
        lines.append(self)

    async def begin_due(self, group: asyncio.TaskGroup) -> datetime | None:
        """Begin with all who are due, and do not wait for the slowest; give when the next is."""
        errand, lease, most = self._errand.name, self._errand.lease, self._errand.claims
        while True:
            async with self._slots:
                self.news.clear()
                due = await claim_due(self._database, errand, lease=lease, most=most)
            if not due.owners:
                return due.next_at
            for owner in due.owners:
                await self._slots.acquire()
                group.create_task(self._run(owner))

    async def _run(self, owner: str) -> None:
        try:
            await _run(self._database, self._errand, owner)
        finally:
            self._slots.release()
            for line in [self] if self._errand.is_last else self._lines:
                line.news.set()


async def _run(database: Database, errand: Errand, owner: str) -> None:
    try:
        await errand.run(database, owner)
    except UnavailableError:
        pass  # the user's rows are in use, or the database is away: when the claim ends, again
    except Exception:
        log.exception("an errand of %s failed; it is tried again", errand.name)
