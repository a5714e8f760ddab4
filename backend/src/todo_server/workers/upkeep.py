"""Looks after everybody whose turn it is: beside the requests, or once, as a command."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from todo_server.database import Database
from todo_server.errors import UnavailableError
from todo_server.services import upkeep
from todo_server.services.upkeep import Claimed, Deleted, Retention

log = logging.getLogger("todo_server.upkeep")

FIRST_AFTER = 60.0
"""Seconds after the start of the server before which it does not begin."""

EVERY = 300.0
"""Seconds between the end of one time and the next."""

LASTS = 60.0
"""Seconds after which it leaves the rest to the next time."""

REST = 4.0
"""How much longer than a step it rests after it, so that it takes a fifth of one processor."""


@dataclass(slots=True)
class Done:
    """What was done so far, or at all."""

    users: int = 0
    busy: int = 0
    """Users who were left for later, since a change of theirs took too long."""
    deleted: Deleted = field(default_factory=Deleted)


def _ignore(_: Done) -> None:
    pass


async def look_after_all(
    database: Database,
    retention: Retention,
    *,
    tell: Callable[[Done], None] = _ignore,
    rest: float = 0.0,
    lasts: float = float("inf"),
) -> Done:
    """Look after all whose turn it is; `tell` is called after each step with what was done.

    It rests `rest` times as long as each step took, and ends after `lasts` seconds. Raises
    UnavailableError where the database is away.
    """
    time = asyncio.get_running_loop().time
    end, done = time() + lasts, Done()
    while time() < end and (claimed := await upkeep.claim_due(database)):
        for each in claimed:
            unfinished: Claimed | None = each
            try:
                while unfinished is not None and time() < end:
                    began_at = time()
                    deleted, unfinished = await upkeep.look_after(database, unfinished, retention)
                    done.deleted += deleted
                    tell(done)
                    await asyncio.sleep((time() - began_at) * rest)
                done.users += unfinished is None
            except UnavailableError:
                done.busy += 1
    return done


class UpkeepWorker:
    """Looks after all in a task of its own, as long as requests come that use the database.

    Without any it asks nothing, so that a database that goes to sleep is not kept awake; and it
    begins with a request, when the database is awake. It has one connection of its own, while it
    is at work. Any number of instances may have one.
    """

    def __init__(self, database: Database, retention: Retention) -> None:
        self._database = database
        self._retention = retention

    async def run(self) -> None:
        """Go on until cancelled."""
        used = self._database.observe()
        await asyncio.sleep(FIRST_AFTER)
        while True:
            used.clear()
            await used.wait()
            await self._look_after_all()
            await asyncio.sleep(EVERY)

    async def _look_after_all(self) -> None:
        try:
            async with self._database.apart(pool_size=1) as database:
                done = await look_after_all(database, self._retention, rest=REST, lasts=LASTS)
        except UnavailableError:
            return  # as the log has it already
        except Exception:
            log.exception("the upkeep failed; it is tried again")
            return
        deleted = done.deleted
        if deleted != Deleted():
            counts = {"purged": deleted.purged, "changes": deleted.changes, "keys": deleted.keys}
            log.info("deleted what was old", extra={"fields": {"users": done.users, **counts}})
