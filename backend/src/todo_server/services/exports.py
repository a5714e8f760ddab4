"""Everything of a user, read page by page; each page is a statement of its own.

What was there at the beginning is in it, each row as it was then or as it became meanwhile. What
tasks refer to comes before them: projects, and tasks without a parent before subtasks, so that who
takes the document in, page by page, finds it. Each part comes in the order of ids, the trash in
that of deletion, so that what is deleted meanwhile is met at the end of it, if not among the tasks.
What was restored behind our back, after its place among the tasks was passed and before it was met
in the trash, is looked up in the log.

Where PostgreSQL has no statistics of a user, it sorts all that they have for the first rows of it.
So many ids are read at once, and then the tasks by them; and the log, which has no gaps, is read by
its numbers.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from todo_server.database import Handle, Read
from todo_server.models import FORMAT
from todo_server.services.export_statements import (
    ALL,
    BEGIN,
    CHANGES,
    IDS,
    IDS_OF,
    NUMBERS,
    PAGE,
    RESTORED,
    TRASH,
    WITH_IDS,
    Page,
)
from todo_server.services.settings import get_settings

Values: TypeAlias = dict[str, Any]

_BEFORE_ALL = {"after_id": UUID(int=0), "after_instant": datetime.min.replace(tzinfo=UTC)}


async def export(mine: Handle) -> AsyncIterator[bytes]:
    """Give the document in pieces, each read when it is asked for; the beginning is read already.

    No connection is held in between.
    """
    number, account = await mine.run(BEGIN)
    settings = await get_settings(mine)
    head = b'{"format": "%s", "exported_at": "%s", "number": %s, "account": %s, "settings": %s' % (
        FORMAT.encode(),
        mine.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode(),
        number,
        account or b"null",
        settings.body,
    )
    return _pieces(mine, head, int(number))


async def _pieces(mine: Handle, head: bytes, number: int) -> AsyncIterator[bytes]:
    yield head
    start = {**_BEFORE_ALL, "after_number": number}
    for member, walks in _members_of_document(mine, start).items():
        yield b',\n"%s": ' % member.encode()
        async for piece in _array(*walks):
            yield piece
    yield b"}\n"


def _members_of_document(mine: Handle, start: Values) -> dict[str, list[AsyncIterator[bytes]]]:
    """Give the walks that each member is made of, in the order of both."""
    return {
        **{member: [_walk(mine, each, _after_uuid, start)] for member, each in ALL.items()},
        "tasks": [_walk_tasks(mine, part, start) for part in IDS_OF],
        "trash": [
            walk
            for trashed, restored in zip(TRASH, RESTORED, strict=True)
            for walk in (
                _walk(mine, trashed, _after_deletion, start),
                _walk(mine, restored, _after_uuid, start),
            )
        ],
        "changes": [_walk_log(mine)],
    }


async def _array(*walks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give the arrays of some walks as one."""
    before = b"["
    for walk in walks:
        async for array in walk:
            if array != b"[]":
                yield before + array[1:-1]
                before = b",\n "
    yield b"[]" if before == b"[" else b"]"


async def _walk_tasks(
    mine: Handle, part: Read[bytes | None], start: Values
) -> AsyncIterator[bytes]:
    """Read page after page of the tasks, as JSON arrays."""
    values, more = start, True
    while more:
        packed = await mine.run(part, **values) or b""
        ids = [UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)]
        for at in range(0, len(ids), PAGE):
            yield await mine.run(WITH_IDS, ids=ids[at : at + PAGE], **start)
        more = len(ids) == IDS
        values = start | {"after_id": ids[-1]} if more else values


async def _walk_log(mine: Handle) -> AsyncIterator[bytes]:
    """Read the log by its numbers, up to the newest once all rows were read, so that it ends."""
    oldest, newest = await mine.run(NUMBERS)
    for start in range(oldest - 1, newest, PAGE):
        yield await mine.run(CHANGES, after_number=start, until=min(start + PAGE, newest))


async def _walk(
    mine: Handle, statement: Read[Page], after: Callable[[str], Values], start: Values
) -> AsyncIterator[bytes]:
    """Read page after page, as JSON arrays."""
    values = start
    while True:
        array, last = await mine.run(statement, **values)
        yield array
        if last is None:
            return
        values = start | after(last.decode())


def _after_uuid(key: str) -> Values:
    return {"after_id": UUID(key)}


def _after_deletion(key: str) -> Values:
    instant, _, task_id = key.partition(" ")
    return {"after_instant": datetime.fromisoformat(instant), "after_id": UUID(task_id)}
