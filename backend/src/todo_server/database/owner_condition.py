"""Refuses a statement on owned rows that does not say whose, when it is compiled.

Each SELECT, UPDATE and DELETE that touches an owner view must have ``user_id = $owner`` of that
view among the conditions that all its rows meet, and each INSERT into one must insert ``$owner``.
Beside isolating, that lets a sharding proxy send the whole statement to one shard.

What the walk cannot see into (text, tables that are only named) is refused as a whole.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Delete, Insert, Select, Table, TableClause, TextClause, Update
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ClauseElement,
    ColumnClause,
    Grouping,
    Label,
)
from sqlalchemy.sql.selectable import AliasedReturnsRows, FromClause, Join, ReturnsRows

OWNER = "owner"
"""The name of the parameter that is the asking user's id, in every statement."""

OWNER_COLUMN = "user_id"

OWNER_VIEW = "owner_view"
"""What marks an owner view in the `info` of its table."""

_Seen: TypeAlias = set[tuple[ClauseElement, frozenset[FromClause]]]

_COMPILER = DefaultDialect().statement_compiler(DefaultDialect(), None)

_QUERY = re.compile(r"\b(select|from|table|with)\b", re.IGNORECASE)
_WORD = re.compile(r"'\w*'")


class NobodysStatementError(ValueError):
    """A statement touches owned rows and does not say whose."""


def check_owner(statement: ClauseElement) -> None:
    """Walk through a statement and all within it; NobodysStatementError names what is wrong."""
    _check(statement, frozenset(), set())


def froms_of(select: Select[Any]) -> Sequence[FromClause]:
    """Give what a SELECT reads, as its public `get_final_froms` does.

    That compiles the whole statement first, to ask a compiler which has nothing to say to it: two
    thirds of the time in which the server starts.
    """
    return select._compile_state_factory(select, _COMPILER)._get_display_froms()  # noqa: SLF001


def _check(element: ClauseElement, around: frozenset[FromClause], seen: _Seen) -> None:
    """Check an element that stands in statements which read from `around`."""
    # Each column leads to its subquery again: without this, a statement takes half a second.
    if (element, around) in seen:
        return
    seen.add((element, around))
    match element:
        case Select():
            # What is named by `correlate` and stands around is read there, and checked there.
            read = [source for source in froms_of(element) if source not in around]
            _require_conditions(read, element.whereclause)
            around = around.union(read, *(_joined(source) for source in read))
        case Update() | Delete():
            _require_conditions([element.table], element.whereclause)
            around = around.union([element.table])
        case Insert():
            _require_owner_inserted(element)
            if element.select is not None:
                _check(element.select, around, seen)
            around = around.union([element.table])
        case ColumnClause():
            _check_source(element, around, seen)
        case TextClause():
            raise NobodysStatementError(f"write this as an expression: {element.text}")
        case _:
            pass
    for child in element.get_children():
        if not isinstance(child, TableClause) and child is not getattr(element, "select", None):
            _check(child, around, seen)


def _check_source(column: ColumnClause[Any], around: frozenset[FromClause], seen: _Seen) -> None:
    """Check where a column comes from, if it brings its table along, as in UPDATE … FROM."""
    source = column.table
    if column.is_literal and not _WORD.fullmatch(column.name) and _QUERY.search(column.name):
        raise NobodysStatementError(f"write this as an expression: {column.name}")
    if source is None or source in around:
        return
    name = getattr(source, "name", "a subquery")
    if _is_owned(_table_of(source)) and name != "excluded":  # which is the row to be inserted
        raise NobodysStatementError(f"select from {name} in a statement of its own within this one")
    if not isinstance(source, TableClause):
        _check(source, around, seen)


def _joined(source: FromClause) -> set[FromClause]:
    """Give all that a join reads."""
    if not isinstance(source, Join):
        return {source}
    return _joined(source.left) | _joined(source.right)


def _require_conditions(read: Iterable[FromClause], where: ClauseElement | None) -> None:
    for rows, conditions in _sources(read, _conjuncts(where)):
        if not any(_is_owner_condition(condition, rows) for condition in conditions):
            name = getattr(rows, "name", rows)
            raise NobodysStatementError(
                f"a statement on {name} lacks the condition {name}.{OWNER_COLUMN} = :{OWNER}"
            )


def _sources(
    read: Iterable[FromClause], conditions: list[object]
) -> Iterator[tuple[FromClause, list[object]]]:
    """Give each owner view or alias of one, with the conditions that all its rows must meet."""
    for source in read:
        if isinstance(source, Join):
            # The condition of an outer join narrows its right side alone, of a full one neither.
            on = [] if source.full else _conjuncts(source.onclause)
            yield from _sources([source.left], conditions if source.isouter else conditions + on)
            yield from _sources([source.right], conditions + on)
        elif _is_owned(_table_of(source)):
            yield source, conditions


def _table_of(source: ReturnsRows) -> ReturnsRows:
    while isinstance(source, AliasedReturnsRows):
        source = source.element
    return source


def _is_owned(source: object) -> bool:
    """Tell whether this is an owner view; refuses the table behind one."""
    if not isinstance(source, TableClause):
        return False  # a subquery, which is a SELECT of its own
    if not isinstance(source, Table):
        raise NobodysStatementError(f"{source.name} is only named: use owner_view or unowned_table")
    if OWNER_COLUMN in source.c and not source.info.get(OWNER_VIEW):
        raise NobodysStatementError(f"{source.name} is reached by its owner view alone")
    return OWNER_COLUMN in source.c


def _is_owner_condition(condition: object, rows: FromClause) -> bool:
    return (
        isinstance(condition, BinaryExpression)
        and condition.operator is operators.eq
        and condition.left is rows.c[OWNER_COLUMN]
        and _is_owner(condition.right)
    )


def _require_owner_inserted(statement: Insert) -> None:
    if not _is_owned(statement.table):
        return
    name, selected = statement.table.name, statement.select
    names = [getattr(column, "name", column) for column in statement._select_names or ()]  # noqa: SLF001
    if not isinstance(selected, Select) or OWNER_COLUMN not in names:
        raise NobodysStatementError(f"an INSERT into {name} must be FROM a SELECT of :{OWNER}")
    if not _is_owner(list(selected.selected_columns)[names.index(OWNER_COLUMN)]):
        raise NobodysStatementError(f"an INSERT into {name} must insert :{OWNER}")


def _is_owner(value: object) -> bool:
    while isinstance(value, Label | Grouping):
        value = value.element
    return isinstance(value, BindParameter) and value.key == OWNER


def _conjuncts(condition: object) -> list[object]:
    """Take apart what is joined by AND."""
    while isinstance(condition, Grouping):
        condition = condition.element
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        return [part for clause in condition.clauses for part in _conjuncts(clause)]
    return [] if condition is None else [condition]
