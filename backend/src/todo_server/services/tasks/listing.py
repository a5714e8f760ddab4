"""Listing a user's tasks: pages, and whole lists in pieces. Answers are JSON in bytes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from todo_server.database import Handle, Read
from todo_server.domain.cursor import read_cursor, write_cursor
from todo_server.domain.identity import Identity
from todo_server.domain.task_query import MAXIMUM, PAGE_MAXIMUM, TaskQuery
from todo_server.domain.trash_query import TrashQuery
from todo_server.errors import InvalidCursorError
from todo_server.services.tasks import list_statements
from todo_server.services.tasks.keys import read_position
from todo_server.services.tasks.walks import FILTERS, Shape, Start

Listing: TypeAlias = TaskQuery | TrashQuery
"""What is asked for: tasks, or what is in the trash."""


@dataclass(frozen=True, slots=True)
class Page:
    """A JSON array of tasks, and the cursor to the next page where there is one."""

    body: bytes
    next_cursor: str | None
    rest: bytes = b""
    """What the array lacks where all of a long list was asked for: ids of 16 bytes, in order."""


async def list_tasks(mine: Handle, listing: Listing) -> Page:
    """List the user's tasks, or their trash; InvalidCursorError for a cursor of something else."""
    position = None if listing.cursor is None else _position(mine.identity, listing)
    filters, statement = _plan(listing, _start(position))
    values = filters | {"limit": listing.limit or MAXIMUM}
    if position is not None:
        values |= position
    body, following, *rest = await mine.run(statement, **values)
    cursor = None
    if following is not None:
        cursor = write_cursor(mine.identity.user_id, listing, following.decode())
    return Page(body, cursor, (rest and rest[0]) or b"")


Plan: TypeAlias = tuple[dict[str, object], Read[Any]]
"""The values of the filters that were asked for, and the statement."""


def _plan(listing: Listing, start: Start) -> Plan:
    """Make what is asked of the database; the first page of a question is worked out once."""
    plan: Plan | None = listing.memo.get(start)
    if plan is None:
        filters = _filters(listing)
        order, column = listing.order, listing.column
        shape = Shape(listing.status, column, order, start, tuple(filters), listing.trashed)
        if listing.limit is None:
            plan = filters, list_statements.whole_statement(shape)
        else:
            plan = filters, list_statements.page_statement(shape)
        listing.memo[start] = plan
    return plan


async def read_rest(mine: Handle, listing: Listing, rest: bytes) -> AsyncIterator[bytes]:
    """Read what a long list lacks, as JSON arrays of one page each, in order.

    Each is read when it is asked for, and no connection is held in between. What was deleted, or
    is no longer what was asked for, is missing.
    """
    filters = _filters(listing)
    statement = list_statements.rest_statement(
        listing.status, tuple(filters), trashed=listing.trashed
    )
    for start in range(0, len(rest), PAGE_MAXIMUM * 16):
        ids = _ids(rest[start : start + PAGE_MAXIMUM * 16])
        yield await mine.run(statement, ids=ids, **filters)


def _ids(packed: bytes) -> list[UUID]:
    return [UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)]


def _filters(listing: Listing) -> dict[str, object]:
    """Give the values of the filters that were asked for."""
    values = {name: getattr(listing, name, None) for name in FILTERS}
    return {name: value for name, value in values.items() if value is not None} if values else {}


def _position(identity: Identity, listing: Listing) -> dict[str, Any]:
    """Turn a cursor into the parameters of a listing's statement."""
    try:
        return read_position(listing.column, read_cursor(identity.user_id, listing))
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidCursorError from error


def _start(position: dict[str, Any] | None) -> Start:
    if position is None:
        return Start.BEGINNING
    return Start.AFTER_NULL if position.get("key", position) is None else Start.AFTER_KEY
