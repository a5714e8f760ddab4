"""The statements by which a task repeats: each a step of one transaction, or a read."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    exists,
    false,
    func,
    insert,
    literal_column,
    not_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, array
from sqlalchemy.sql.selectable import NamedFromClause

from todo_server.database import (
    OWNER_ID,
    Read,
    Row,
    Write,
    as_row,
    constant,
    is_owners,
    json_columns,
    owner_view,
    read_statement,
    select_owned,
    update_owned,
    write_statement,
)
from todo_server.models import LoggedChange, Settings, Task, TaskRead
from todo_server.models.settings import TIME_ZONE
from todo_server.services.batches import beginning_batch
from todo_server.services.one_row import NOW, changing, touched

_tasks, _settings, _log = owner_view(Task), owner_view(Settings), owner_view(LoggedChange)
_task_id = bindparam("task_id", type_=Uuid)
_ONE = literal_column("1", Integer)

REPEATS_SETTING = "app.repeats"
"""The task whose successor this transaction sees to: the database lets it be completed."""

_repeats = func.set_config(
    constant(REPEATS_SETTING), bindparam("repeats", type_=Text), literal_column("true")
)
LET: Write[str] = write_statement(select(_repeats))
LET_IN_BATCH: Write[str] = beginning_batch(_repeats)


def _zone() -> ColumnElement[str]:
    """Give the task's zone, or its user's."""
    users = select(_settings.c.time_zone).where(is_owners(_settings)).scalar_subquery()
    return func.coalesce(_tasks.c.time_zone, users, constant(TIME_ZONE))


def _successor_of(its: NamedFromClause) -> ColumnElement[Any]:
    return and_(
        its.c.series_id == _tasks.c.series_id, its.c.occurrence == _tasks.c.occurrence + _ONE
    )


def _json(members: dict[str, ColumnElement[Any]]) -> ColumnElement[str]:
    parts = (part for name, value in members.items() for part in (constant(name), value))
    return cast(func.json_build_object(*parts), Text)


_MEMBERS = (
    *("id", "completed", "recurrence", "recurrence_basis", "due_date", "start_date", "reminders"),
    *("series_id", "occurrence", "occurs_on", "rule_start", "rule_first", "parent_id"),
)


def _state() -> Read[bytes | None]:
    """Select what says how a task repeats, and whether it has a successor."""
    later = _tasks.alias("later")
    its = select(later.c.id).where(is_owners(later), _successor_of(later)).limit(_ONE)
    members: dict[str, ColumnElement[Any]] = {name: _tasks.c[name] for name in _MEMBERS}
    members |= {"zone": _zone(), "successor": its.correlate(_tasks).scalar_subquery()}
    return read_statement(select_owned(Task, _json(members)).where(_tasks.c.id == _task_id))


def _parts() -> Read[str]:
    """Select the parts that a successor has: not what is done of those that repeat themselves."""
    names = ("id", "start_date", "due_date", "reminders", "recurrence", "recurrence_basis")
    is_past = and_(_tasks.c.completed, _tasks.c.recurrence.is_not(None))
    its = select_owned(Task, *(_tasks.c[name] for name in names))
    part = its.where(_tasks.c.parent_id == _task_id, not_(is_past)).subquery("part")
    in_order = aggregate_order_by(func.row_to_json(part.table_valued()), part.c.id)
    written = func.coalesce(cast(func.json_agg(in_order), Text), constant("[]"))
    return read_statement(select(written).select_from(part))


GIVEN = (
    *("id", "parent_id", "start_date", "due_date", "reminders", "recurrence"),
    *("series_id", "occurrence", "occurs_on", "rule_start", "rule_first"),
)
"""What a new row has of its own."""

_BEGUN_ANEW = frozenset(
    ("user_id", "completed", "completed_at", "created_at", "updated_at", "version", "deleted_at")
)


def _copy() -> Write[int]:
    """Insert a row for each element of a JSON array: a copy of the task that it names as source."""
    columns = [column(name, _tasks.c[name].type) for name in GIVEN]
    new = (
        func.jsonb_to_recordset(cast(bindparam("new", type_=Text), JSONB))
        .table_valued(column("source", Uuid), *columns, name="new")
        .render_derived(with_types=True)
    )
    of_source = [
        c.name
        for c in _tasks.c
        if c.computed is None and not c.info and c.name not in (*GIVEN, *_BEGUN_ANEW)
    ]
    values: dict[str, ColumnElement[Any]] = {
        **{name: new.c[name] for name in GIVEN},
        **{name: _tasks.c[name] for name in of_source},
        "completed": false(),
        "created_at": NOW,
        "updated_at": NOW,
    }
    rows = (
        select(OWNER_ID, *values.values())
        .select_from(new)
        .join_from(new, _tasks, and_(_tasks.c.id == new.c.source, is_owners(_tasks)))
    )
    made = insert(_tasks).from_select(["user_id", *values], rows).returning(_tasks.c.id).cte("made")
    return write_statement(select(func.count()).select_from(made))


_OF_ITSELF = ("due_at", "deleted_at", "updated_at")
"""What moves with the user's zone, and with an undo and the undo of that."""


def _is_untouched(rows: NamedFromClause, name: str) -> ColumnElement[bool]:
    """Tell whether the log has nobody changing a row, which a completion has made.

    A tag that has another name, or none any more, was not changed here. What came by an import is
    as somebody else left it.
    """
    first, entry = _log.alias(f"{name}_first"), _log.alias(f"{name}_entry")
    done, tag = _log.alias(f"{name}_done"), _log.alias(f"{name}_tag")
    of_it = (is_owners(first), first.c.row_id == rows.c.id, first.c.kind == constant("created"))
    newest = select(first.c.number).where(*of_it).order_by(first.c.number.desc()).limit(_ONE)
    made = newest.correlate(rows).scalar_subquery()
    completed = exists().where(
        *(is_owners(done), done.c.row_id == bindparam("task_id", type_=Uuid)),
        *(done.c.batch == first.c.batch, done.c.before.has_key(constant("completed"))),
    )
    by_it = select(first.c.batch).where(*of_it, completed.correlate(first))
    its_batch = by_it.order_by(first.c.number.desc()).limit(_ONE).correlate(rows).scalar_subquery()
    of_a_tag = exists().where(
        *(entry.c.before.has_key(constant("tags")), is_owners(tag)),
        *(tag.c.number >= entry.c.batch, tag.c.batch == entry.c.batch),
        *(tag.c.noun == constant("tag"), tag.c.kind != constant("created")),
    )
    by_tag = case((of_a_tag.correlate(entry), constant("tags")), else_=constant("due_at"))
    changed = entry.c.before.op("-")(array([*map(constant, _OF_ITSELF), by_tag]))
    touched_by = exists().where(
        *(is_owners(entry), entry.c.row_id == rows.c.id, entry.c.number > made),
        *(entry.c.batch.is_distinct_from(its_batch), changed != literal_column("'{}'", JSONB)),
    )
    return and_(its_batch.is_not(None), not_(touched_by.correlate(rows)))


def _take_away() -> Write[int]:
    """Put the successor of a task into the trash, if nobody has touched it or a part of it."""
    part = _tasks.alias("part")
    its_parts = select(part.c.id).where(is_owners(part), part.c.parent_id == _tasks.c.id)
    touched_part = exists(its_parts.where(not_(_is_untouched(part, "part"))).correlate(_tasks))
    gone = (
        update_owned(Task)
        .values(deleted_at=NOW, updated_at=touched(_tasks))
        .where(_tasks.c.id == bindparam("successor", type_=Uuid), not_(_tasks.c.completed))
        .where(_is_untouched(_tasks, "task"), not_(touched_part))
        .returning(_tasks.c.id)
        .cte("gone")
    )
    return write_statement(select(func.count()).select_from(gone))


def _successor() -> Read[Row | None]:
    """Select the successor of a task."""
    before = _tasks.alias("before")
    of_it = (is_owners(before), before.c.id == _task_id)
    series_id, occurrence = (
        select(value).where(*of_it).scalar_subquery()
        for value in (before.c.series_id, before.c.occurrence + _ONE)
    )
    found = select_owned(Task, *json_columns(_tasks, TaskRead)).where(
        _tasks.c.series_id == series_id, _tasks.c.occurrence == occurrence
    )
    return read_statement(as_row(found.subquery("successor")))


_ids = bindparam("ids", type_=JSONB)


def _repeating() -> Write[str]:
    """Select those of some tasks that repeat."""
    wanted = func.jsonb_array_elements_text(_ids).table_valued("value", name="wanted")
    its = select(_tasks.c.id).where(
        is_owners(_tasks),
        _tasks.c.id == cast(wanted.c.value, Uuid),
        _tasks.c.recurrence.is_not(None),
    )
    found = select(wanted.c.value).where(its.correlate(wanted).exists()).subquery("found")
    return write_statement(
        select(func.coalesce(cast(func.json_agg(found.c.value), Text), constant("[]")))
    )


STATE, PARTS, COPY, TAKE_AWAY = _state(), _parts(), _copy(), _take_away()
SUCCESSOR, REPEATING = _successor(), _repeating()
IN_SERIES: Read[bool | None] = read_statement(
    select_owned(Task, literal_column("true"))
    .where(_tasks.c.series_id == bindparam("series_id", type_=Uuid))
    .limit(_ONE)
)

_MOVED = ("due_date", "start_date", "occurs_on", "rule_start", "reminders")
SKIP = changing(
    _tasks,
    _task_id,
    {name: bindparam(f"moved_{name}", type_=_tasks.c[name].type) for name in _MOVED},
    TaskRead,
    repeatable=False,
)
