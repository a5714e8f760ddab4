"""The one doorway to rows that somebody owns.

Requests never touch the table `task`: they use the view `my_task`, whose owner is a role that
row-level security binds (`row_security.py`), and every statement begins in one of the ``*_mine``
functions or in `changing`, which put the owner into its WHERE as well.

Reading in one round trip
-------------------------
The identity must be set, for this transaction alone, before the first row is looked at. A read
does both in one statement::

    SELECT (SELECT … FROM my_task WHERE user_id = identity.user_id …)
    FROM (SELECT set_config('app.user_id', $1, true) AS user_id OFFSET 0) AS identity

The subquery depends on a value that only ``identity`` yields, so it cannot start earlier, and
``OFFSET 0`` keeps the planner from dissolving ``identity``. Were the order ever different, the
policy would see no identity and no row: it fails closed. An INSERT … SELECT FROM identity has
the same order.

Changing in one round trip
--------------------------
An UPDATE … FROM identity has not that order (seen: zero rows). So `changing` is an INSERT of the
row that is there already, found and locked by a subquery that depends on ``identity``, whose
conflict with itself becomes the UPDATE. The lock makes sure that it is a conflict: nobody can
delete the row in between. What deletes rows, or needs several statements, runs in a transaction
that is opened with the identity (`execution.py`).

Not after the end of the session
--------------------------------
A statement that writes locks its session's row (decision 0015), so that it and whatever ends the
session cannot pass each other: whoever comes second waits, and a row that is gone gives no
identity. Reads lock nothing.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    Delete,
    Insert,
    LargeBinary,
    MetaData,
    Select,
    Subquery,
    Table,
    Text,
    Update,
    Uuid,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel

from todo_server.database.as_json import json_row, utf8
from todo_server.database.statement import constant
from todo_server.models.account import Session

SETTING = "app.user_id"
"""The transaction-local setting that the policies of row-level security compare with."""

LOCK_TIMEOUT = "2s"
"""How long a change waits for a row that something else changes: well under what a request waits
for a connection. For one transaction alone, so that it works through poolers."""

FOUND_SETTING = "app.found_by"
"""The same for the policies of `finding`."""

_OWNER = bindparam("owner", type_=Text)
_SESSION = bindparam("session", type_=Uuid)


def _setting_identity(*also: ColumnElement[Any]) -> Subquery:
    user_id = func.set_config(constant(SETTING), _OWNER, true()).label("user_id")
    return select(user_id, *also).offset(literal_column("0")).subquery("setting_identity")


_PATIENCE = func.set_config(constant("lock_timeout"), constant(LOCK_TIMEOUT), true())
_SETTING_IDENTITY = _setting_identity()
_SETTING_WRITING_IDENTITY = _setting_identity(_PATIENCE.label("patience"))


@cache
def mine(model: type[SQLModel]) -> Table:
    """Give the view of the asking user's own rows of a table."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table.to_metadata(MetaData(), name=f"my_{table.name}")


def _identity(*, lock: bool) -> Select[Any]:
    """Set the identity, and give no row if it has a session that has ended."""
    setting, sessions = _SETTING_WRITING_IDENTITY if lock else _SETTING_IDENTITY, mine(Session)
    session = select(sessions.c.id).where(
        sessions.c.user_id == setting.c.user_id, sessions.c.id == _SESSION
    )
    if lock:
        session = session.with_for_update(read=True, key_share=True)
    alive = session.correlate(setting).exists()
    return select(*setting.c).where(or_(_SESSION.is_(None), alive)).offset(literal_column("0"))


IDENTITY = _identity(lock=False).subquery("identity")
_WRITING_IDENTITY = _identity(lock=True).subquery("identity")


def unowned(model: type[SQLModel]) -> Table:
    """Give a table whose rows belong to nobody, for `Database.fetch`; ValueError for others."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    if "user_id" in table.c:
        raise ValueError(f"the rows of {table.name} have an owner: use the functions below")
    return table


def select_mine(model: type[SQLModel], *columns: ColumnElement[Any]) -> Select[Any]:
    """Begin a SELECT on the asking user's rows; it goes into `reading`."""
    rows = mine(model)
    return select(*columns).where(rows.c.user_id == IDENTITY.c.user_id).correlate(IDENTITY)


def insert_mine(
    model: type[SQLModel], values: Mapping[str, ColumnElement[Any]]
) -> postgresql.Insert:
    """Begin an INSERT of one row that the asking user will own."""
    row = select(_WRITING_IDENTITY.c.user_id, *values.values())
    return postgresql.insert(mine(model)).from_select(["user_id", *values], row)


def is_mine(model: type[SQLModel]) -> ColumnElement[bool]:
    """Narrow a subquery inside an UPDATE or DELETE to the asking user's rows."""
    return mine(model).c.user_id == _OWNER


def update_mine(model: type[SQLModel]) -> Update:
    """Begin an UPDATE of the asking user's rows, for `Database.write`."""
    rows = mine(model)
    return update(rows).where(rows.c.user_id == _OWNER)


def delete_mine(model: type[SQLModel]) -> Delete:
    """Begin a DELETE of the asking user's rows, for `Database.write`."""
    rows = mine(model)
    return delete(rows).where(rows.c.user_id == _OWNER)


def reading(select_one_value: Select[Any]) -> Select[Any]:
    """Complete a SELECT of one value on the user's rows: it sets the identity, then runs."""
    return select(select_one_value.scalar_subquery()).select_from(IDENTITY)


def changing(
    model: type[SQLModel],
    key: Mapping[str, ColumnElement[Any]],
    values: Mapping[str, ColumnElement[Any]],
    columns: list[ColumnElement[Any]],
) -> Select[Any]:
    """Change the one of the asking user's rows that has this key; it gives the row as JSON.

    `key` is what the primary key has besides the owner. Gives a NULL where the user has no such
    row, for `Database.change`.
    """
    rows, there = mine(model), mine(model).alias("there")
    identity = _identity(lock=True).cte("identity")
    stored = [column.key for column in rows.c if column.computed is None]
    found = (
        select(*(there.c[name] for name in stored))
        .where(there.c.user_id == identity.c.user_id)
        .where(*(there.c[name] == value for name, value in key.items()))
        .with_for_update()
        .lateral("found")
    )
    changed = (
        postgresql.insert(rows)
        .from_select(stored, select(*found.c).select_from(identity.join(found, true())))
        .on_conflict_do_update(index_elements=["user_id", *key], set_=dict(values))
        .returning(*columns)
        .cte("changed")
    )
    row = select(utf8(json_row(changed))).scalar_subquery()
    return select(row).select_from(identity)


def finding(model: type[SQLModel], select_columns: list[ColumnElement[Any]]) -> Select[Any]:
    """Find one row by what only its owner knows, before anybody is signed in.

    The column is the table's `found_by`; a policy of its own shows that one row, and nothing else.
    Its parameter is `wanted`; the row comes as JSON.
    """
    rows = mine(model)
    column = rows.c[model.__table__.info["found_by"]]  # type: ignore[attr-defined]
    wanted = bindparam("wanted", type_=column.type)
    shown = func.set_config(constant(FOUND_SETTING), as_setting(wanted), true())
    setting = select(shown.label("shown")).offset(literal_column("0")).subquery("setting")
    # It depends on the setting for the same reason as a read depends on the identity.
    row = (
        select(*select_columns)
        .where(column == wanted, as_setting(column) == setting.c.shown)
        .correlate(setting)
        .subquery("found")
    )
    return select(select(cast(json_row(row), Text)).scalar_subquery()).select_from(setting)


def as_setting(value: ColumnElement[Any]) -> ColumnElement[str]:
    """Write a value as a setting can hold it: text, and bytes as hex."""
    if isinstance(value.type, LargeBinary):
        return func.encode(value, constant("hex"))
    return value


def json_of_changed(change: Insert | Update, columns: list[ColumnElement[Any]]) -> Select[Any]:
    """Complete an INSERT or UPDATE: it gives the row it wrote, as JSON."""
    changed = change.returning(*columns).cte("changed")
    return select(utf8(json_row(changed)))
