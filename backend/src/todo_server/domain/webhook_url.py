"""The address of a webhook, in one form: as browsers read it (WHATWG URL)."""

from ipaddress import ip_address

from pydantic_core import Url

from todo_server.domain.public_addresses import is_public

MAX_URL = 2_000
"""Characters."""

_THIS_MACHINE = ("localhost", "ip6-localhost")
"""Names of it, whatever stands before the first (RFC 6761, section 6.3)."""

_WEB_PORTS = (80, 443)
_FIRST_FREE_PORT = 1024


def canonical_url(text: str, *, private_addresses: bool = False) -> str:
    """Give an address in its one form; ValueError says in a sentence what is wrong with it.

    A host may be written `0x7f.1`, or in other digits: what comes out is what would be asked. What
    its name leads to, only those know who look it up, each time that they do (`outbound`).
    """
    try:
        url = Url(text)
    except ValueError as error:
        raise ValueError("Use a URL like https://example.com/hooks") from error
    canonical = str(url)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("Use a URL that begins with https:// or http://")
    if url.username is not None or url.password is not None:
        raise ValueError("A URL may hold no name and password here")
    if url.fragment is not None:
        raise ValueError("Leave out what begins with #: it is never sent")
    if url.port not in _WEB_PORTS and (url.port or 0) < _FIRST_FREE_PORT:
        raise ValueError("Use port 80, port 443, or one from 1024 on")
    if len(canonical) > MAX_URL:
        raise ValueError(f"Use a URL of at most {MAX_URL} characters")
    if not (private_addresses or _may_be_public(url.host)):
        raise ValueError("Use an address that is public")
    return canonical


def _may_be_public(host: str) -> bool:
    try:
        return is_public(ip_address(host.strip("[]")))
    except ValueError:
        name = host.removesuffix(".").rpartition(".")[2]
        return name not in _THIS_MACHINE  # a name: what it leads to is seen when it is asked
