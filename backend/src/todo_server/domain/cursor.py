"""The cursor to the next page: a position, good for whoever asked, and for what was asked."""

from hashlib import blake2b
from typing import Protocol, TypeAlias

from todo_server.domain import base64url, strict_json
from todo_server.domain.text import has_nul
from todo_server.errors import InvalidCursorError

Position: TypeAlias = list[str | None]
"""What the last row of a page was sorted by, where null is a key as well, and its id."""


class Query(Protocol):
    """What was asked; see `domain/query.py`."""

    @property
    def cursor(self) -> str | None:
        """Where to go on."""

    @property
    def asked_text(self) -> str:
        """All that was asked, in which every field counts."""


def write_cursor(owner: str, query: Query, position: str) -> str:
    """Make the cursor to what comes after a position (JSON text) in the answers to a query."""
    payload = _checksum(owner, query, position) + position.encode()
    return base64url.encode(payload)


def read_cursor(owner: str, query: Query) -> Position:
    """Give the position back; InvalidCursorError if it was made for anything else.

    The checksum is no secret: it finds mistakes, and a made-up cursor shows its maker no rows
    but their own.
    """
    cursor = query.cursor or ""
    try:
        payload = base64url.decode(cursor)
        position: Position = strict_json.loads(payload[8:])
        genuine = write_cursor(owner, query, payload[8:].decode()) == cursor
        storable = isinstance(position, list) and all(map(_is_storable, position))
        storable = storable and position[-1:] != [None]  # the id
    except ValueError as error:
        raise InvalidCursorError from error
    if not (genuine and storable):
        raise InvalidCursorError
    return position


def _is_storable(key: object) -> bool:
    """Tell whether PostgreSQL could have written this; a UnicodeEncodeError is a ValueError."""
    return key is None or (isinstance(key, str) and not has_nul(key) and bool(key.encode()))


def _checksum(owner: str, query: Query, position: str) -> bytes:
    bound = "\0".join((query.asked_text, position, owner))
    return blake2b(bound.encode(), digest_size=8, person=b"todo cursor").digest()
