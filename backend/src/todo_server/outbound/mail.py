"""Sending mail, by the SMTP server of whoever runs this one."""

from email.message import EmailMessage
from ipaddress import ip_address

import aiosmtplib

from todo_server.domain.mail import SMTPServer

SECONDS = 20.0
"""What one exchange with the server may take."""

_FOR_GOOD = 500
"""From here on, what a server answers to an address or a message stays so (RFC 5321, 4.2.1)."""


class MailError(Exception):
    """A mail was not taken; says why, without the address, and whether it would never be."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        self.for_good = for_good
        super().__init__(reason)


async def send(message: EmailMessage, server: SMTPServer) -> None:
    """Hand a mail in; MailError where it is not taken.

    Nothing goes over a network in the clear: without TLS from the first byte on, there has to be
    STARTTLS, but for a server on this machine.
    """
    start_tls = None if _is_loopback(server.host) else True
    try:
        await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.use_tls,
            start_tls=False if server.use_tls else start_tls,
            timeout=SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = [refused.code for refused in error.recipients]
        for_good = all(code >= _FOR_GOOD for code in codes)
        raise MailError(f"the address was refused ({codes[0]})", for_good=for_good) from error
    except aiosmtplib.SMTPDataError as error:
        for_good = error.code >= _FOR_GOOD
        raise MailError(f"the mail was refused ({error.code})", for_good=for_good) from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise MailError(f"the mail server failed: {type(error).__name__}") from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
