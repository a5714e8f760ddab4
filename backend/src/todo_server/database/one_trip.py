"""Statements that set the identity themselves, and so take one round trip to the database.

Reading in one round trip
-------------------------
The identity must be set, for this transaction alone, before the first row is looked at. A read
does both in one statement::

    SELECT (SELECT … FROM my_task WHERE user_id = identity.user_id AND user_id = $1 …)
    FROM (SELECT set_config('app.user_id', $1, true) AS user_id OFFSET 0) AS identity
    WHERE identity.user_id = $1

The subquery depends on a value that only ``identity`` yields, so it cannot start earlier, and
``OFFSET 0`` keeps the planner from dissolving ``identity``. Were the order ever different, the
policy would see no identity and no row: it fails closed. An INSERT … SELECT FROM identity has
the same order. That the owner stands there once more, as a parameter at the top level and in each
condition, is what a proxy looks for that sends statements to the owner's shard.

Changing in one round trip
--------------------------
An UPDATE … FROM identity has not that order (seen: zero rows). So `change_one` is an INSERT of the
row that is there already, found and locked by a subquery that depends on ``identity``, whose
conflict with itself becomes the UPDATE. The lock makes sure that it is a conflict: nobody can
delete the row in between. What deletes rows, or needs several statements, runs in a transaction
that is opened with the identity (`execution.py`).

One writer of a user at a time
------------------------------
What writes takes its user's turn first, before any row: an advisory lock until the end of the
transaction. Every change takes the next number of its user's log (`migrations/change_log.py`), and
needs the turn for that; who held the turn and came for a row, and who held the row and came for the
turn, would wait for each other.

Not after the end of the session
--------------------------------
A statement that writes locks its session's row (decision 0015), so that it and whatever ends the
session cannot pass each other: whoever comes second waits, and a row that is gone gives no
identity. Reads lock nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    FromClause,
    Insert,
    Select,
    Subquery,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel

from todo_server.database.as_json import Row, as_row, json_columns
from todo_server.database.idempotency import keeping
from todo_server.database.owned import OWNER_ID, is_owners, owner_view, trash_view
from todo_server.database.statement import (
    Change,
    Read,
    RepeatableChange,
    Result,
    compiled,
    constant,
)
from todo_server.models.session import Session

SETTING = "app.user_id"
"""The transaction-local setting that the policies of row-level security compare with."""

ORIGIN_SETTING = "app.origin"
"""The same for what the log says of who asked: the request's id, a space, and the client."""

BATCH_SETTING, UNDOES_SETTING = "app.batch", "app.undoes"
"""The same for a transaction: the number of its first change, and of the change that it undoes."""

LOCK_TIMEOUT = "2s"
"""How long a change waits for a row that something else changes: well under what a request waits
for a connection. For one transaction alone, so that it works through poolers."""

AT_SETTING = "app.at"
"""The same for when a change is made whose row says another instant, as one that is imported."""

_SESSION = bindparam("session", type_=Uuid)
_ORIGIN = bindparam("origin", type_=Text)
IF_VERSION = bindparam("if_version", type_=ARRAY(BigInteger))

AS_IT_IS = "as it is"
"""The last word of a row that was not changed, as it has none of the versions asked for."""


class ChangeOne(NamedTuple):
    """A change of one row, whatever its version, and the same if it has one of `if_version`.

    The first one costs less. The second gives a row that has another version as it is, with
    `AS_IT_IS` at its end.
    """

    always: Change[Row | None]
    of_versions: Change[Row | None]


def _setting_identity(*also: ColumnElement[Any]) -> Subquery:
    user_id = func.set_config(constant(SETTING), OWNER_ID, true()).label("user_id")
    return select(user_id, *also).offset(literal_column("0")).subquery("setting_identity")


_PATIENCE = func.set_config(constant("lock_timeout"), constant(LOCK_TIMEOUT), true())
_TURN = func.pg_advisory_xact_lock(func.hashtextextended(OWNER_ID, literal_column("0")))
_SETTING_IDENTITY = _setting_identity()
_SETTING_WRITING_IDENTITY = _setting_identity(
    _PATIENCE.label("patience"),
    _TURN.label("turn"),
    func.set_config(constant(ORIGIN_SETTING), _ORIGIN, true()).label("origin"),
)


def _identity(*, lock: bool) -> Select[Any]:
    """Set the identity, and give no row if it has a session that has ended."""
    setting = _SETTING_WRITING_IDENTITY if lock else _SETTING_IDENTITY
    sessions = owner_view(Session)
    its_own = (sessions.c.user_id == setting.c.user_id, is_owners(sessions))
    session = select(sessions.c.id).where(*its_own, sessions.c.id == _SESSION)
    if lock:
        session = session.with_for_update(read=True, key_share=True)
    alive = session.correlate(setting).exists()
    return select(*setting.c).where(or_(_SESSION.is_(None), alive)).offset(literal_column("0"))


IDENTITY = _identity(lock=False).subquery("identity")
_WRITING_IDENTITY = _identity(lock=True).subquery("identity")


def select_owned(
    model: type[SQLModel], *columns: ColumnElement[Any], trashed: bool = False
) -> Select[Any]:
    """Begin a SELECT on the asking user's rows, or those in the trash, for `read_statement`."""
    rows = trash_view(model) if trashed else owner_view(model)
    its_owner = (rows.c.user_id == IDENTITY.c.user_id, is_owners(rows))
    return select(*columns).where(*its_owner).correlate(IDENTITY)


def insert_owned(model: type[SQLModel], values: Mapping[str, ColumnElement[Any]]) -> Insert:
    """Begin an INSERT of one row that the asking user will own; it sets the identity."""
    row = select(OWNER_ID, *values.values()).select_from(_WRITING_IDENTITY)
    its_own = row.where(_WRITING_IDENTITY.c.user_id == OWNER_ID)
    return insert(owner_view(model)).from_select(["user_id", *values], its_own)


def read_statement(value: Select[Any], *, rare: bool = False) -> Read[Result]:
    """Complete a SELECT of one value on the user's rows: it sets the identity, then reads.

    `rare` is for those that are made by the shape of a request, so that there are many.
    """
    of_owner = select(value.scalar_subquery()).select_from(IDENTITY)
    return compiled(Read, of_owner.where(IDENTITY.c.user_id == OWNER_ID), rare=rare)


def insert_statement(insertion: Insert, columns: list[ColumnElement[Any]]) -> Change[Row]:
    """Complete what `insert_owned` began: it gives the row that was made."""
    inserted = insertion.returning(*columns).cte("inserted")
    return _compiled_change(Change, as_row(inserted))


def change_one(
    rows: Table,
    key: Mapping[str, ColumnElement[Any]],
    values: Mapping[str, ColumnElement[Any]],
    shape: type[SQLModel],
    *,
    repeatable: bool,
) -> ChangeOne:
    """Change the one of the asking user's rows that has this key; both ways give it as it is then.

    `rows` is an owner view, `key` what the primary key has besides the owner. Gives None where the
    view has no such row. With `repeatable` it is tried again where it may have been done.
    """
    kind = RepeatableChange if repeatable else Change
    always, of_versions = (
        _compiled_change(kind, _changing_one(rows, key, values, shape, if_version=if_version))
        for if_version in (False, True)
    )
    return ChangeOne(always, of_versions)


def _compiled_change(kind: type[Change[Any]], answering: Select[Any]) -> Change[Any]:
    """Compile it as it is, and for a request with a key, by which it may be done again."""
    keyed = compiled(RepeatableChange, keeping(answering))
    return replace(compiled(kind, answering), keyed=keyed)


def _changing_one(
    rows: Table,
    key: Mapping[str, ColumnElement[Any]],
    values: Mapping[str, ColumnElement[Any]],
    shape: type[SQLModel],
    *,
    if_version: bool,
) -> Select[Any]:
    there = rows.alias("there")
    identity = _identity(lock=True).cte("identity")
    # The row that conflicts needs what may not be null; the others are as they are. An answer that
    # there is another version needs all of them.
    columns = [c for c in rows.c if c.computed is None and c.name != "user_id"]
    stored = [c.name for c in columns if not (c.nullable or c.server_default)]
    read = [c.name for c in columns] if if_version else stored
    locked = (
        select(there.c.user_id, *(there.c[name] for name in read))
        .where(there.c.user_id == identity.c.user_id, is_owners(there))
        .where(*(there.c[name] == value for name, value in key.items()))
        .with_for_update()
        .lateral("locked")
    )
    # Its version is looked at once it is locked, and not by what was there before.
    found: FromClause = locked
    row = select(OWNER_ID, *(locked.c[name] for name in stored))
    row = row.select_from(identity.join(locked, true()))
    if if_version:
        found = select(*locked.c).select_from(identity.join(locked, true())).cte("found")
        row = select(OWNER_ID, *(found.c[name] for name in stored)).where(_has_version(found))
    changed = (
        postgresql.insert(rows)
        .from_select(["user_id", *stored], row)
        .on_conflict_do_update(index_elements=["user_id", *key], set_=dict(values))
        .returning(*json_columns(rows, shape))
        .cte("changed")
    )
    answer: ColumnElement[Any] = as_row(changed).scalar_subquery()
    if if_version:
        other = select(*json_columns(found, shape)).where(not_(_has_version(found)))
        as_it_is = as_row(other.subquery("other"), constant(AS_IT_IS)).scalar_subquery()
        answer = func.coalesce(answer, as_it_is)
    of_owner = select(answer).select_from(identity)
    return of_owner.where(identity.c.user_id == OWNER_ID)


def _has_version(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.version == any_(IF_VERSION)
