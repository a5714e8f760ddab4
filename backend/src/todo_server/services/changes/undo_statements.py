"""The statements of an undo, which run in one transaction.

Several changes of one row are undone as one: of each member, the oldest value of them comes back.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Subquery,
    Table,
    Text,
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
from sqlalchemy.dialects.postgresql import JSONB, Insert

from todo_server.database import (
    BATCH_SETTING,
    OWNER_ID,
    UNDOES_SETTING,
    Write,
    constant,
    is_owners,
    owner_view,
    trash_view,
    write_statement,
)
from todo_server.models import LoggedChange
from todo_server.models.change import logged_members
from todo_server.services.changes.nouns import NOUNS, Noun

MAX_CONFLICTS = 100
"""Those that are named."""

_log = owner_view(LoggedChange)
_none, _one = literal_column("0", Integer), literal_column("1", Integer)
_first: ColumnElement[int] = bindparam("first", type_=BigInteger)
_last: ColumnElement[int] = bindparam("last", type_=BigInteger)
_now: ColumnElement[Any] = bindparam("now", type_=DateTime(timezone=True))


def _find() -> Write[list[int | None]]:
    """Select the oldest number of the log and the newest, and what is undone with a change.

    That is its first number and its last, or null, and whether it is a batch: its changes follow
    each other, as nobody else writes in the user's turn. The log is told what is undone, and that
    it is done as a batch, too.
    """
    number = bindparam("number", type_=BigInteger)
    columns = (_log.c.number, _log.c.batch)
    asked = select(*columns).where(is_owners(_log), _log.c.number == number).subquery("asked")
    other = _log.alias("other")
    beyond = select(other.c.number).where(
        is_owners(other),
        other.c.number > asked.c.batch,
        other.c.batch.is_distinct_from(asked.c.batch),
    )
    is_batch, newest = asked.c.batch.is_not(None), _end(newest=True)
    end = beyond.order_by(other.c.number).limit(_one).correlate(asked).scalar_subquery()
    first = func.coalesce(asked.c.batch, asked.c.number)
    last = case((is_batch, func.coalesce(end - _one, newest)), else_=asked.c.number)
    batch = case((is_batch, cast(newest + _one, Text)), else_=constant(""))
    told = select(
        first.label("first"),
        last.label("last"),
        func.set_config(constant(UNDOES_SETTING), cast(first, Text), true()).label("undoes"),
        func.set_config(constant(BATCH_SETTING), batch, true()).label("batch"),
    )
    found = told.select_from(asked).offset(_none).subquery("found")
    oldest = func.coalesce(_end(newest=False), _one)
    answer = postgresql.array(
        [
            oldest,
            func.coalesce(newest, _none),
            case((found.c.undoes != constant(""), found.c.first)),
            found.c.last,
            case((found.c.batch != constant(""), _one), else_=_none),
        ]
    )
    there = select(_one.label("row")).subquery("there")
    return write_statement(select(answer).select_from(there.outerjoin(found, true())))


def _end(*, newest: bool) -> ColumnElement[int]:
    log = _log.alias("log")
    order = log.c.number.desc() if newest else log.c.number.asc()
    return select(log.c.number).where(is_owners(log)).order_by(order).limit(_one).scalar_subquery()


def _undone() -> Subquery:
    """Select what is undone, with the members that come back.

    What was made, or taken out of the trash, is put into the trash as of now.
    """
    trashed = func.jsonb_build_object(constant("deleted_at"), _now)
    before = case(
        (_log.c.kind == constant("created"), trashed),
        (_log.c.kind == constant("restored"), _log.c.before.op("||")(trashed)),
        else_=_log.c.before,
    )
    columns = (_log.c.number, _log.c.noun, _log.c.row_id, cast(before, JSONB).label("before"))
    of_these = (is_owners(_log), _log.c.number >= _first, _log.c.number <= _last)
    return select(*columns).where(*of_these).subquery("undone")


def _check() -> Write[str]:
    """Tell what is in the way: whether a row is purged, and which members were changed later."""
    undone = _undone()
    there = (
        select(rows.c.id)
        .where(is_owners(rows), rows.c.id == undone.c.row_id)
        .where(undone.c.noun == constant(noun.name))
        .correlate(undone)
        .exists()
        for noun in NOUNS
        for rows in _views(noun)
    )
    # One that was imported again since is another.
    purge = _log.alias("purge")
    its_purge = (purge.c.row_id == undone.c.row_id) & (purge.c.kind == constant("purged"))
    purged = select(purge.c.number).where(is_owners(purge), its_purge)
    is_purged = purged.where(purge.c.number > undone.c.number).correlate(undone).exists()
    is_gone = or_(undone.c.before.is_(None), is_purged, not_(or_(*there)))
    gone = select(undone.c.row_id).where(is_gone).exists()
    about_tags = select(undone.c.row_id).where(undone.c.noun == constant("tag")).exists()
    told = {"is_purged": gone, "is_about_tags": about_tags, "conflicts": _conflicts()}
    return write_statement(select(_json(told)))


def _conflicts() -> ColumnElement[Any]:
    """Give the members that are not as what is undone has left them, and who changed them last.

    So a change that was itself undone since is in nobody's way.
    """
    each = (_conflicts_in(noun, rows) for noun in NOUNS for rows in _views(noun))
    found = union_all(*each).subquery("found")
    in_order = select(found).order_by(found.c.row_id, found.c.member)
    conflict = in_order.limit(literal_column(str(MAX_CONFLICTS), Integer)).subquery("conflict")
    all_of_them = func.json_agg(func.row_to_json(conflict.table_valued()))
    return select(func.coalesce(all_of_them, literal_column("'[]'"))).scalar_subquery()


def _conflicts_in(noun: Noun, rows: Table) -> Select[Any]:
    undone, there = _undone(), rows.alias("there")
    keys = func.jsonb_object_keys(undone.c.before)
    member = keys.table_valued(column("name", Text), name="member").render_derived().lateral()
    touched = (
        select(undone.c.row_id, member.c.name.label("member"))
        .select_from(undone.join(member, true()))
        .where(undone.c.noun == constant(noun.name))
        .distinct()
        .subquery("touched")
    )
    later = _log.alias("later")
    of_it = (later.c.row_id == touched.c.row_id, later.c.before.has_key(touched.c.member))
    since = select(later.c.number, later.c.before).where(is_owners(later), later.c.number > _last)
    since = since.where(*of_it).limit(_one).correlate(touched)
    first = since.order_by(later.c.number).lateral("first")
    last = since.order_by(later.c.number.desc()).lateral("last")
    left = func.to_jsonb(func.jsonb_populate_record(there.table_valued(), first.c.before))
    now = func.to_jsonb(there.table_valued())
    differs = _part(left, "->", touched).is_distinct_from(_part(now, "->", touched))
    # Since when it is in the trash, does not matter.
    was_live, is_live = (_part(each, "->>", touched).is_(None) for each in (left, now))
    moved = was_live != is_live
    again = case((touched.c.member == constant("deleted_at"), moved), else_=differs)
    found = touched.join(there, there.c.id == touched.c.row_id).join(first, true())
    return (
        select(touched.c.row_id, touched.c.member, last.c.number)
        .select_from(found.join(last, true()))
        .where(is_owners(there), again)
    )


def _part(row: ColumnElement[Any], arrow: str, touched: Subquery) -> ColumnElement[Any]:
    return row.op(arrow)(touched.c.member)


def _put_back() -> Write[int]:
    """Put back what can be, in all nouns, live or in the trash; each row once."""
    put = [each.cte(f"put_{at}") for at, each in enumerate(_each_view())]
    counts = [select(func.count()).select_from(rows).scalar_subquery() for rows in put]
    return write_statement(select(postgresql.array(counts)))


def _each_view() -> Iterator[Any]:
    for noun in NOUNS:
        members = logged_members(noun.model.__table__)  # type: ignore[attr-defined]
        for rows in _views(noun):
            was = _as_they_were(noun, rows, members)
            yield _updating(rows, was, members).returning(rows.c.id)


def _as_they_were(noun: Noun, rows: Table, members: list[str]) -> Subquery:
    """Select the rows of a view as they were before what is undone."""
    undone = _undone()
    member = (
        func.jsonb_each(undone.c.before)
        .table_valued(column("name", Text), column("value", JSONB), name="member")
        .render_derived()
        .lateral()
    )
    oldest_wins = postgresql.aggregate_order_by(member.c.value, undone.c.number.desc())
    before = func.jsonb_object_agg(member.c.name, oldest_wins)
    merged = (
        select(undone.c.row_id, before.label("before"))
        .select_from(undone.join(member, true()))
        .where(undone.c.noun == constant(noun.name))
        .group_by(undone.c.row_id)
        .subquery("merged")
    )
    there = rows.alias("there")
    kept = func.jsonb_populate_record(there.table_valued(), merged.c.before)
    was = kept.table_valued(*(column(c.name, c.type) for c in rows.c), name="was").lateral()
    stored = [c.name for c in rows.c if c.computed is None and c.name != "user_id"]
    # Each is looked up by its key, hence LIMIT 1: PostgreSQL takes the trash for nearly empty, and
    # would go through all that is undone again for each row in there.
    found = (
        select(*(was.c[name] if name in members else there.c[name] for name in stored))
        .select_from(there.join(was, true()))
        .where(is_owners(there), there.c.id == merged.c.row_id)
        .limit(_one)
        .correlate(merged)
        .lateral("found")
    )
    return select(*found.c).select_from(merged.join(found, true())).subquery("as_they_were")


def _updating(rows: Table, was: Subquery, members: list[str]) -> Insert:
    """Update rows by inserting them anew (`one_trip.py`), for the same reason."""
    insertion = postgresql.insert(rows)
    new = insertion.excluded
    differs = or_(*(rows.c[name].is_distinct_from(new[name]) for name in members))
    later = func.greatest(_now, rows.c.updated_at + literal_column("interval '1 microsecond'"))
    values: dict[str, Any] = {name: new[name] for name in members}
    values["updated_at"] = case((differs, later), else_=rows.c.updated_at)
    of_owner = select(OWNER_ID, *was.c)
    return insertion.from_select(["user_id", *was.c.keys()], of_owner).on_conflict_do_update(
        index_elements=["user_id", "id"], set_=values
    )


def _views(noun: Noun) -> tuple[Table, Table]:
    return noun.rows, trash_view(noun.model)


def _json(members: dict[str, ColumnElement[Any]]) -> ColumnElement[str]:
    parts = (part for name, value in members.items() for part in (constant(name), value))
    return cast(func.json_build_object(*parts), Text)


FIND, CHECK, PUT_BACK = _find(), _check(), _put_back()
