"""What a user can do with their notifications. Answers are JSON in bytes, as PostgreSQL wrote it.

They come from the dispatcher (`reminders.py`), and from whatever else has something to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql

from todo_server.database import (
    Handle,
    Read,
    Write,
    constant,
    is_owners,
    json_columns,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    update_owned,
    utf8,
    write_statement,
)
from todo_server.domain.cursor import read_cursor, write_cursor
from todo_server.domain.notifications_query import NotificationsQuery
from todo_server.errors import InvalidCursorError, NotificationNotFoundError
from todo_server.models import Notification, NotificationRead
from todo_server.services.one_row import NOW

_ALL_BEFORE = UUID(int=2**128 - 1)

_notifications = owner_view(Notification)
_limit: ColumnElement[int] = bindparam("limit", type_=Integer)
_one = literal_column("1", Integer)


@dataclass(frozen=True, slots=True)
class NotificationsPage:
    """A JSON array of notifications, and the cursor to the next page where there is one."""

    body: bytes
    next_cursor: str | None


async def list_notifications(mine: Handle, query: NotificationsQuery) -> NotificationsPage:
    """List the user's notifications, the newest first.

    InvalidCursorError for a cursor that belongs elsewhere.
    """
    user_id = mine.identity.user_id
    before = _ALL_BEFORE if query.cursor is None else _position(user_id, query)
    body, following = await mine.run(_LIST[query.unread], before=before, limit=query.limit)
    cursor = None
    if following is not None:
        cursor = write_cursor(user_id, query, following.decode())
    return NotificationsPage(body, cursor)


async def mark_notification(mine: Handle, notification_id: UUID, *, read: bool) -> bytes:
    """Mark one as read, or as unread again; give it.

    One that was read before keeps the instant. NotificationNotFoundError if the user has none with
    this id.
    """
    found = await mine.run(_MARK_ONE, row_id=notification_id, read=read, now=mine.now)
    if found is None:
        raise NotificationNotFoundError
    (body,) = found
    return body


async def mark_notifications(
    mine: Handle, ids: Sequence[UUID] | None = None, up_to: UUID | None = None
) -> bytes:
    """Mark those with these ids as read, or one and all older ones, or all; give the counts."""
    (body,) = await mine.run(_MARK, ids=ids, up_to=up_to, now=mine.now)
    return body


def _position(user_id: str, query: NotificationsQuery) -> UUID:
    try:
        (text,) = read_cursor(user_id, query)
        return UUID(text)
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidCursorError from error


def _listing(*, unread: bool | None) -> Read[tuple[bytes, bytes | None]]:
    """Select [the JSON array, the id of its last row where more follow]."""
    row_id, read_at = _notifications.c.id, _notifications.c.read_at
    wanted = {None: (), True: (read_at.is_(None),), False: (read_at.is_not(None),)}[unread]
    page = select_owned(Notification, *json_columns(_notifications, NotificationRead))
    page = page.where(row_id < bindparam("before", type_=Uuid), *wanted)
    rows = page.order_by(row_id.desc()).limit(_limit + _one).subquery("rows")
    place = func.row_number().over(order_by=rows.c.id.desc()).label("place")
    row = select(json_row(rows).label("json"), rows.c.id, place).subquery("row")
    listed = row.c.place <= _limit
    newest_first = postgresql.aggregate_order_by(row.c.json, row.c.place)
    array = func.coalesce(func.json_agg(newest_first).filter(listed), literal_column("'[]'"))
    position = cast(func.json_build_array(row.c.id), Text)
    last = func.max(position).filter(row.c.place == _limit)
    following = case((func.count() > _limit, last))
    return read_statement(select(postgresql.array([utf8(array), utf8(following)])).select_from(row))


def _mark_one() -> Write[list[bytes] | None]:
    was = _notifications.c.read_at
    read = bindparam("read", type_=Boolean)
    marked = (
        update_owned(Notification)
        .where(_notifications.c.id == bindparam("row_id", type_=Uuid))
        .values(read_at=case((read, func.coalesce(was, NOW))))
        .returning(*json_columns(_notifications, NotificationRead))
        .cte("marked")
    )
    return write_statement(select(postgresql.array([utf8(json_row(marked))])))


def _mark() -> Write[list[bytes]]:
    row_id, is_unread = _notifications.c.id, _notifications.c.read_at.is_(None)
    ids: ColumnElement[Any] = bindparam("ids", type_=ARRAY(Uuid))
    up_to = bindparam("up_to", type_=Uuid)
    shown = _notifications.alias("shown")  # one of the user's own: of others, none is older
    newest = select(shown.c.id).where(is_owners(shown), shown.c.id == up_to).scalar_subquery()
    wanted = (or_(ids.is_(None), row_id == any_(ids)), or_(up_to.is_(None), row_id <= newest))
    those = update_owned(Notification).where(is_unread, *wanted).values(read_at=NOW)
    marked = those.returning(row_id).cte("marked")
    count = select(func.count()).select_from(marked).scalar_subquery()
    # As it was before: no part of a statement sees what another one does.
    unread = select(func.count()).where(is_owners(_notifications), is_unread).scalar_subquery()
    parts = (constant("marked"), count, constant("unread"), unread - count)
    return write_statement(select(postgresql.array([utf8(func.json_build_object(*parts))])))


_LIST = {unread: _listing(unread=unread) for unread in (None, True, False)}
_MARK_ONE, _MARK = _mark_one(), _mark()
