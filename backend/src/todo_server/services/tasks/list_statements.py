"""The statements that list tasks: JSON of the rows that `walks` finds, bounded in memory.

A statement is made for each shape of a question that comes, and kept.
"""

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
    cast,
    func,
    literal_column,
    not_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.selectable import LateralFromClause

from todo_server.database import Read, json_columns, json_row, read_statement, utf8
from todo_server.domain.task_query import Status
from todo_server.models import TaskRead, TrashedTaskRead
from todo_server.services.tasks.keys import cursor_key
from todo_server.services.tasks.walks import ID, LIMIT, Shape, rows_of, rows_with_ids

CHUNK = 4 * 1024 * 1024
"""Bytes of JSON that a listing without a limit answers from its first statement."""

KEPT = 256
"""Statements of each kind that are kept for those who ask in the same shape: more than front ends
have, and a megabyte of text. To make one takes 15 ms."""

Page: TypeAlias = tuple[bytes, bytes | None]
Whole: TypeAlias = tuple[bytes, bytes | None, bytes | None]

_NONE = literal_column("0", Integer)


@lru_cache(maxsize=KEPT)
def page_statement(shape: Shape) -> Read[Page]:
    """Select [the JSON array, the position of its last row where more follow]."""
    rows = rows_of(shape)
    task = _as_read(shape, rows)
    with_number = select(
        json_row(task).label("json"),
        *_position(shape, rows),
        func.row_number().over().label("number"),
    )
    numbered = with_number.select_from(rows.join(task, true())).subquery("numbered")
    array = func.json_agg(numbered.c.json).filter(numbered.c.number <= LIMIT)
    return _answering(shape, _array(array), _next_position(shape, numbered))


@lru_cache(maxsize=KEPT)
def whole_statement(shape: Shape) -> Read[Whole]:
    """Select [the first CHUNK of the JSON array, the position as above, the ids of the rest].

    Rows are weighed before their JSON is made, so that no more of it is made than one chunk would
    hold without escapes; then it is measured. The ids are 16 bytes each, in order.
    """
    chunk = literal_column(str(CHUNK), Integer)
    rows = rows_of(shape)
    so_far: dict[str, Any] = {"rows": (None, 0)}
    text = func.octet_length(rows.c.title) + func.coalesce(
        func.octet_length(rows.c.description), _NONE
    )
    weighed = select(
        rows,
        func.row_number().over(**so_far).label("number"),
        func.sum(text).over(**so_far).label("weight"),
    ).subquery("weighed")
    task = _as_read(shape, weighed)
    with_json = select(
        case((weighed.c.weight <= chunk, json_row(task))).label("json"),
        *_position(shape, weighed),
        weighed.c.number,
    )
    # OFFSET 0, so that the JSON is made once, and not again wherever it is mentioned.
    made = with_json.select_from(weighed.join(task, true())).offset(_NONE).subquery("made")
    length = func.octet_length(cast(made.c.json, Text)) + literal_column("3")
    measured = select(made, func.sum(length).over(**so_far).label("length")).subquery("measured")
    fits = (measured.c.length <= chunk) & measured.c.json.is_not(None)
    listed = measured.c.number <= LIMIT
    array = func.json_agg(measured.c.json).filter(fits, listed)
    rest = func.string_agg(func.uuid_send(measured.c.id), literal_column("''::bytea"))
    following = _next_position(shape, measured)
    return _answering(shape, _array(array), following, rest.filter(not_(fits), listed))


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
    array = select(_array(func.json_agg(json_row(task)))).select_from(rows.join(task, true()))
    return read_statement(array, rare=True)


def _as_read(shape: Shape, rows: Subquery) -> LateralFromClause:
    read = TrashedTaskRead if shape.trashed else TaskRead
    return select(*json_columns(rows, read)).correlate(rows).lateral("task")


def _position(shape: Shape, rows: Subquery) -> list[ColumnElement[Any]]:
    key = [] if shape.column == ID else [cursor_key(rows.c[shape.column]).label("key")]
    return [*key, rows.c.id]


def _next_position(shape: Shape, numbered: Subquery) -> ColumnElement[bytes]:
    names = (ID,) if shape.column == ID else ("key", ID)
    position = func.json_build_array(*(numbered.c[name] for name in names)).cast(Text)
    last = func.max(position).filter(numbered.c.number == LIMIT)
    return utf8(case((func.count() > LIMIT, last)))


def _array(json: ColumnElement[Any]) -> ColumnElement[bytes]:
    return utf8(func.coalesce(json, literal_column("'[]'")))


def _answering(shape: Shape, *values: ColumnElement[bytes]) -> Read[Any]:
    return read_statement(select(postgresql.array(values)), rare=shape.is_rare)
