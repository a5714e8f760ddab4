"""Statements of the SQLAlchemy expression language, compiled once and run many times."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Text, literal_column
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.elements import ColumnElement

_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that is compiled once and run many times."""

    sql: str
    names: tuple[str, ...]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Order named values as the statement wants them; a missing one is a KeyError."""
        return [values[name] for name in self.names]


def compiled(statement: Executable) -> Statement:
    """Compile a statement whose values are all named parameters, for `Database`."""
    result = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
    unnamed = [name for name in result.positiontup if not result.binds[name].required]
    if unnamed:
        raise ValueError(f"write these as constants or named parameters: {unnamed}")
    return Statement(result.string, tuple(result.positiontup))


def constant(value: str) -> ColumnElement[str]:
    """Write a value into the statement itself, so that the planner sees it."""
    quoted = value.replace("'", "''")
    return literal_column(f"'{quoted}'", Text)
