"""Listing a user's tasks: pages, and whole lists in pieces. Answers are JSON in bytes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from todo_server.database import Handle, Read
from todo_server.domain.cursor import read_cursor, write_cursor
from todo_server.domain.identity import Identity
from todo_server.domain.task_filters import TaskFilters
from todo_server.domain.task_query import PAGE_MAXIMUM, TaskQuery
from todo_server.domain.trash_query import TrashQuery
from todo_server.errors import InvalidCursorError
from todo_server.services.tasks import list_statements
from todo_server.services.tasks.filters import filter_values, filters_of
from todo_server.services.tasks.keys import read_position
from todo_server.services.tasks.list_statements import AnyShape, Counted
from todo_server.services.tasks.sorts import SortedShape
from todo_server.services.tasks.walks import WALKED, Shape, Start

Listing: TypeAlias = TaskQuery | TrashQuery
"""What is asked for: tasks, or what is in the trash."""


@dataclass(frozen=True, slots=True)
class Page:
    """A JSON array of tasks, and the cursor to the next page where there is one."""

    body: bytes
    next_cursor: str | None
    rest: bytes = b""
    """What the array lacks where all of a long list was asked for: ids of 16 bytes, in order."""
    total: int | None = None
    """How many there are on all pages, where that was asked."""


async def list_tasks(mine: Handle, listing: Listing, *, counted: bool = False) -> Page:
    """List the user's tasks, or their trash; InvalidCursorError for a cursor of something else.

    Numbered pages are always counted.
    """
    position = None if listing.cursor is None else _position(mine.identity, listing)
    values, statement = _plan(listing, _start(position), counted=counted)
    found = await mine.run(statement, **values, **(position or {}))
    total = None
    if counted or listing.is_numbered:
        count, *found = found
        total = int(count)
    body, following, *rest = found
    cursor = None
    if following is not None and not listing.is_numbered:
        cursor = write_cursor(mine.identity.user_id, listing, following.decode())
    return Page(body, cursor, (rest and rest[0]) or b"", total)


async def count_tasks(mine: Handle, asked: TaskFilters) -> int:
    """Count the user's tasks that are asked for."""
    filters = filters_of(asked)
    statement = list_statements.count_statement(asked.state, tuple(filters))
    count: bytes = await mine.run(statement, **filter_values(asked, filters))
    return int(count)


Plan: TypeAlias = tuple[dict[str, object], Read[Any]]
"""The values of what was asked for, and the statement."""


def _plan(listing: Listing, start: Start, *, counted: bool) -> Plan:
    """Make what is asked of the database; the first page of a question is worked out once."""
    plan: Plan | None = listing.memo.get((start, counted))
    if plan is None:
        filters = filters_of(listing)
        shape = shape_of(listing, tuple(filters), start)
        how = Counted.SKIPPING if listing.is_numbered else Counted(counted)
        is_whole = listing.limit is None and not listing.is_numbered
        make = list_statements.whole_statement if is_whole else list_statements.page_statement
        values = filter_values(listing, filters)
        values |= {"limit": listing.size, "skipped": listing.skipped}
        plan = values, make(shape, how)
        listing.memo[start, counted] = plan
    return plan


def shape_of(
    listing: Listing, filters: tuple[str, ...], start: Start = Start.BEGINNING
) -> AnyShape:
    """Tell how the rows are found: by an index that has them in this order, or sorted."""
    column, order = listing.keys[0]
    walk = Shape(listing.state, column, order, start, filters, listing.trashed)
    if walk.keys == listing.keys and (listing.trashed or column in WALKED):
        return walk
    return SortedShape(listing.state, listing.keys, start is not Start.BEGINNING, filters)


async def read_rest(mine: Handle, listing: Listing, rest: bytes) -> AsyncIterator[bytes]:
    """Read what a long list lacks, as JSON arrays of one page each, in order.

    Each is read when it is asked for, and no connection is held in between. What was deleted, or
    is no longer what was asked for, is missing.
    """
    filters = filters_of(listing)
    statement = list_statements.rest_statement(
        listing.state, tuple(filters), trashed=listing.trashed
    )
    for start in range(0, len(rest), PAGE_MAXIMUM * 16):
        ids = _ids(rest[start : start + PAGE_MAXIMUM * 16])
        yield await mine.run(statement, ids=ids, **filter_values(listing, filters))


def _ids(packed: bytes) -> list[UUID]:
    return [UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)]


def _position(identity: Identity, listing: Listing) -> dict[str, Any]:
    """Turn a cursor into the parameters of a listing's statement."""
    try:
        return read_position(listing.keys, read_cursor(identity.user_id, listing))
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidCursorError from error


def _start(position: dict[str, Any] | None) -> Start:
    if position is None:
        return Start.BEGINNING
    return Start.AFTER_NULL if position.get("key_1", position) is None else Start.AFTER_KEY
