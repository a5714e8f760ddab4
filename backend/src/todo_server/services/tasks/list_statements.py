"""The statements that list tasks: JSON of the rows that `walks` finds, bounded in memory.

A statement is made for each shape of a question that comes, and kept.
"""

from enum import Enum
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Subquery,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.selectable import LateralFromClause

from todo_server.database import Read, constant, json_text, read_statement, utf8
from todo_server.domain.sorting import Sort, SortKey, keys_of
from todo_server.domain.task_filters import Status
from todo_server.models import TaskRead, TrashedTaskRead
from todo_server.services.tasks import sorts, walks
from todo_server.services.tasks.keys import ID, cursor_key
from todo_server.services.tasks.sorts import SortedShape
from todo_server.services.tasks.walks import LIMIT, SKIPPED, Shape, Start, rows_with_ids

CHUNK = 4 * 1024 * 1024
"""Bytes of JSON that a listing without a limit answers from its first statement."""

KEPT = 256
"""Statements of each kind that are kept for those who ask in the same shape: more than front ends
have, and a megabyte of text. To make one takes 15 ms."""

AnyShape: TypeAlias = Shape | SortedShape
Page: TypeAlias = tuple[bytes, bytes | None]
Whole: TypeAlias = tuple[bytes, bytes | None, bytes | None]

_NONE, _ONE = literal_column("0", Integer), literal_column("1", Integer)


class Counted(Enum):
    """Whether an answer says first how many there are, and whether it begins in their midst."""

    NO = 0
    YES = 1
    SKIPPING = 2


@lru_cache(maxsize=KEPT)
def page_statement(shape: AnyShape, counted: Counted = Counted.NO) -> Read[Page]:
    """Select [the JSON array, the position of its last row where more follow]."""
    rows = _rows_of(shape, counted)
    task = _as_read(shape, rows)
    with_number = select(
        task.c.json,
        *_position(shape, rows),
        func.row_number().over().label("number"),
    )
    numbered = with_number.select_from(rows.join(task, true())).subquery("numbered")
    array = _array(_joined(numbered.c.json).filter(numbered.c.number <= LIMIT))
    following = _next_position(shape, numbered)
    return _answering(shape, counted, array, following)


@lru_cache(maxsize=KEPT)
def whole_statement(shape: AnyShape, counted: Counted = Counted.NO) -> Read[Whole]:
    """Select [the first CHUNK of the JSON array, the position as above, the ids of the rest].

    Rows are weighed before their JSON is made, so that no more of it is made than one chunk would
    hold without escapes; then it is measured. The ids are 16 bytes each, in order.
    """
    chunk = literal_column(str(CHUNK), Integer)
    rows = _rows_of(shape, counted)
    so_far: dict[str, Any] = {"rows": (None, 0)}
    weighed = select(
        rows,
        func.row_number().over(**so_far).label("number"),
        func.sum(_weight(rows)).over(**so_far).label("weight"),
    ).subquery("weighed")
    task = _as_read(shape, weighed)
    with_json = select(
        case((weighed.c.weight <= chunk, task.c.json)).label("json"),
        *_position(shape, weighed),
        weighed.c.number,
    )
    # OFFSET 0, so that the JSON is made once, and not again wherever it is mentioned.
    made = with_json.select_from(weighed.join(task, true())).offset(_NONE).subquery("made")
    length = func.octet_length(made.c.json) + literal_column("2")
    measured = select(made, func.sum(length).over(**so_far).label("length")).subquery("measured")
    fits = (measured.c.length <= chunk) & measured.c.json.is_not(None)
    listed = measured.c.number <= LIMIT
    array = _array(_joined(measured.c.json).filter(fits, listed))
    rest = func.string_agg(func.uuid_send(measured.c.id), literal_column("''::bytea"))
    following = _next_position(shape, measured)
    left = rest.filter(not_(fits), listed)
    return _answering(shape, counted, array, following, left)


@lru_cache(maxsize=KEPT)
def count_statement(status: Status, filters: tuple[str, ...]) -> Read[bytes]:
    """Select how many tasks there are, as text."""
    return read_statement(walks.with_status(status, filters, utf8(func.count())), rare=True)


@lru_cache(maxsize=KEPT)
def rest_statement(
    status: Status, filters: tuple[str, ...] = (), *, trashed: bool = False
) -> Read[bytes]:
    """Select the JSON array of those of some ids that are still there, as they were asked for."""
    wanted = (
        func.unnest(bindparam("ids", type_=ARRAY(Uuid)))
        .table_valued("id", with_ordinality="number", name="wanted")
        .render_derived()
    )
    shape = Shape(status, filters=filters, trashed=trashed)
    found = rows_with_ids(wanted, shape).lateral("found")
    rows = (
        select(*found.c)
        .select_from(wanted.join(found, true()))
        .order_by(wanted.c.number)
        .subquery("rows")
    )
    task = _as_read(shape, rows)
    array = select(_array(_joined(task.c.json))).select_from(rows.join(task, true()))
    return read_statement(array, rare=True)


def _rows_of(shape: AnyShape, counted: Counted) -> Subquery:
    """Find one row more than shall be shown, so that it is known whether more follow."""
    skipping = counted is Counted.SKIPPING
    count = (LIMIT + SKIPPED if skipping else LIMIT) + _ONE
    match shape:
        case Shape():
            rows = walks.rows_of(shape, count)
        case SortedShape():
            rows = sorts.rows_of(shape, count)
    return select(rows).offset(SKIPPED).subquery("shown") if skipping else rows


def _weight(rows: Subquery) -> ColumnElement[int]:
    """Weigh the longest texts of a row, whose bytes are known without reading them."""
    more = func.coalesce(func.octet_length(rows.c.description), _NONE)
    return func.octet_length(rows.c.title) + more


def _as_read(shape: AnyShape, rows: Subquery) -> LateralFromClause:
    read = TrashedTaskRead if shape.trashed else TaskRead
    return select(json_text(rows, read).label("json")).correlate(rows).lateral("task")


def _position(shape: AnyShape, rows: Subquery) -> list[ColumnElement[Any]]:
    keys = [
        cursor_key(rows.c[name]).label(f"at_{number}") for number, name in enumerate(shape.names)
    ]
    return [*keys, rows.c.id]


def _next_position(shape: AnyShape, numbered: Subquery) -> ColumnElement[bytes]:
    names = [*(f"at_{number}" for number in range(len(shape.names))), ID]
    position = func.json_build_array(*(numbered.c[name] for name in names)).cast(Text)
    last = func.max(position).filter(numbered.c.number == LIMIT)
    return utf8(case((func.count() > LIMIT, last)))


def _joined(json: ColumnElement[str]) -> Any:  # noqa: ANN401 - what can be filtered
    return func.string_agg(json, constant(", "))


def _array(joined: ColumnElement[str]) -> ColumnElement[bytes]:
    return utf8(func.concat(constant("["), joined, constant("]")))


def _count(shape: AnyShape) -> ColumnElement[bytes]:
    count = utf8(func.count())
    if shape.trashed:
        return walks.in_trash(count).scalar_subquery()
    return walks.with_status(shape.status, shape.filters, count).scalar_subquery()


def _answering(shape: AnyShape, counted: Counted, *values: ColumnElement[bytes]) -> Read[Any]:
    total = () if counted is Counted.NO else (_count(shape),)
    answer = postgresql.array([*total, *values])
    return read_statement(select(answer), rare=_is_rare(shape, counted))


_USUAL = {keys_of((SortKey(sort),), None) for sort in Sort}


def _is_rare(shape: AnyShape, counted: Counted) -> bool:
    """Tell all others from the first pages that everybody asks for, which are few."""
    begins = shape.start is Start.BEGINNING if isinstance(shape, Shape) else not shape.is_after
    usual = shape.keys in _USUAL and begins and not shape.filters
    return not usual or counted is Counted.SKIPPING
