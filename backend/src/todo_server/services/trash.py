"""What a user can do with their trash, beside restoring (`tasks/verbs.py`) and listing it."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)

from todo_server.database import (
    AS_IT_IS,
    IF_VERSION,
    Handle,
    Row,
    Write,
    as_row,
    is_owners,
    json_columns,
    trash_view,
    write_statement,
)
from todo_server.errors import TaskNotFoundError, VersionConflictError
from todo_server.models import Task, TaskRead
from todo_server.services.changes.nouns import NOUNS
from todo_server.services.one_row import Versioned, Versions

STEP = 500
"""Tasks that are purged in one transaction: other changes of the user wait for its end."""

_trash = trash_view(Task)
_its_own = is_owners(_trash) & (_trash.c.id == bindparam("task_id", type_=Uuid))
_has_version = _trash.c.version == any_(IF_VERSION)


def _purge() -> Write[Row | None]:
    """Delete one row, if it has a version that was asked for; give it, or it as it is."""
    columns = json_columns(_trash, TaskRead)
    fits = or_(IF_VERSION.is_(None), _has_version)
    purged = delete(_trash).where(_its_own, fits).returning(*columns).cte("purged")
    other = select(*columns).where(_its_own, not_(_has_version)).subquery("other")
    as_it_is = as_row(other, literal_column(f"'{AS_IT_IS}'", Text)).scalar_subquery()
    return write_statement(select(func.coalesce(as_row(purged).scalar_subquery(), as_it_is)))


def _purge_oldest(rows: Table) -> Write[int]:
    """Delete some of the rows, the oldest first, those up to `until` alone; give how many.

    As a range of their index with two ends: PostgreSQL would look for each row in a list of them
    as long as it knows nothing of the table, and take a range with one end for a third of it.
    """
    until: ColumnElement[Any] = bindparam("until", type_=DateTime(timezone=True))
    place = [rows.c.deleted_at, rows.c.id]
    oldest = (
        select(*place)
        .where(is_owners(rows), or_(until.is_(None), rows.c.deleted_at <= until))
        .order_by(*place)
        .limit(bindparam("limit", type_=Integer))
        .cte("oldest")
    )
    last = select(*oldest.c).order_by(oldest.c.deleted_at.desc(), oldest.c.id.desc())
    last = last.limit(literal_column("1"))
    end = tuple_(*(last.with_only_columns(column).scalar_subquery() for column in oldest.c))
    beginning = select(func.min(oldest.c.deleted_at)).scalar_subquery()
    until_then = rows.c.deleted_at <= select(func.max(oldest.c.deleted_at)).scalar_subquery()
    within = (rows.c.deleted_at >= beginning, until_then, tuple_(*place) <= end)
    those = delete(rows).where(is_owners(rows), *within)
    purged = those.returning(rows.c.id).cte("purged")
    return write_statement(select(func.count()).select_from(purged))


_PURGE = _purge()
_PURGE_OLDEST_TASKS = _purge_oldest(_trash)
PURGE_OLDEST = [_purge_oldest(trash_view(noun.model)) for noun in NOUNS]
"""For each noun: of others than tasks, too, what was deleted is purged in time."""


async def purge_task(mine: Handle, task_id: UUID, versions: Versions = None) -> None:
    """Delete a task in the trash for good, and its values in the log of changes.

    TaskNotFoundError if it is not in there, VersionConflictError if it has none of these versions.
    """
    row = await mine.run(_PURGE, task_id=task_id, if_version=versions)
    if row is None:
        raise TaskNotFoundError
    if row[-1] == AS_IT_IS.encode():
        found = Versioned(row)
        raise VersionConflictError(found.body, found.version)


async def empty_trash(mine: Handle) -> None:
    """Purge all that is in the trash, the oldest first; it was empty when this ends.

    Each step is a transaction. What ends it early leaves the rest, for the next time.
    """

    async def steps(mine: Handle) -> list[bytes]:
        while await mine.run(_PURGE_OLDEST_TASKS, limit=STEP, until=None) == STEP:
            pass
        return []

    await mine.several(steps)
