"""What users have set for themselves: one row, which is made when something is set first.

When the time zone changes, the database moves what is due by it (`migrations/date_rules.py`).
"""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql

from todo_server.database import (
    OWNER_ID,
    Handle,
    Read,
    Row,
    TransactionHandle,
    Write,
    assignments,
    constant,
    json_columns,
    json_row,
    owner_view,
    parameters,
    read_statement,
    select_owned,
    sent_members,
    update_owned,
    utf8,
    write_statement,
)
from todo_server.errors import VersionConflictError
from todo_server.models import ImportedSettings, Settings, SettingsRead, SettingsUpdate
from todo_server.models.settings import UNSET
from todo_server.services.one_row import NOW, Versioned, Versions
from todo_server.services.tasks.refusals import explained

_settings = owner_view(Settings)


async def get_settings(mine: Handle) -> Versioned:
    """Give what the user has set; what is not, as it is without."""
    return Versioned(await mine.run(_GET))


async def update_settings(
    mine: Handle, change: SettingsUpdate, versions: Versions = None
) -> Versioned:
    """Change what the request named; due dates move with the time zone.

    VersionConflictError if it has none of these versions, ValidationFailedError for a time zone
    that the database does not know.
    """

    async def steps(mine: TransactionHandle) -> Row:
        await mine.run(_MAKE)
        values = sent_members(change, Settings)
        row = await mine.run(_UPDATE, **values, if_version=versions)
        if row is None:
            present = await get_settings(mine)
            raise VersionConflictError(present.body, present.version)
        return row

    return Versioned(await explained(mine.transaction(steps)))


async def import_settings(mine: Handle, imported: ImportedSettings) -> None:
    """Set what nobody has set yet; raises as `update_settings`."""
    await explained(mine.run(_IMPORT, **vars(imported)))


def _as_row(rows: Select[Any]) -> Select[Any]:
    """Select it as a Row, without an id, as there is but one."""
    its = rows.subquery("its")
    return select(postgresql.array([utf8(p) for p in (constant(""), its.c.version, json_row(its))]))


def _get() -> Read[Row]:
    its_own = _as_row(select_owned(Settings, *json_columns(_settings, SettingsRead)))
    unset = (constant(""), constant(str(UNSET.version)), constant(UNSET.model_dump_json()))
    default = postgresql.array([utf8(part) for part in unset])
    return read_statement(select(func.coalesce(its_own.scalar_subquery(), default)))


def _insert(**values: ColumnElement[Any]) -> Write[int | None]:
    names = ["user_id", "updated_at", *values]
    made = postgresql.insert(_settings).from_select(names, select(OWNER_ID, NOW, *values.values()))
    return write_statement(made.on_conflict_do_nothing().returning(_settings.c.revision))


def _update() -> Write[Row | None]:
    values = assignments(SettingsUpdate, Settings)
    changes = or_(*(_settings.c[name].is_distinct_from(value) for name, value in values.items()))
    wanted = bindparam("if_version", type_=ARRAY(BigInteger))
    is_wanted = or_(wanted.is_(None), _settings.c.revision == any_(wanted))
    values["updated_at"] = case((changes, NOW), else_=_settings.c.updated_at)
    changed = update_owned(Settings).where(is_wanted).values(values)
    made = changed.returning(*json_columns(_settings, SettingsRead)).cte("made")
    return write_statement(_as_row(select(made)))


_GET, _MAKE, _UPDATE = _get(), _insert(), _update()
_IMPORT = _insert(**parameters(ImportedSettings, Settings))
