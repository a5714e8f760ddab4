"""The history of one row: what each change of it made of what, newest first.

The log has what was before. What came after is what the next change of the same member found
before it, or what the row has now.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Subquery,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.selectable import LateralFromClause

from todo_server.database import (
    Handle,
    Read,
    constant,
    is_owners,
    json_columns,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    trash_view,
    utf8,
)
from todo_server.domain.changes_query import MAX_NUMBER, HistoryQuery
from todo_server.domain.cursor import read_cursor, write_cursor
from todo_server.errors import InvalidCursorError, TaskNotFoundError
from todo_server.models import LoggedChange
from todo_server.models.change import logged_members
from todo_server.services.changes.nouns import TASKS, Noun

_log = owner_view(LoggedChange)
_none, _one = literal_column("0", Integer), literal_column("1", Integer)
_limit: ColumnElement[int] = bindparam("limit", type_=Integer)
_row_id: ColumnElement[UUID] = bindparam("row_id", type_=Uuid)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A JSON array of changes, and the cursor to the next page where there is one."""

    body: bytes
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _OfOneTask:
    """What a cursor is bound to."""

    cursor: str | None
    task_id: UUID

    @property
    def asked_text(self) -> str:
        return f"history of {self.task_id}"


async def list_task_history(mine: Handle, task_id: UUID, query: HistoryQuery) -> HistoryPage:
    """List the changes of a task, the newest first; one in the trash has a history, too.

    TaskNotFoundError if the user has none with this id, InvalidCursorError for a cursor that
    belongs elsewhere.
    """
    asked = _OfOneTask(query.cursor, task_id)
    version, before = _position(mine.identity.user_id, asked)
    values = {"row_id": task_id, "version": version, "before": before, "limit": query.limit}
    page = await mine.run(_HISTORY, **values)
    if page is None:
        raise TaskNotFoundError
    body, following = page
    cursor = None
    if following is not None:
        cursor = write_cursor(mine.identity.user_id, asked, following.decode())
    return HistoryPage(body, cursor)


def _position(user_id: str, asked: _OfOneTask) -> tuple[int | None, int]:
    """Give the version that the last row of the page before had, and its number."""
    if asked.cursor is None:
        return None, MAX_NUMBER
    try:
        version, number = read_cursor(user_id, asked)
        return int(version or ""), int(number or "")
    except (ValueError, TypeError) as error:
        raise InvalidCursorError from error


def _history(noun: Noun) -> Read[tuple[bytes, bytes | None] | None]:
    """Select [the JSON array, the position of its last change where more follow]."""
    present, page = _present(noun), _page()
    was = _as_row(noun, page.c.before, "was")
    newest = func.coalesce(bindparam("version", type_=BigInteger), present.c.version + _one)
    version = newest - func.row_number().over(order_by=page.c.number.desc())
    space = func.strpos(page.c.origin, constant(" "))
    columns = (
        page.c.number,
        page.c.at,
        page.c.kind,
        version.label("version"),
        _changes(noun, page, was, present).label("changes"),
        _text(func.split_part(page.c.origin, constant(" "), _one)).label("request_id"),
        _text(func.substr(page.c.origin, space + _one)).label("client"),
        page.c.batch,
        page.c.undoes,
    )
    # A row may be there without a change, as one that was made before there was a log.
    rows = present.outerjoin(page, true()).outerjoin(was, true())
    shown = select(*columns).select_from(rows).subquery("shown")
    place = func.row_number().over(order_by=shown.c.number.desc()).label("place")
    entries = select(json_row(shown).label("json"), shown.c.number, shown.c.version, place)
    entry = entries.subquery("entry")
    listed = (entry.c.place <= _limit) & entry.c.number.is_not(None)
    newest_first = postgresql.aggregate_order_by(entry.c.json, entry.c.place)
    array = func.coalesce(func.json_agg(newest_first).filter(listed), literal_column("'[]'"))
    position = func.json_build_array(cast(entry.c.version, Text), cast(entry.c.number, Text))
    last = func.max(cast(position, Text)).filter(entry.c.place == _limit)
    answer = postgresql.array([utf8(array), utf8(case((func.count() > _limit, last)))])
    return read_statement(select(answer).select_from(entry).having(func.count() > _none))


def _present(noun: Noun) -> Subquery:
    """Select the row as it is now, live or in the trash."""
    views = ((noun.rows, False), (trash_view(noun.model), True))
    return union_all(
        *(
            select_owned(noun.model, *rows.c, trashed=trashed).where(rows.c.id == _row_id)
            for rows, trashed in views
        )
    ).subquery("present")


def _page() -> Subquery:
    """Select the changes of the row, from a number down, and one more than the limit."""
    utc = func.timezone(constant("UTC"), _log.c.at)
    at = func.to_char(utc, constant('YYYY-MM-DD"T"HH24:MI:SS.US"Z"')).label("at")
    others = (_log.c[name] for name in ("number", "kind", "before", "origin", "batch", "undoes"))
    below = _log.c.number < bindparam("before", type_=BigInteger)
    # Of an id that was purged and imported again: what was before is nobody's history.
    purged = (_log.c.row_id == _row_id, _log.c.kind == constant("purged"))
    last_purge = select_owned(LoggedChange, func.max(_log.c.number)).where(*purged)
    since = _log.c.number > func.coalesce(last_purge.scalar_subquery(), _none)
    page = select_owned(LoggedChange, at, *others).where(_log.c.row_id == _row_id, below, since)
    return page.order_by(_log.c.number.desc()).limit(_limit + _one).subquery("page")


def _as_row(noun: Noun, before: ColumnElement[Any], name: str) -> LateralFromClause:
    """Turn members that the log has kept into a row, whose columns have their types again."""
    kept = func.jsonb_populate_record(literal_column(f"NULL::{noun.rows.name}"), before)
    columns = (column(c.name, c.type) for c in noun.rows.c)
    return kept.table_valued(*columns, name=name).lateral(name)


def _changes(
    noun: Noun, page: FromClause, was: FromClause, present: FromClause
) -> ColumnElement[Any]:
    """Give an object of the members that a change touched, with both their values.

    Members that clients are not shown, as `deleted_at`, are left out: the kind tells them.
    """
    logged, made = logged_members(noun.rows), page.c.kind == constant("created")
    names, both = [], []
    for shown, found in zip(
        json_columns(was, noun.shape), json_columns(present, noun.shape), strict=True
    ):
        if shown.name in logged:
            next_one = _next_of(noun, page, shown.name)
            after = func.coalesce(next_one, _boxed(found)).op("->")(constant("value"))
            before = case((not_(made), func.to_json(shown)))
            change = func.json_build_object(constant("from"), before, constant("to"), after)
            names.append(constant(shown.name))
            touched = page.c.before.has_key(constant(shown.name))
            given = made & (cast(after, Text) != constant("null"))
            both.append(case((or_(touched, given), change)))
    rows = func.unnest(postgresql.array(names), postgresql.array(both))
    member = rows.table_valued(column("name"), column("change"), name="member").render_derived()
    changes = func.json_object_agg(member.c.name, member.c.change)
    found = changes.filter(member.c.change.is_not(None))
    return select(func.coalesce(found, literal_column("'{}'"))).scalar_subquery()


def _next_of(noun: Noun, page: FromClause, name: str) -> ColumnElement[Any]:
    """Look what the next change of a member found before it."""
    later = _log.alias("later")
    was = _as_row(noun, later.c.before, "was_later")
    (shown,) = (c for c in json_columns(was, noun.shape) if c.name == name)
    found = select(_boxed(shown)).select_from(later.join(was, true()))
    of_it = (is_owners(later), later.c.row_id == _row_id, later.c.before.has_key(constant(name)))
    next_ones = found.where(*of_it, later.c.number > page.c.number).correlate(page)
    return next_ones.order_by(later.c.number).limit(_one).scalar_subquery()


def _boxed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Make a value that is null another thing than none."""
    return func.json_build_object(constant("value"), value)


def _text(part: ColumnElement[str]) -> ColumnElement[str]:
    return func.nullif(part, constant(""))


_HISTORY = _history(TASKS)
