"""When a task reminds: the database keeps `reminder` as its tasks say, whoever changes them.

What is in `reminder` and has not fired is what is to come: of live tasks that are not completed,
by their reminders, their due dates and their time zones as they are now. A change of any of these
takes away what follows from them no more, and puts in what follows now. What is over already when
that happens, by the change's own instant, is not to come unless it was before, and only waits to be
told; nor is an instant that has fired.
"""

from collections.abc import Iterator

from sqlalchemy import Table

from todo_server.models.settings import TIME_ZONE

MORNING = "09:00:00"
"""From when minutes before a date are counted, which has no time of its own."""

# What a reminder has is in `models/task/reminders.py`.
_INSTANT = f"""
CREATE OR REPLACE FUNCTION reminder_instant(reminder jsonb, due_date text, zone text)
RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF reminder ? 'at' THEN
        RETURN {{schema}}.instant_of(reminder ->> 'at', zone, false);
    END IF;
    RETURN {{schema}}.instant_of(
        due_date || CASE WHEN char_length(due_date) = 10 THEN 'T{MORNING}' ELSE '' END, zone, false
    ) - (reminder ->> 'minutes_before')::int * interval '1 minute';
END $$
"""

_ZONE = f"""
CREATE OR REPLACE FUNCTION zone_of(its_owner text, zone text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce(zone, (SELECT settings.time_zone FROM {{schema}}.my_settings AS settings
                           WHERE settings.user_id = its_owner), '{TIME_ZONE}');
END $$
"""  # noqa: S608 - our names

_FIRST = """
CREATE OR REPLACE FUNCTION first_reminder(
    its_owner text, reminders jsonb, due_date text, time_zone text
) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    zone text := 'UTC';
    its_form text := 'YYYY-MM-DD"T"HH24:MI:SS';
BEGIN
    IF reminders -> 0 ? 'at' THEN
        RETURN reminders -> 0 ->> 'at';
    END IF;
    IF right(due_date, 1) = 'Z' THEN
        its_form := its_form || '"Z"';
    ELSE
        zone := {schema}.zone_of(its_owner, time_zone);
    END IF;
    RETURN to_char(
        {schema}.reminder_instant(reminders -> 0, due_date, zone) AT TIME ZONE zone, its_form);
END $$
"""

# One that has fired is kept for as long as a clock may be behind another one.
_ARM = """
CREATE OR REPLACE FUNCTION arm_task(its_owner text, its_id uuid, at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    it record;
    zone text;
    wanted timestamptz[] := '{{}}';
    soonest timestamptz;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(its_owner, 0)) THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(its_owner, 0));
    END IF;
    SELECT reminders, due_date, time_zone INTO it FROM {schema}.my_task
        WHERE user_id = its_owner AND id = its_id AND NOT completed;
    IF FOUND THEN
        zone := {schema}.zone_of(its_owner, it.time_zone);
        wanted := ARRAY(
            SELECT DISTINCT found.instant
            FROM jsonb_array_elements(it.reminders) AS each (reminder),
                 {schema}.reminder_instant(each.reminder, it.due_date, zone) AS found (instant)
            WHERE found.instant IS NOT NULL);
    END IF;
    DELETE FROM {schema}.my_reminder WHERE user_id = its_owner AND task_id = its_id
        AND CASE WHEN fired_at IS NULL THEN remind_at <> ALL (wanted)
                 ELSE fired_at < at - interval '1 day' END;
    WITH armed AS (
        INSERT INTO {schema}.my_reminder (user_id, task_id, remind_at)
            SELECT its_owner, its_id, each.instant FROM unnest(wanted) AS each (instant)
            WHERE each.instant > at
            ON CONFLICT DO NOTHING
            RETURNING remind_at)
        SELECT min(remind_at) INTO soonest FROM armed;
    IF soonest IS NOT NULL THEN
        PERFORM {schema}.wake(its_owner, 'reminders', soonest);
    END IF;
END $$
"""

_ARM_ALL = """
CREATE OR REPLACE FUNCTION arm_reminders_of_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM {schema}.arm_task(NEW.user_id, mine.id, NEW.updated_at) FROM {schema}.my_task AS mine
        WHERE mine.user_id = NEW.user_id AND mine.time_zone IS NULL AND mine.reminders <> '[]';
    RETURN NULL;
END $$
"""

_MEMBERS = ("reminders", "due_date", "due_at", "time_zone", "completed", "deleted_at")
_MOVED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _MEMBERS)

LOGGED = f"""
    IF (OLD.reminders <> '[]' OR NEW.reminders <> '[]') AND TG_OP <> 'DELETE' AND ({_MOVED}) THEN
        PERFORM {{schema}}.arm_task(NEW.user_id, NEW.id, coalesce(
            nullif(current_setting('app.at', true), '')::timestamptz, NEW.updated_at));
    END IF;"""
"""Lines of the trigger after a task is written (`change_log.py`)."""

_TRIGGERS = {
    "rearm": "AFTER INSERT OR UPDATE OF time_zone ON settings FOR EACH ROW"
    " EXECUTE FUNCTION arm_reminders_of_zone()",
}
TRIGGERS = tuple(_TRIGGERS)


def reminding(table: Table, schema: str = "public") -> Iterator[str]:
    """Give what makes these rules of a table in a schema, quoted; none for most."""
    if table.name == "task":
        for function in (_INSTANT, _ZONE, _FIRST, _ARM):
            yield function.format(schema=schema)
    elif table.name == "settings":
        yield _ARM_ALL.format(schema=schema)
        for name, definition in _TRIGGERS.items():
            yield f"CREATE TRIGGER {name} {definition}"
