"""Mails what is due of one user, one mail after the other."""

import logging
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate

from todo_server.database import Database
from todo_server.domain.mail import SMTPServer, domain_of
from todo_server.services.mails import ERRAND, LEASE, Mail, Outcome, take_due
from todo_server.workers.dispatcher import Errand

log = logging.getLogger("todo_server.mails")

AT_ONCE = 4
"""Users to whom is mailed at the same time."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def mails(server: SMTPServer, sender: str) -> Errand:
    """Make the errand of sending by a server, from an address."""
    run = Mails(server, sender).run
    return Errand(ERRAND, run, LEASE, claims=AT_ONCE, at_once=AT_ONCE, is_last=True)


@dataclass(frozen=True, slots=True)
class Mails:
    """Sends mails from an address."""

    server: SMTPServer
    sender: str

    async def run(self, database: Database, owner: str) -> None:
        """Mail all that is due of a user. UnavailableError where the database is away."""
        outcomes: list[Outcome] = []
        while due := await take_due(database, owner, outcomes):
            outcomes = [await self._send(mail) for mail in due]

    async def _send(self, mail: Mail) -> Outcome:
        # Who sends no mail needs not what it stands on.
        from todo_server.outbound.mail import MailError, send  # noqa: PLC0415

        try:
            await send(write(mail, self.sender), self.server)
        except MailError as error:
            fields = {"attempts": mail.attempts, "reason": str(error)}
            log.warning("a mail was not sent", extra={"fields": fields})
            return Outcome(mail, for_good=error.for_good)
        return Outcome(mail, is_sent=True)


def write(mail: Mail, sender: str) -> EmailMessage:
    """Write a reminder; no text of a user's becomes a header of its own."""
    message = EmailMessage()
    title = _CONTROL.sub(" ", mail.title).strip()
    message["Subject"] = f"Reminder: {title}"
    message["From"] = sender
    message["To"] = Address(_CONTROL.sub(" ", mail.name), addr_spec=mail.email)
    message["Date"] = formatdate()
    # The same with each attempt, so that a mail that came twice is known to be one.
    message["Message-ID"] = f"<{mail.id}@{domain_of(sender)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    due = "" if mail.due_date is None else f"\nDue: {_CONTROL.sub(' ', mail.due_date)}\n"
    message.set_content(f"{title}\n{due}\nYou asked to be reminded of this task by mail.\n")
    return message
