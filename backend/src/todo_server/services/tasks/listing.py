"""Listing a user's tasks: pages, and whole lists in pieces. Answers are JSON in bytes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from todo_server.database import Handle
from todo_server.domain.identity import Identity
from todo_server.domain.listing import read_cursor, write_cursor
from todo_server.domain.task_query import MAXIMUM, PAGE_MAXIMUM, TaskQuery
from todo_server.errors import InvalidCursorError
from todo_server.services.tasks import list_statements


@dataclass(frozen=True, slots=True)
class Page:
    """A JSON array of tasks, and the cursor to the next page where there is one."""

    body: bytes
    next_cursor: str | None
    rest: bytes = b""
    """What the array lacks where all of a long list was asked for: ids of 16 bytes, in order."""


async def list_tasks(mine: Handle, listing: TaskQuery) -> Page:
    """List the user's tasks; InvalidCursorError for a cursor that belongs elsewhere."""
    shape = (listing.status, listing.sort, listing.order)
    after = listing.cursor is not None
    values: dict[str, Any] = {"limit": listing.limit or MAXIMUM}
    if after:
        values |= _position(mine.identity, listing)
    rest: bytes | None = None
    if listing.limit is None:
        whole = list_statements.whole_statement(*shape, after=after)
        body, position, rest = await mine.run(whole, **values)
    else:
        page = list_statements.page_statement(*shape, after=after)
        body, position = await mine.run(page, **values)
    cursor = None
    if position is not None:
        cursor = write_cursor(mine.identity.user_id, listing, position.decode())
    return Page(body, cursor, rest or b"")


async def read_rest(mine: Handle, listing: TaskQuery, rest: bytes) -> AsyncIterator[bytes]:
    """Read what a long list lacks, as JSON arrays of one page each, in order.

    Each is read when it is asked for, and no connection is held in between. What was deleted, or
    has left the listed status, is missing.
    """
    statement = list_statements.rest_statement(listing.status)
    for start in range(0, len(rest), PAGE_MAXIMUM * 16):
        ids = _ids(rest[start : start + PAGE_MAXIMUM * 16])
        yield await mine.run(statement, ids=ids)


def _ids(packed: bytes) -> list[UUID]:
    return [UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)]


def _position(identity: Identity, listing: TaskQuery) -> dict[str, Any]:
    """Turn a cursor into the parameters of a listing's statement."""
    try:
        *key, task_id = read_cursor(identity.user_id, listing)
        return {"task_id": UUID(task_id), **list_statements.read_key(listing.sort, key)}
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidCursorError from error
