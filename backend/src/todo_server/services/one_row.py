"""Changes of one row, of any noun: how their statements are made, and what answers are made of."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    Table,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    or_,
)
from sqlmodel import SQLModel

from todo_server.database import AS_IT_IS, ChangeOne, Handle, Row, change_one
from todo_server.errors import NotFoundError, VersionConflictError

Versions: TypeAlias = Sequence[int] | None
"""The versions of which a row must have one to be changed, as a client asked; None is any."""

NOW: ColumnElement[datetime] = bindparam("now", type_=DateTime(timezone=True))


@dataclass(slots=True)
class Versioned:
    """A row, with the version that it has now; in JSON, as PostgreSQL wrote it."""

    row: Row

    @property
    def id(self) -> UUID:
        """Its id."""
        return UUID(self.row[0].decode())

    @property
    def version(self) -> str:
        """How often it was changed, and once more; and that it is overdue, if it is (`3-overdue`).

        That comes by itself: of a row that has the same here, the whole answer is the same.
        """
        return self.row[1].decode()

    @property
    def number(self) -> int:
        """The version alone."""
        return int(self.row[1].partition(b"-")[0])

    @property
    def body(self) -> bytes:
        """What clients are shown."""
        return self.row[2]


def row_id_parameter(name: str) -> ColumnElement[UUID]:
    """Make the parameter that names a row."""
    return bindparam(name, type_=Uuid)


def ids_of(some: Select[Any]) -> ColumnElement[Any]:
    """Give the ids that a SELECT finds as an array, to look each row up by its key.

    As a subquery it would be joined, by a guess of how many there are, which is wrong in the midst
    of changing them all.
    """
    return func.array(some.scalar_subquery(), type_=ARRAY(Uuid))


def touched(rows: Table) -> ColumnElement[datetime]:
    """Give what `updated_at` becomes: now, and always later than it was."""
    return func.greatest(NOW, rows.c.updated_at + literal_column("interval '1 microsecond'"))


def changing(
    rows: Table,
    row_id: ColumnElement[UUID],
    values: Mapping[str, ColumnElement[Any]],
    shape: type[SQLModel],
    *,
    repeatable: bool,
) -> ChangeOne:
    """Update one row; `updated_at` moves if a value does, and always forwards."""
    changes = or_(*(rows.c[name].is_distinct_from(value) for name, value in values.items()))
    updated_at = case((changes, touched(rows)), else_=rows.c.updated_at)
    values = {**values, "updated_at": updated_at}
    return change_one(rows, {"id": row_id}, values, shape, repeatable=repeatable)


def run_change(
    mine: Handle, statement: ChangeOne, versions: Versions, **values: object
) -> Awaitable[Row | None]:
    """Run the one of the two that was asked for."""
    if versions is None:
        return mine.run(statement.always, **values)
    return mine.run(statement.of_versions, if_version=versions, **values)


def answered(row: Row | None, missing: type[NotFoundError]) -> Versioned:
    """Give what a change has made; VersionConflictError if the row has none of the versions.

    `missing` is raised where there is no such row.
    """
    if row is None:
        raise missing
    changed = Versioned(row)
    if row[-1] == AS_IT_IS.encode():
        raise VersionConflictError(changed.body, changed.version)
    return changed
