"""The cursor to the next page of a listing."""

import base64
from hashlib import blake2b

from todo_server.domain import strict_json
from todo_server.domain.task_query import TaskQuery
from todo_server.domain.text import has_nul
from todo_server.errors import InvalidCursorError


def write_cursor(owner: str, listing: TaskQuery, position: str) -> str:
    """Make the cursor to what comes after a position (JSON text) in this listing."""
    payload = _checksum(owner, listing, position) + position.encode()
    return base64.urlsafe_b64encode(payload).decode().rstrip("=")


def read_cursor(owner: str, listing: TaskQuery) -> list[str]:
    """Give the position back; InvalidCursorError if it was made for anything else.

    The checksum is no secret: it finds mistakes, and a made-up cursor shows its maker no rows
    but their own.
    """
    cursor = listing.cursor or ""
    try:
        payload = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position: list[str] = strict_json.loads(payload[8:])
        genuine = write_cursor(owner, listing, payload[8:].decode()) == cursor
        storable = isinstance(position, list) and all(map(_is_storable, position))
    except ValueError as error:
        raise InvalidCursorError from error
    if not (genuine and storable):
        raise InvalidCursorError
    return position


def _is_storable(key: object) -> bool:
    """Tell whether PostgreSQL could have written this; a UnicodeEncodeError is a ValueError."""
    return isinstance(key, str) and not has_nul(key) and bool(key.encode())


def _checksum(owner: str, listing: TaskQuery, position: str) -> bytes:
    bound = "\0".join((listing.status, listing.sort, listing.order, position, owner))
    return blake2b(bound.encode(), digest_size=8, person=b"todo cursor").digest()
