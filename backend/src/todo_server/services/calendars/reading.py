"""A user's tasks as a calendar, written piece by piece, each read when it is asked for.

Ids first, and then the tasks by them, as an export does: where PostgreSQL has no statistics of a
user, it would sort all that they have for each piece.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Uuid,
    and_,
    bindparam,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from todo_server.database import (
    Handle,
    Read,
    json_columns,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    utf8,
)
from todo_server.domain.calendar_query import WrittenAs
from todo_server.domain.ical import Calendar, event_of, todo_of
from todo_server.models import CalendarTask, Task

PAGE = 200
"""Tasks in a piece: they are written within milliseconds, while no other request is answered."""

IDS = 20_000
"""Of 16 bytes, read at once."""

KEPT = timedelta(days=30)
"""For how long a task that is done is among the to-dos."""

_COMPONENTS = {WrittenAs.TASKS: todo_of, WrittenAs.EVENTS: event_of}


def done_since(now: datetime) -> datetime:
    """Give from when on what was done is still shown: it moves once a day."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return today - KEPT


async def read_calendar(
    mine: Handle, written_as: WrittenAs, zone: str | None, product: str
) -> AsyncIterator[bytes]:
    """Give the calendar in pieces; no connection is held in between."""
    calendar = Calendar(_COMPONENTS[written_as], product=product, name="Tasks", zone=zone)
    yield calendar.head().encode()
    async for tasks in _pages(mine, written_as):
        yield calendar.add(tasks).encode()
    yield calendar.tail().encode()


async def _pages(mine: Handle, written_as: WrittenAs) -> AsyncIterator[list[dict[str, Any]]]:
    after, since, more = UUID(int=0), done_since(mine.now), True
    while more:
        packed = await mine.run(_IDS_OF[written_as], after_id=after, done_since=since) or b""
        ids = [UUID(bytes=packed[at : at + 16]) for at in range(0, len(packed), 16)]
        for at in range(0, len(ids), PAGE):
            some = {"ids": ids[at : at + PAGE], "done_since": since}
            page: bytes = await mine.run(_WITH_IDS[written_as], **some)
            yield orjson.loads(page)
        more = len(ids) == IDS
        after = ids[-1] if more else after


_tasks = owner_view(Task)
_is_shown = {
    WrittenAs.TASKS: or_(
        not_(_tasks.c.completed),
        _tasks.c.completed_at >= bindparam("done_since", type_=DateTime(timezone=True)),
    ),
    WrittenAs.EVENTS: and_(not_(_tasks.c.completed), _tasks.c.due_date.is_not(None)),
}


def _ids_of(is_shown: ColumnElement[bool]) -> Read[bytes | None]:
    some = select_owned(Task, _tasks.c.id)
    some = some.where(is_shown, _tasks.c.id > bindparam("after_id", type_=Uuid))
    some = some.order_by(_tasks.c.id).limit(literal_column(str(IDS), Integer))
    ids = some.subquery("ids")
    packed = func.string_agg(func.uuid_send(ids.c.id), literal_column("''::bytea"))
    return read_statement(select(packed), rare=True)


def _with_ids(is_shown: ColumnElement[bool]) -> Read[bytes]:
    """Select those of some tasks that are still shown, each looked up by the primary key."""
    wanted = (
        func.unnest(bindparam("ids", type_=ARRAY(Uuid)))
        .table_valued("id", with_ordinality="number", name="wanted")
        .render_derived()
    )
    its_own = select_owned(Task, *json_columns(_tasks, CalendarTask))
    its_own = its_own.where(is_shown, _tasks.c.id == wanted.c.id)
    found = its_own.correlate(wanted).limit(literal_column("1")).lateral("found")
    rows = select(found).select_from(wanted.join(found, true())).order_by(wanted.c.number)
    page = rows.subquery("rows")
    array = func.coalesce(func.json_agg(json_row(page)), literal_column("'[]'"))
    return read_statement(select(utf8(array)), rare=True)


_IDS_OF = {written_as: _ids_of(is_shown) for written_as, is_shown in _is_shown.items()}
_WITH_IDS = {written_as: _with_ids(is_shown) for written_as, is_shown in _is_shown.items()}
