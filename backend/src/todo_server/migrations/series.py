"""What the database sees to itself about repeating tasks, whoever writes them.

- A task that is given a rule begins a series: it is the first of it, and the rule is counted from
  its due date. Another rule or kind of date has the rule counted anew from what is due now; another
  UNTIL alone does not, so that the wanted day is kept. Any other due date moves this occurrence
  alone.
- Completing or reopening one outside of what makes its successor, or takes it away, is refused
  (`services/tasks/repeating.py`); an undo puts back what was, successors and all.
- Of an occurrence there is one live task. What comes in beside another one, or back from the
  trash, has no series from then on, and does not repeat.
"""

from collections.abc import Iterator

from sqlalchemy import Table

REFUSAL = "task_repeats"
"""The name by which a service knows that a task repeats."""

_ENDING, _COUNTED = ";(COUNT|UNTIL)=[^;]*", "COUNT=([0-9]+)"
"""How a canonical rule ends, and how many it has."""

_KEEP = """
CREATE OR REPLACE FUNCTION keep_series(operation text, was record, its record)
RETURNS record LANGUAGE plpgsql AS $$
DECLARE
    is_undone boolean := coalesce(current_setting('app.undoes', true), '') <> '';
    is_begun boolean := its.recurrence IS NOT NULL AND its.series_id IS NULL;
    is_back boolean := operation = 'INSERT' AND its.deleted_at IS NULL
        AND its.series_id IS NOT NULL AND its.occurrence IS NOT NULL;
BEGIN
    IF operation = 'UPDATE' THEN
        IF its.completed <> was.completed AND its.recurrence IS NOT NULL AND NOT is_undone
            AND coalesce(current_setting('app.repeats', true), '') <> its.id::text
        THEN
            RAISE check_violation USING CONSTRAINT = '{refusal}',
                MESSAGE = format('task %s repeats: its successor is not made', its.id);
        END IF;
        is_back := its.deleted_at IS NULL AND its.series_id IS NOT NULL
            AND (was.deleted_at IS NOT NULL OR (its.series_id, its.occurrence)
                 IS DISTINCT FROM (was.series_id, was.occurrence));
        IF its.recurrence IS NOT NULL AND NOT is_undone
            AND (its.occurs_on, its.rule_start, its.rule_first)
                IS NOT DISTINCT FROM (was.occurs_on, was.rule_start, was.rule_first)
            AND ((regexp_replace(its.recurrence, '{ending}', ''), length(its.due_date))
                  IS DISTINCT FROM
                  (regexp_replace(was.recurrence, '{ending}', ''), length(was.due_date))
                 OR (its.recurrence ~ '{counted}' AND substring(its.recurrence FROM '{counted}')
                     IS DISTINCT FROM substring(was.recurrence FROM '{counted}')))
        THEN
            its.occurs_on := its.due_date;
            its.rule_start := its.due_date;
            its.rule_first := its.occurrence;
        END IF;
    END IF;
    IF is_begun THEN
        its.series_id := its.id;
        IF EXISTS (SELECT FROM {schema}.my_task AS other
                   WHERE other.user_id = its.user_id AND other.series_id = its.id)
        THEN
            its.series_id := gen_random_uuid();
        END IF;
        its.occurrence := 1;
        its.occurs_on := its.due_date;
        its.rule_start := its.due_date;
        its.rule_first := 1;
    ELSIF its.series_id IS NOT NULL AND (its.occurrence IS NULL OR its.rule_first IS NULL) THEN
        SELECT 1 + coalesce(max(other.occurrence), 0) INTO its.occurrence
            FROM {schema}.my_task AS other
            WHERE other.user_id = its.user_id AND other.series_id = its.series_id;
        its.occurs_on := its.due_date;
        its.rule_start := its.due_date;
        its.rule_first := its.occurrence;
    ELSIF is_back AND EXISTS (
        SELECT FROM {schema}.my_task AS other
        WHERE other.user_id = its.user_id AND other.series_id = its.series_id
          AND other.occurrence = its.occurrence AND other.id <> its.id)
    THEN
        its.recurrence := NULL;
        its.series_id := NULL;
        its.occurrence := NULL;
        its.occurs_on := NULL;
        its.rule_start := NULL;
        its.rule_first := NULL;
    END IF;
    RETURN its;
END $$
"""

PREPARED = """
    IF (NEW.recurrence IS NOT NULL OR NEW.series_id IS NOT NULL)
            AND current_setting('session_replication_role') <> 'replica' THEN
        NEW := {schema}.keep_series(TG_OP, OLD, NEW);
    END IF;"""
"""Lines of the trigger before a task is written (`change_log.py`)."""


def series_rules(table: Table, schema: str = "public") -> Iterator[str]:
    """Give the function that these rules call, in a schema, quoted; none for other tables."""
    if table.name == "task":
        yield _KEEP.format(schema=schema, refusal=REFUSAL, ending=_ENDING, counted=_COUNTED)
