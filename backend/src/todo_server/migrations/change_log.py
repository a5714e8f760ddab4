"""The log of changes: triggers that count and write down every change of a logged table.

Whoever changes a row, by whichever statement, changes its version and its owner's log with it. A
table is logged if its rows have a version. The triggers are made anew by every migration, like the
owner views, so that a new member of a noun is logged without a line for it.

They work as the asking user, through the owner views: a change for which no identity is set is
refused, and so is what an entry could not tell of. They name the schema of what they write to, so
that no temporary table stands in for it. What they cost, and what else was tried, is in
docs/decisions/0026.

A noun has one trigger before a change and one after it. What other modules have to say of its rows
(`places.py`, `date_rules.py`, `task_rules.py`, `series.py`, `reminding.py`) are lines of these two:
a condition there costs little, and that of a trigger is read anew for each statement
(docs/decisions/0035).
"""

from collections.abc import Iterator

from sqlalchemy import Connection, Table, inspect, text
from sqlmodel import SQLModel

from todo_server.migrations import (
    date_rules,
    limits,
    mailing,
    places,
    reminding,
    series,
    task_rules,
    waking,
    webhook_rules,
)
from todo_server.models.change import logged_members

_TRIGGERS = {
    "count_version": "BEFORE INSERT OR UPDATE ON {noun} FOR EACH ROW"
    " EXECUTE FUNCTION prepare_{noun}()",
    "log_made": "AFTER INSERT ON {noun} FOR EACH ROW EXECUTE FUNCTION log_{noun}()",
    "log_changed": "AFTER UPDATE ON {noun} FOR EACH ROW"
    " WHEN (OLD.version IS DISTINCT FROM NEW.version) EXECUTE FUNCTION log_{noun}()",
    "log_purged": "AFTER DELETE ON {noun} FOR EACH ROW EXECUTE FUNCTION log_{noun}()",
    "refuse_other_key": "AFTER UPDATE OF user_id, id ON {noun} FOR EACH ROW"
    " WHEN ((OLD.user_id, OLD.id) IS DISTINCT FROM (NEW.user_id, NEW.id))"
    " EXECUTE FUNCTION refuse_unlogged()",
    "refuse_truncate": "BEFORE TRUNCATE ON {noun} EXECUTE FUNCTION refuse_unlogged()",
}
_FORMER = (
    *("set_position", "derive_task", "derive_dates", "keep_series", "arm_made", "arm_changed"),
    *("family_begun", "family_changed", "family_ended", "tags_named", "each_tag_named"),
)
"""Triggers of versions before, which are dropped."""

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_unlogged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'this % of % could not be told by the log of changes', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'feature_not_supported',
              HINT = 'A row keeps its key. Use DELETE, once for each user, as that user.';
END $$
"""

_PREPARE = """
CREATE OR REPLACE FUNCTION prepare_{noun}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND ({old}) IS DISTINCT FROM ({new}) THEN
        NEW.version := OLD.version + 1;
    END IF;
    {rules}
    RETURN NEW;
END $$
"""

# The next number is one more than the last, which a user's log keeps for good. Requests have taken
# the user's turn before any row (`one_trip.py`); whoever has not, takes it here, before they count.
# It is tried at first, as PERFORM would run a query for it.
_LOG = """
CREATE OR REPLACE FUNCTION log_{noun}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    it {schema}.{noun} := NEW;
    its_kind text := 'created';
    its_number bigint;
    its_instant timestamptz;
    was jsonb;
    is_followed boolean;
BEGIN
    {rules}
    IF TG_OP = 'UPDATE' THEN
        its_kind := 'updated';
        was := '{{}}';
        {members}
        IF was ? 'deleted_at' THEN
            its_kind := CASE WHEN NEW.deleted_at IS NULL THEN 'restored' ELSE 'deleted' END;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        its_kind := 'purged';
        it := OLD;
        it.updated_at := clock_timestamp();
        UPDATE {schema}.my_change SET before = NULL
            WHERE user_id = it.user_id AND row_id = it.id AND before IS NOT NULL;
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended(it.user_id, 0)) THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(it.user_id, 0));
    END IF;
    INSERT INTO {schema}.my_change
            (user_id, number, at, kind, noun, row_id, before, origin, batch, undoes, followed)
        SELECT it.user_id, 1 + coalesce(newest.number, 0),
               coalesce(nullif(current_setting('app.at', true), '')::timestamptz, it.updated_at),
               its_kind, '{noun}', it.id, was, current_setting('app.origin', true),
               nullif(current_setting('app.batch', true), '')::bigint,
               nullif(current_setting('app.undoes', true), '')::bigint,
               newest.followed
        FROM (SELECT) AS one
        LEFT JOIN (SELECT number, followed FROM {schema}.my_change WHERE user_id = it.user_id
                   ORDER BY number DESC LIMIT 1) AS newest ON true
        RETURNING number, at, followed INTO its_number, its_instant, is_followed;
    IF its_number = 1 THEN
        is_followed := {schema}.follow(it.user_id);
        INSERT INTO {schema}.upkeep (owner_id, due_at)
            VALUES (it.user_id, its_instant + interval '1 day') ON CONFLICT DO NOTHING;
    END IF;
    IF is_followed THEN
        PERFORM {schema}.wake(it.user_id, 'deliveries', least(its_instant, now()));
    END IF;
    RETURN NULL;
END $$
"""

# What other modules have to say of a noun's rows, in this order. That a due date has its instant
# comes before what a rule makes of it.
_PREPARED = {"task": date_rules.PREPARED + task_rules.PREPARED + series.PREPARED}
_LOGGED = {"task": reminding.LOGGED + task_rules.LOGGED}

_MEMBER = """IF NEW.{name} IS DISTINCT FROM OLD.{name} THEN
            was := was || jsonb_build_object('{name}', OLD.{name});
        END IF;"""


def is_logged(table: Table) -> bool:
    """Tell whether each change of a table's rows is counted and written down."""
    return "version" in table.c


def change_log(table: Table, schema: str = "public") -> Iterator[str]:
    """Give what makes the log of one table in a schema, quoted: none, where it has none."""
    if not is_logged(table):
        return
    stored = [c.name for c in table.c if c.computed is None and c.name not in ("user_id", "id")]
    members = [_MEMBER.format(name=name) for name in logged_members(table)]
    prepared = (places.SET_POSITION if "position" in table.c else "") + _PREPARED.get(
        table.name, ""
    )
    yield _REFUSE
    yield _PREPARE.format(
        noun=table.name,
        old=", ".join(f"OLD.{name}" for name in stored),
        new=", ".join(f"NEW.{name}" for name in stored),
        rules=prepared.format(schema=schema),
    )
    yield _LOG.format(
        schema=schema,
        noun=table.name,
        members="\n        ".join(members),
        rules=_LOGGED.get(table.name, "").format(schema=schema),
    )
    for trigger, definition in _TRIGGERS.items():
        yield f"CREATE TRIGGER {trigger} {definition.format(noun=table.name)}"
    # It makes a row whole, also where rows are loaded with the triggers off.
    yield f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER count_version"


def drop_triggers(connection: Connection) -> None:
    """Drop all triggers, so that their tables can change."""
    present = set(inspect(connection).get_table_names())
    for table in SQLModel.metadata.sorted_tables:
        if "user_id" in table.c and table.name in present:
            own = (date_rules, reminding, limits, webhook_rules, mailing)
            those = (name for each in own for name in each.TRIGGERS)
            for trigger in (*_TRIGGERS, *those, *_FORMER):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger} ON {table.name}")


def triggers(table: Table, schema: str = "public") -> Iterator[str]:
    """Give what makes all triggers of a table: of its own rules and the log, and of its limit."""
    yield from task_rules.task_rules(table, schema)
    yield from change_log(table, schema)
    yield from limits.limits(table, schema)
    yield from date_rules.date_rules(table, schema)
    yield from series.series_rules(table, schema)
    yield from waking.waking(table, schema)
    yield from reminding.reminding(table, schema)
    yield from webhook_rules.webhook_rules(table, schema)
    yield from mailing.mailing(table, schema)


def make_triggers(connection: Connection) -> None:
    """Make the triggers of every table that is there as the models have it."""
    found = inspect(connection)
    present = set(found.get_table_names())
    schema = connection.scalar(text("SELECT quote_ident(current_schema())"))

    def is_whole(table: Table) -> bool:  # and not an older version of the schema
        if table.name not in present:
            return False
        return {c["name"] for c in found.get_columns(table.name)} >= set(table.c.keys())

    log_is_whole = is_whole(SQLModel.metadata.tables["change"])
    for table in SQLModel.metadata.sorted_tables:
        if "user_id" in table.c and log_is_whole and is_whole(table):
            for statement in triggers(table, schema):
                connection.exec_driver_sql(statement)
