"""What the database sees to itself about dates: when a task is due, and in whose time zone.

`due_at` follows from the due date and the task's time zone, or the user's where it has none. When
the user's zone changes, those that depend on it change with it, live or in the trash, as one batch
of the log. What has no date costs a condition that is false.
"""

from collections.abc import Iterator

from sqlalchemy import Table

from todo_server.models.settings import TIME_ZONE

# A zone that PostgreSQL does not know is refused under a name (`services/tasks/refusals.py`).
_REQUIRE_ZONE = """
CREATE OR REPLACE FUNCTION require_zone(zone text, refusal text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM now() AT TIME ZONE zone;
EXCEPTION WHEN invalid_parameter_value THEN
    RAISE check_violation USING CONSTRAINT = refusal,
        MESSAGE = format('this PostgreSQL knows no time zone %L', zone);
END $$
"""

_DUE = """
CREATE OR REPLACE FUNCTION due_instant(its_owner text, due_date text, time_zone text)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    zone text := time_zone;
BEGIN
    IF zone IS NOT NULL THEN
        PERFORM {schema}.require_zone(zone, 'task_time_zone_known');
    ELSIF due_date IS NOT NULL AND right(due_date, 1) <> 'Z' THEN
        SELECT settings.time_zone INTO zone FROM {schema}.my_settings AS settings
            WHERE settings.user_id = its_owner;
    END IF;
    RETURN {schema}.instant_of(due_date, coalesce(zone, '{default}'), true);
END $$
"""

PREPARED = """
    IF (NEW.due_date IS NOT NULL OR NEW.due_at IS NOT NULL OR NEW.time_zone IS NOT NULL)
            AND (NEW.due_date, NEW.time_zone, NEW.due_at)
                IS DISTINCT FROM (OLD.due_date, OLD.time_zone, OLD.due_at)
            AND current_setting('session_replication_role') <> 'replica' THEN
        NEW.due_at := {schema}.due_instant(NEW.user_id, NEW.due_date, NEW.time_zone);
    END IF;"""
"""Lines of the trigger before a task is written (`change_log.py`)."""

_CHANGE_SETTINGS = """
CREATE OR REPLACE FUNCTION change_settings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS DISTINCT FROM OLD THEN
        NEW.revision := OLD.revision + 1;
    END IF;
    PERFORM {schema}.require_zone(NEW.time_zone, 'settings_time_zone_known');
    RETURN NEW;
END $$
"""

_MOVE = """
CREATE OR REPLACE FUNCTION move_due_dates() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text := '{default}';
    its_batch text := coalesce(current_setting('app.batch', true), '');
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was := OLD.time_zone;
    END IF;
    IF NEW.time_zone = was THEN
        RETURN NULL;
    END IF;
    IF its_batch = '' THEN
        PERFORM set_config('app.batch', (1 + coalesce((
            SELECT number FROM {schema}.my_change WHERE user_id = NEW.user_id
            ORDER BY number DESC LIMIT 1), 0))::text, true);
    END IF;
    UPDATE {schema}.my_task SET {moved};
    UPDATE {schema}.my_trashed_task SET {moved};
    PERFORM set_config('app.batch', its_batch, true);
    RETURN NULL;
END $$
"""

_MOVED = """due_at = {schema}.instant_of(due_date, NEW.time_zone, true),
        updated_at = greatest(NEW.updated_at, updated_at + interval '1 microsecond')
        WHERE user_id = NEW.user_id AND due_at IS NOT NULL AND time_zone IS NULL
          AND due_at <> {schema}.instant_of(due_date, NEW.time_zone, true)"""

_TRIGGERS = {
    "change_settings": "BEFORE INSERT OR UPDATE ON settings FOR EACH ROW"
    " EXECUTE FUNCTION change_settings()",
    "move_due_dates": "AFTER INSERT OR UPDATE ON settings FOR EACH ROW"
    " EXECUTE FUNCTION move_due_dates()",
}


def date_rules(table: Table, schema: str = "public") -> Iterator[str]:
    """Give what makes these rules of a table in a schema, quoted; none for most."""
    if table.name == "task":
        yield _REQUIRE_ZONE
        yield _DUE.format(schema=schema, default=TIME_ZONE)
    elif table.name == "settings":
        yield _CHANGE_SETTINGS.format(schema=schema)
        moved = _MOVED.format(schema=schema)
        yield _MOVE.format(schema=schema, default=TIME_ZONE, moved=moved)
        for name, definition in _TRIGGERS.items():
            yield f"CREATE TRIGGER {name} {definition}"


TRIGGERS = tuple(_TRIGGERS)
