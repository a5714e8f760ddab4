"""Delivers what is due of one user: the head of each webhook's queue, and then the next.

Each queue goes on by itself, as soon as it is written down what came of its head.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from todo_server.database import Database
from todo_server.errors import NumberTooOldError, UnavailableError
from todo_server.services.deliveries import ERRAND, LEASE, Due, Outcome, take_due, write_message
from todo_server.workers.dispatcher import Errand
from todo_server.workers.room import Room

if TYPE_CHECKING:
    from todo_server.outbound.webhooks import WebhookSender

log = logging.getLogger("todo_server.deliveries")

SLICE = 30.0
"""Seconds after which a user with more to be sent lets others go first."""

PLACES = 160
"""Messages that are under way at once: as many connections, and each may have 4 MiB in memory."""

PATIENCE = 2.0
"""Seconds that a receiver has in any case, also where others wait for a place."""

CLAIMS, AT_ONCE = 16, 200
"""Users who are claimed at once, and to whom is sent at the same time. More than there are places,
or those who never answer could have each user's turn and nobody would wait for a place; and not so
many that one could be waited for as long as what is sent is one's own."""

_PRUNED = "The log of changes does not reach back to what it was told last."
_FAULT = "The message could not be written."
_SLOW = f"It did not answer within {PATIENCE:g} seconds, and others had to be sent to."


def deliveries(*, private_addresses: bool) -> Errand:
    """Make the errand; `private_addresses` allows webhooks to lead into private networks."""
    run = Deliveries(private_addresses=private_addresses).run
    return Errand(ERRAND, run, LEASE, claims=CLAIMS, at_once=AT_ONCE, is_last=True)


@dataclass(slots=True)
class Deliveries:
    """Delivers to webhooks."""

    private_addresses: bool
    _sender: "WebhookSender | None" = field(default=None, init=False)
    _room: Room = field(default_factory=lambda: Room(PLACES, PATIENCE), init=False)

    async def run(self, database: Database, owner: str) -> None:
        """Deliver what is due of a user, in the order of each queue, for a while.

        UnavailableError where the database is away: what was sent is sent again later.
        """
        time = asyncio.get_running_loop().time
        end, outcomes = time() + SLICE, list[Outcome]()
        sending = set[asyncio.Task[Outcome | None]]()
        try:
            while True:
                try:
                    due = await take_due(database, owner, outcomes, more=time() < end)
                    outcomes = []
                except UnavailableError:
                    if not sending:
                        raise
                    due = []  # what came of them is written down with the next
                new = (self._deliver(database, owner, each) for each in due)
                sending.update(map(asyncio.create_task, new))
                if not sending:
                    return
                done, sending = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
                outcomes += [outcome for each in done if (outcome := each.result())]
        finally:
            for each in sending:
                each.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def _deliver(self, database: Database, owner: str, due: Due) -> Outcome | None:
        """Send one; None where it is left until nobody is taken for sending it."""
        async with self._room.place(owner) as place:
            try:
                message = await write_message(database, owner, due)
            except UnavailableError:
                return None
            except NumberTooOldError:
                return Outcome(due, None, _PRUNED, for_good=True)
            except Exception:
                log.exception("a delivery could not be written; it is tried again")
                return Outcome(due, None, _FAULT)
            try:
                async with self._room.waiting(place):
                    answer = await self._its_sender().post(due.url, message.headers, message.body)
            except TimeoutError:
                return Outcome(due, None, _SLOW)
        return Outcome(due, answer.status, answer.error, for_good=answer.is_gone)

    def _its_sender(self) -> "WebhookSender":
        if self._sender is None:
            # What it stands on, who has no webhooks does not need.
            from todo_server.outbound.webhooks import WebhookSender  # noqa: PLC0415

            self._sender = WebhookSender(private_addresses=self.private_addresses)
        return self._sender
