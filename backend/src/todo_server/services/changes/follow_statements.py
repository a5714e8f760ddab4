"""The two statements of delta sync: what is different since a number, and all there is.

Each is one statement, hence of one moment: who reads that the newest number is N sees every change
up to N. A page ends where its JSON would be longer than `CHUNK`, too, so that memory is bounded.
"""

from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects import postgresql

from todo_server.database import (
    Read,
    constant,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    utf8,
)
from todo_server.models import LoggedChange
from todo_server.services.changes.nouns import NOUNS

CHUNK = 4 * 1024 * 1024
"""Bytes of JSON of rows at which a page ends, though never before its first row."""

Page: TypeAlias = list[bytes]
"""The oldest number of the log and the newest, the last of the page, the id of its last row where
more rows follow (else empty), the ids that are gone, and the rows of each noun."""

_log = owner_view(LoggedChange)
_limit: ColumnElement[int] = bindparam("limit", type_=Integer)
_chunk, _first = literal_column(str(CHUNK), Integer), literal_column("1", Integer)
_none, _one = literal_column("0", BigInteger), literal_column("1", BigInteger)


def _end_of_log(order: ColumnElement[Any], otherwise: ColumnElement[int]) -> ColumnElement[int]:
    number = select_owned(LoggedChange, _log.c.number).order_by(order).limit(_first)
    return func.coalesce(number.scalar_subquery(), otherwise)


_OLDEST, _NEWEST = _end_of_log(_log.c.number.asc(), _one), _end_of_log(_log.c.number.desc(), _none)


def _follow() -> Read[Page]:
    """Select what the next changes after a number have made different."""
    since: ColumnElement[int] = bindparam("since", type_=BigInteger)
    columns = (_log.c.number, _log.c.noun, _log.c.row_id.label("id"))
    next_ones = select_owned(LoggedChange, *columns).where(_log.c.number > since)
    page = next_ones.order_by(_log.c.number).limit(_limit).subquery("page")
    time = func.row_number().over(partition_by=(page.c.noun, page.c.id), order_by=page.c.number)
    changes = select(*page.c, time.label("time")).subquery("changes")
    rows: FromClause = changes
    found = []
    for noun in NOUNS:
        # Looked up by its key, and once, however many changes it has: hence LIMIT 1.
        its_own = (changes.c.noun == constant(noun.name), changes.c.time == _first)
        look = noun.shown(noun.rows.c.id == changes.c.id, *its_own).limit(_first)
        # By no name that a member has, as 'tags': that would be read as the member.
        row = look.correlate(changes).lateral(f"{noun.member}_rows")
        rows = rows.outerjoin(row, true())
        found.append(json_row(row))
    json = func.coalesce(*found) if len(found) > 1 else found[0]
    made = select(*changes.c, json.label("json")).select_from(rows)
    measured = _measured(made, "number")
    last = func.coalesce(func.max(measured.c.number).filter(_fits(measured)), since)
    gone = (measured.c.time == _first) & measured.c.json.is_(None)
    return _answering(measured, "number", last, constant(""), gone)


def _start() -> Read[Page]:
    """Select the live rows after an id, and the number that is current, unless one is given."""
    after: ColumnElement[Any] = bindparam("after", type_=Uuid)
    number: ColumnElement[int] = bindparam("number", type_=BigInteger)
    count = _limit + _first
    walks: list[Select[Any]] = []
    for noun in NOUNS:
        walk = noun.shown(noun.rows.c.id > after).order_by(noun.rows.c.id).limit(count)
        row = walk.subquery(noun.member)
        name = constant(noun.name).label("noun")
        walks.append(select(row.c.id, name, json_row(row).label("json")))
    walked = (union_all(*walks) if len(walks) > 1 else walks[0]).subquery("walked")
    measured = _measured(select(*walked.c).order_by(walked.c.id).limit(count), "id")
    last_id = func.max(cast(measured.c.id, Text).collate("C")).filter(_fits(measured))
    following = case((func.bool_or(not_(_fits(measured))), last_id), else_=constant(""))
    none = measured.c.json.is_(None)
    return _answering(measured, "id", func.coalesce(number, _NEWEST), following, none)


def _measured(made: Select[Any], key: str) -> Subquery:
    """Count rows in the order of a key, and add up the lengths of their JSON."""
    # OFFSET 0, so that the JSON is made once, and not again wherever it is mentioned.
    rows = made.offset(literal_column("0")).subquery("made")
    length = func.coalesce(func.octet_length(cast(rows.c.json, Text)), literal_column("0"))
    so_far: dict[str, Any] = {"order_by": rows.c[key], "rows": (None, 0)}
    place = func.row_number().over(order_by=rows.c[key])
    return select(
        *rows.c, place.label("place"), func.sum(length).over(**so_far).label("length")
    ).subquery("measured")


def _fits(measured: Subquery) -> ColumnElement[bool]:
    short = or_(measured.c.length <= _chunk, measured.c.place == _first)
    return (measured.c.place <= _limit) & short


def _answering(
    measured: Subquery,
    key: str,
    number: ColumnElement[int],
    following: ColumnElement[Any],
    gone: ColumnElement[bool],
) -> Read[Page]:
    def listed(column: ColumnElement[Any], which: ColumnElement[bool]) -> ColumnElement[bytes]:
        in_order = postgresql.aggregate_order_by(column, measured.c[key])
        array = func.json_agg(in_order).filter(_fits(measured), which)
        return utf8(func.coalesce(array, literal_column("'[]'")))

    of_nouns = (
        listed(
            measured.c.json,
            measured.c.json.is_not(None) & (measured.c.noun == constant(noun.name)),
        )
        for noun in NOUNS
    )
    numbers = (utf8(each) for each in (_OLDEST, _NEWEST, number, following))
    answer = postgresql.array([*numbers, listed(measured.c.id, gone), *of_nouns])
    return read_statement(select(answer).select_from(measured))


FOLLOW, START = _follow(), _start()
