"""The statements of an export, each of which reads one page.

Tasks are read in two parts: those without a parent, and subtasks. Between them, what was a part may
become none, and so be in neither: the log tells which. What refers to a row that came, or came to
another place, after the export began is read without it, as that row may be missing before it.
"""

from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Subquery,
    Table,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects import postgresql

from todo_server.database import (
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
from todo_server.models import (
    Account,
    ExportedChange,
    ExportedTask,
    ExportedTrash,
    LoggedChange,
    Task,
)
from todo_server.services.changes.nouns import NOUNS, TASKS, Noun

PAGE = 200
"""Rows: 6 MB at most, if all of their text has to be escaped."""

IDS = 20_000
"""Of 16 bytes."""

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
BEGIN: Read[tuple[bytes, bytes | None]] = read_statement(
    select(
        postgresql.array(
            [utf8(_NEWEST), select(utf8(json_row(_account))).scalar_subquery()],
        )
    )
)
NUMBERS: Read[list[int]] = read_statement(select(postgresql.array([_OLDEST, _NEWEST])))

_since = _changes.c.number > _after_number


_is_new = _changes.c.kind.in_([constant("created"), constant("restored")])
_has_moved = _changes.c.before.has_key(constant("parent_id"))


def _members(rows: Table, shape: type[ExportedTask]) -> list[ColumnElement[Any]]:
    """List the members of tasks; what they refer to, if it is surely in the document before."""

    def unless_new(name: str, is_new: ColumnElement[bool]) -> ColumnElement[Any]:
        came = select_owned(LoggedChange, _changes.c.number).correlate(rows)
        came = came.where(_since, is_new, _changes.c.row_id == rows.c[name])
        return case((came.exists(), null()), else_=rows.c[name]).label(name)

    references = {
        "project_id": unless_new("project_id", _is_new),
        "parent_id": unless_new("parent_id", or_(_is_new, _has_moved)),
    }
    return [references.get(each.key or "", each) for each in json_columns(rows, shape)]


def _is_top(rows: Table) -> ColumnElement[bool]:
    return rows.c.parent_id.is_(None)


def _is_part(rows: Table) -> ColumnElement[bool]:
    """Also of what was a part when those that were none were read, and is none any more."""
    moved = select_owned(LoggedChange, _changes.c.row_id).where(_since, _has_moved)
    return or_(rows.c.parent_id.is_not(None), rows.c.id.in_(moved))


def _ids_of(part: ColumnElement[bool]) -> Read[bytes | None]:
    some = select_owned(Task, _tasks.c.id).where(part, _tasks.c.id > _after_id)
    some = some.order_by(_tasks.c.id).limit(literal_column(str(IDS), Integer))
    ids = some.subquery("ids")
    packed = func.string_agg(func.uuid_send(ids.c.id), literal_column("''::bytea"))
    return read_statement(select(packed), rare=True)


def _with_ids() -> Read[bytes]:
    """Select those of some tasks that are still there, each looked up by the primary key."""
    wanted = (
        func.unnest(bindparam("ids", type_=ARRAY(Uuid)))
        .table_valued("id", with_ordinality="number", name="wanted")
        .render_derived()
    )
    its_own = select_owned(Task, *_members(_tasks, ExportedTask)).where(_tasks.c.id == wanted.c.id)
    found = its_own.correlate(wanted).limit(literal_column("1")).lateral("found")
    rows = select(found).select_from(wanted.join(found, true())).order_by(wanted.c.number)
    return read_statement(select(_array_of(rows.subquery("rows"))), rare=True)


def _trashed(part: ColumnElement[bool]) -> Read[Page]:
    rows = select_owned(Task, *_members(_trash, ExportedTrash), trashed=True)
    behind = tuple_(_trash.c.deleted_at, _trash.c.id) > tuple_(_after_instant, _after_id)
    return _page(
        rows.where(part, behind).order_by(_trash.c.deleted_at, _trash.c.id), "deleted_at", "id"
    )


def _restored(part: ColumnElement[bool]) -> Read[Page]:
    ids = select_owned(LoggedChange, _changes.c.row_id).where(
        _since, _changes.c.kind == constant("restored")
    )
    rows = select_owned(Task, *_members(_tasks, ExportedTrash))
    return _page(
        rows.where(part, _tasks.c.id > _after_id, _tasks.c.id.in_(ids)).order_by(_tasks.c.id), "id"
    )


def _all_of(noun: Noun) -> Read[Page]:
    return _page(noun.shown(noun.rows.c.id > _after_id).order_by(noun.rows.c.id), "id")


ALL = {noun.member: _all_of(noun) for noun in NOUNS if noun is not TASKS}
IDS_OF = [_ids_of(part(_tasks)) for part in (_is_top, _is_part)]
WITH_IDS = _with_ids()
TRASH = [_trashed(part(_trash)) for part in (_is_top, _is_part)]
RESTORED = [_restored(part(_tasks)) for part in (_is_top, _is_part)]
_entries = (
    select_owned(LoggedChange, *json_columns(_changes, ExportedChange))
    .where(
        _changes.c.number > _after_number,
        _changes.c.number <= bindparam("until", type_=BigInteger),
    )
    .order_by(_changes.c.number)
    .subquery("entries")
)
CHANGES: Read[bytes] = read_statement(select(_array_of(_entries)), rare=True)
