"""Statements of the SQLAlchemy expression language, compiled once, each of one kind.

The kind is in the type: what runs a `Read` may do so again and beside others, a `Change` it may
not, and a `Write` needs a transaction that knows the identity. A type checker refuses one that is
run as another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import asyncpg
from sqlalchemy import Executable, Text, literal_column
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from todo_server.database.owner_condition import check_owner

_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Statement(Generic[Result]):
    """What is sent to PostgreSQL, and in what order its values come; gives a `Result`."""

    sql: str
    names: tuple[str, ...]
    rare: bool = False
    """Whether it is one of many that are seldom run: `Connection` keeps few of these."""

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Order named values as the statement wants them; a missing one is a KeyError."""
        return [values[name] for name in self.names]


class Read(Statement[Result]):
    """Sets the identity and reads owned rows, in one round trip."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Change(Statement[Result]):
    """Sets the identity and changes owned rows, in one round trip. Done twice, it counts twice."""

    keyed: "Change[Result] | None" = None
    """The same where the request has a key, which it keeps (`idempotency.py`)."""


class RepeatableChange(Change[Result]):
    """A change that comes to the same when it is done twice, if nobody else changes the row."""

    __slots__ = ()


class Write(Statement[Result]):
    """Changes owned rows in a transaction that has set the identity before."""

    __slots__ = ()


class Unowned(Statement[asyncpg.Record]):
    """Reads or changes rows that belong to nobody; gives all of them."""

    __slots__ = ()


Owned: TypeAlias = Read[Result] | Change[Result] | Write[Result]
"""A statement that an identity runs."""

Kind = TypeVar("Kind", bound=Statement[Any])


def compiled(kind: type[Kind], statement: Executable, *, rare: bool = False) -> Kind:
    """Compile a statement whose values are all named parameters.

    Raises NobodysStatementError where it touches owned rows and does not say whose.
    """
    assert isinstance(statement, ClauseElement)  # noqa: S101 - as all executables are
    check_owner(statement)
    result: Any = statement.compile(dialect=_DIALECT)
    unnamed = [name for name in result.positiontup if not result.binds[name].required]
    if unnamed:
        raise ValueError(f"write these as constants or named parameters: {unnamed}")
    return kind(result.string, tuple(result.positiontup), rare)


def constant(value: str) -> ColumnElement[str]:
    """Write a value into the statement itself, so that the planner sees it."""
    quoted = value.replace("'", "''")
    return literal_column(f"'{quoted}'", Text)
