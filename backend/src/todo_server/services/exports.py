"""Everything of a user, read page by page; each page is a statement of its own.

What was there at the beginning is in it, each row as it was then or as it became meanwhile. Tasks
come in the order of their ids, then the trash in the order of deletion, so that what is deleted
meanwhile is met at the end of it, if not among the tasks. What was restored behind our back, after
its place among the tasks was passed and before it was met in the trash, is looked up in the log.

Where PostgreSQL has no statistics of a user, it sorts all that they have for the first rows of it.
So many ids are read at once, and then the tasks by them; and the log, which has no gaps, is read by
its numbers.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Subquery,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql

from todo_server.database import (
    Handle,
    Read,
    constant,
    json_columns,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    trash_view,
    utf8,
)
from todo_server.domain.task_query import TaskQuery
from todo_server.models import (
    FORMAT,
    Account,
    ExportedChange,
    ExportedTrash,
    LoggedChange,
    Task,
)
from todo_server.services.tasks import read_rest

_BEFORE_ALL = {"after_id": UUID(int=0), "after_instant": datetime.min.replace(tzinfo=UTC)}

PAGE = 200
"""Rows: 6 MB at most, if all of their text has to be escaped."""

IDS = 20_000
"""Of 16 bytes."""

Values: TypeAlias = dict[str, Any]
Page: TypeAlias = tuple[bytes, bytes | None]
"""A JSON array, and the key of its last row where more may follow."""

_tasks, _trash = owner_view(Task), trash_view(Task)
_accounts, _changes = owner_view(Account), owner_view(LoggedChange)

_after_id = bindparam("after_id", type_=Uuid)
_after_number = bindparam("after_number", type_=BigInteger)
_after_instant = bindparam("after_instant", type_=DateTime(timezone=True))


def _array_of(rows: Subquery) -> ColumnElement[bytes]:
    return utf8(func.coalesce(func.json_agg(json_row(rows)), literal_column("'[]'")))


def _page(rows: Select[Any], *key: str) -> Read[Page]:
    """Select a page of these rows, which are in the order of their key."""
    page = rows.limit(literal_column(str(PAGE), Integer)).subquery("page")
    # Instants and UUIDs are in one order with their texts.
    last = func.max(func.concat_ws(constant(" "), *(page.c[name] for name in key)))
    next_key = utf8(case((func.count() == literal_column(str(PAGE), Integer), last)))
    whole = select(postgresql.array([_array_of(page), next_key])).select_from(page)
    return read_statement(whole, rare=True)


def _first_number(by: ColumnElement[Any]) -> ColumnElement[int]:
    first = select_owned(LoggedChange, _changes.c.number).order_by(by).limit(literal_column("1"))
    return func.coalesce(first.scalar_subquery(), literal_column("0"))


_OLDEST, _NEWEST = _first_number(_changes.c.number), _first_number(_changes.c.number.desc())


_its = select_owned(Account, *json_columns(_accounts, Account)).subquery("its")
_account = select(
    _its.c.user_id.label("id"), _its.c.email, _its.c.name, _its.c.created_at
).subquery("account")
_BEGIN: Read[tuple[bytes, bytes | None]] = read_statement(
    select(
        postgresql.array(
            [utf8(_NEWEST), select(utf8(json_row(_account))).scalar_subquery()],
        )
    )
)
_NUMBERS: Read[list[int]] = read_statement(select(postgresql.array([_OLDEST, _NEWEST])))

_some = select_owned(Task, _tasks.c.id).where(_tasks.c.id > _after_id).order_by(_tasks.c.id)
_ids = _some.limit(literal_column(str(IDS), Integer)).subquery("ids")
_IDS: Read[bytes | None] = read_statement(
    select(func.string_agg(func.uuid_send(_ids.c.id), literal_column("''::bytea"))), rare=True
)
_TRASH = _page(
    select_owned(Task, *json_columns(_trash, ExportedTrash), trashed=True)
    .where(tuple_(_trash.c.deleted_at, _trash.c.id) > tuple_(_after_instant, _after_id))
    .order_by(_trash.c.deleted_at, _trash.c.id),
    *("deleted_at", "id"),
)
_restored_ids = select_owned(LoggedChange, _changes.c.row_id).where(
    _changes.c.number > _after_number, _changes.c.kind == constant("restored")
)
_RESTORED = _page(
    select_owned(Task, *json_columns(_tasks, ExportedTrash))
    .where(_tasks.c.id > _after_id, _tasks.c.id.in_(_restored_ids))
    .order_by(_tasks.c.id),
    "id",
)
_entries = (
    select_owned(LoggedChange, *json_columns(_changes, ExportedChange))
    .where(
        _changes.c.number > _after_number,
        _changes.c.number <= bindparam("until", type_=BigInteger),
    )
    .order_by(_changes.c.number)
    .subquery("entries")
)
_CHANGES: Read[bytes] = read_statement(select(_array_of(_entries)), rare=True)


async def export(mine: Handle) -> AsyncIterator[bytes]:
    """Give the document in pieces, each read when it is asked for; the beginning is read already.

    No connection is held in between.
    """
    number, account = await mine.run(_BEGIN)
    head = b'{"format": "%s", "exported_at": "%s", "number": %s, "account": %s,\n"tasks": ' % (
        FORMAT.encode(),
        mine.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode(),
        number,
        account or b"null",
    )
    return _pieces(mine, head, int(number))


async def _pieces(mine: Handle, head: bytes, number: int) -> AsyncIterator[bytes]:
    yield head
    async for piece in _array(_walk_tasks(mine)):
        yield piece
    yield b',\n"trash": '
    trash = _walk(mine, _TRASH, _after_deletion, _BEFORE_ALL)
    restored = _walk(mine, _RESTORED, _after_uuid, {**_BEFORE_ALL, "after_number": number})
    async for piece in _array(trash, restored):
        yield piece
    yield b',\n"changes": '
    async for piece in _array(_walk_log(mine)):
        yield piece
    yield b"}\n"


async def _array(*walks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give the arrays of some walks as one."""
    before = b"["
    for walk in walks:
        async for array in walk:
            if array != b"[]":
                yield before + array[1:-1]
                before = b",\n "
    yield b"[]" if before == b"[" else b"]"


async def _walk_tasks(mine: Handle) -> AsyncIterator[bytes]:
    """Read page after page of the tasks, as JSON arrays."""
    after, more = UUID(int=0), True
    while more:
        ids = await mine.run(_IDS, after_id=after) or b""
        async for array in read_rest(mine, TaskQuery(), ids):
            yield array
        more = len(ids) == 16 * IDS
        after = UUID(bytes=ids[-16:]) if more else after


async def _walk_log(mine: Handle) -> AsyncIterator[bytes]:
    """Read the log by its numbers, up to the newest once all rows were read, so that it ends."""
    oldest, newest = await mine.run(_NUMBERS)
    for start in range(oldest - 1, newest, PAGE):
        yield await mine.run(_CHANGES, after_number=start, until=min(start + PAGE, newest))


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
