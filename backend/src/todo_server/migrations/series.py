"""What the database sees to itself about repeating tasks, whoever writes them.

- A task that is given a rule begins a series: it is the first of it, and the rule is counted from
  its due date. Another rule, basis, or kind of date has the rule counted anew from what is due now.
  Any other due date moves this occurrence alone.
- Completing or reopening one outside of what makes its successor, or takes it away, is refused
  (`services/tasks/repeating.py`); an undo puts back what was, successors and all.
- Of an occurrence there is one live task. What comes back from the trash beside another one has no
  series from then on, and does not repeat.
"""

from collections.abc import Iterator

from sqlalchemy import Table

REFUSAL = "task_repeats"
"""The name by which a service knows that a task repeats."""

_KEEP = """
CREATE OR REPLACE FUNCTION keep_series() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_undone boolean := coalesce(current_setting('app.undoes', true), '') <> '';
    is_begun boolean := NEW.recurrence IS NOT NULL AND NEW.series_id IS NULL;
    is_back boolean := false;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.completed <> OLD.completed AND NEW.recurrence IS NOT NULL AND NOT is_undone
            AND coalesce(current_setting('app.repeats', true), '') <> NEW.id::text
        THEN
            RAISE check_violation USING CONSTRAINT = '{refusal}',
                MESSAGE = format('task %s repeats: its successor is not made', NEW.id);
        END IF;
        is_back := NEW.deleted_at IS NULL AND NEW.series_id IS NOT NULL
            AND (OLD.deleted_at IS NOT NULL OR (NEW.series_id, NEW.occurrence)
                 IS DISTINCT FROM (OLD.series_id, OLD.occurrence));
        IF NEW.recurrence IS NOT NULL AND NOT is_undone
            AND (NEW.occurs_on, NEW.rule_start, NEW.rule_first)
                IS NOT DISTINCT FROM (OLD.occurs_on, OLD.rule_start, OLD.rule_first)
            AND (NEW.recurrence, NEW.recurrence_basis, length(NEW.due_date))
                IS DISTINCT FROM (OLD.recurrence, OLD.recurrence_basis, length(OLD.due_date))
        THEN
            NEW.occurs_on := NEW.due_date;
            NEW.rule_start := NEW.due_date;
            NEW.rule_first := NEW.occurrence;
        END IF;
    END IF;
    IF is_begun THEN
        NEW.series_id := NEW.id;
        IF EXISTS (SELECT FROM {schema}.my_task AS other
                   WHERE other.user_id = NEW.user_id AND other.series_id = NEW.id)
        THEN
            NEW.series_id := gen_random_uuid();
        END IF;
        NEW.occurrence := 1;
        NEW.occurs_on := NEW.due_date;
        NEW.rule_start := NEW.due_date;
        NEW.rule_first := 1;
    ELSIF NEW.series_id IS NOT NULL AND NEW.occurrence IS NULL THEN
        SELECT 1 + coalesce(max(other.occurrence), 0) INTO NEW.occurrence
            FROM {schema}.my_task AS other
            WHERE other.user_id = NEW.user_id AND other.series_id = NEW.series_id;
        NEW.occurs_on := NEW.due_date;
        NEW.rule_start := NEW.due_date;
        NEW.rule_first := NEW.occurrence;
    ELSIF is_back AND EXISTS (
        SELECT FROM {schema}.my_task AS other
        WHERE other.user_id = NEW.user_id AND other.series_id = NEW.series_id
          AND other.occurrence = NEW.occurrence AND other.id <> NEW.id)
    THEN
        NEW.recurrence := NULL;
        NEW.series_id := NULL;
        NEW.occurrence := NULL;
        NEW.occurs_on := NULL;
        NEW.rule_start := NULL;
        NEW.rule_first := NULL;
    END IF;
    RETURN NEW;
END $$
"""

_TRIGGERS = {
    "keep_series": "BEFORE INSERT OR UPDATE ON task FOR EACH ROW"
    " WHEN (NEW.recurrence IS NOT NULL OR NEW.series_id IS NOT NULL)"
    " EXECUTE FUNCTION keep_series()",
}


def series_rules(table: Table, schema: str = "public") -> Iterator[str]:
    """Give what makes these rules in a schema, quoted, for the table of tasks; none for others."""
    if table.name != "task":
        return
    yield _KEEP.format(schema=schema, refusal=REFUSAL)
    for name, definition in _TRIGGERS.items():
        yield f"CREATE TRIGGER {name} {definition}"


TRIGGERS = tuple(_TRIGGERS)
