"""Delivers what is due of one user: the head of each webhook's queue, and then the next."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from todo_server.database import Database
from todo_server.errors import NumberTooOldError, UnavailableError
from todo_server.services.deliveries import ERRAND, LEASE, Due, Outcome, take_due, write_message
from todo_server.workers.dispatcher import Errand

if TYPE_CHECKING:
    from todo_server.outbound.webhooks import WebhookSender

log = logging.getLogger("todo_server.deliveries")

SLICE = 30.0
"""Seconds after which a user with more to be sent lets others go first."""

AT_ONCE = 16
"""Users to whom is sent at the same time, each to ten webhooks at most."""

_PRUNED = "The log of changes does not reach back to what it was told last."
_FAULT = "The message could not be written."


def deliveries(*, private_addresses: bool) -> Errand:
    """Make the errand; `private_addresses` allows webhooks to lead into private networks."""
    run = Deliveries(private_addresses=private_addresses).run
    return Errand(ERRAND, run, LEASE, claims=AT_ONCE, at_once=AT_ONCE, is_last=True)


@dataclass(slots=True)
class Deliveries:
    """Delivers to webhooks."""

    private_addresses: bool
    _sender: "WebhookSender | None" = field(default=None, init=False)

    async def run(self, database: Database, owner: str) -> None:
        """Deliver what is due of a user, in the order of each queue, for a while.

        UnavailableError where the database is away: what was sent is sent again later.
        """
        time = asyncio.get_running_loop().time
        end, outcomes = time() + SLICE, list[Outcome]()
        while due := await take_due(database, owner, outcomes, more=time() < end):
            sending = (self._deliver(database, owner, each) for each in due)
            outcomes = await asyncio.gather(*sending)

    async def _deliver(self, database: Database, owner: str, due: Due) -> Outcome:
        try:
            message = await write_message(database, owner, due)
        except UnavailableError:
            raise
        except NumberTooOldError:
            return Outcome(due, None, _PRUNED, for_good=True)
        except Exception:
            log.exception("a delivery could not be written; it is tried again")
            return Outcome(due, None, _FAULT)
        answer = await self._its_sender().post(due.url, message.headers, message.body)
        return Outcome(due, answer.status, answer.error, for_good=answer.is_gone)

    def _its_sender(self) -> "WebhookSender":
        if self._sender is None:
            # What it stands on, who has no webhooks does not need.
            from todo_server.outbound.webhooks import WebhookSender  # noqa: PLC0415

            self._sender = WebhookSender(private_addresses=self.private_addresses)
        return self._sender
