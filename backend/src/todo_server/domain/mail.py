"""Where mail is handed in, and from whom it comes, as settings have it."""

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_PORTS = {"smtp": 587, "smtps": 465}
_SENDER = re.compile(
    r"(?:[^<>\x00-\x1f\x7f]*<([^<>@\s]+@[^<>@\s]+)>|[^<>@\s,]+@[^<>@\s,]+)", re.ASCII
)


class SMTPServer(NamedTuple):
    """A server that takes mail."""

    host: str
    port: int
    use_tls: bool
    """From the first byte on; otherwise by STARTTLS."""
    username: str | None
    password: str | None


def read_smtp_url(url: str) -> SMTPServer:
    """Read `smtps://user:password@host` or `smtp://…`; ValueError says what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("write smtps://user:password@host, or smtp://user:password@host:587")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("nothing comes after the host and the port")
    if (parts.username is None) != (parts.password is None):
        raise ValueError("write a user and a password, or neither; an @ in one of them is %40")
    username, password = (
        None if each is None else unquote(each) for each in (parts.username, parts.password)
    )
    port = parts.port or _PORTS[parts.scheme]
    return SMTPServer(parts.hostname, port, parts.scheme == "smtps", username, password)


def check_smtp_url(url: str) -> None:
    """Raise as `read_smtp_url`, without anything of the URL, which has a password in it."""
    try:
        read_smtp_url(url)
    except ValueError as error:
        known = str(error) if str(error).startswith(("write", "nothing")) else "it is no such URL"
        raise ValueError(known) from None


def is_sender(text: str) -> bool:
    """Tell whether mail could come from there: an address, or a name and one in angle brackets."""
    return _SENDER.fullmatch(text.strip()) is not None


def domain_of(sender: str) -> str:
    """Give the part of a sender behind the last `@`."""
    return sender.rpartition("@")[2].strip("<> ")
