"""What the database sees to itself about tasks, whoever writes them and by which statement.

- `completed_at` moves with `completed`; what is searched follows from the texts and the tags.
- A subtask has a parent that is live and no subtask itself. It goes to the trash with its parent
  and comes back with it; one that comes back to no such parent has none from then on.
- A parent counts its live subtasks, and so has another version when one of them changes that; one
  in the trash counts those that went there with it.
- Every tag that a task names has a row.

They are lines of the two triggers that each noun has (`change_log.py`), and functions for what is
long or rare. Rules that look at other rows run after the statement, when all of its rows are as it
leaves them: parents and subtasks may be written together, in any order. Like the log of changes,
they work as the asking user, through the owner views.
"""

from collections.abc import Iterator

from sqlalchemy import Table

_DERIVE = """
    IF NEW.completed IS DISTINCT FROM (NEW.completed_at IS NOT NULL) THEN
        NEW.completed_at := CASE WHEN NEW.completed THEN NEW.updated_at END;
    END IF;
    IF NEW.search_text IS NOT NULL OR NEW.tags <> '{{}}'
            OR octet_length(NEW.title) <> char_length(NEW.title)
            OR octet_length(NEW.description) <> char_length(NEW.description) THEN
        NEW.tag_keys := {schema}.lower_keys(NEW.tags);
        NEW.search_text := CASE
            WHEN NEW.tags <> '{{}}' OR octet_length(NEW.title) <> char_length(NEW.title)
                OR octet_length(NEW.description) <> char_length(NEW.description)
            THEN {schema}.fold(concat_ws(chr(31), NEW.title, coalesce(NEW.description, ''),
                                         array_to_string(NEW.tags, chr(31)))) END;
    END IF;"""

# The names of constraints are for whoever explains a refusal (`services/tasks/refusals.py`).
_FAMILY = """
CREATE OR REPLACE FUNCTION keep_family(operation text, was record, its record)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    later timestamptz;
    refusal text;
BEGIN
    IF operation = 'DELETE' THEN
        IF was.deleted_at IS NULL THEN
            PERFORM {schema}.count_subtasks(was.user_id, was.parent_id, clock_timestamp());
        ELSE
            PERFORM {schema}.count_trashed_subtasks(was.user_id, was.parent_id);
        END IF;
        RETURN;
    END IF;
    later := its.updated_at;
    IF its.parent_id = its.id OR its.parent_id IS NOT NULL AND its.deleted_at IS NULL THEN
        SELECT CASE WHEN parent.parent_id IS NOT NULL THEN 'task_parent_is_subtask'
                    WHEN EXISTS (SELECT FROM {schema}.my_task AS part
                                 WHERE part.user_id = its.user_id AND part.parent_id = its.id)
                    THEN 'task_has_subtasks' END
            INTO refusal FROM {schema}.my_task AS parent
            WHERE parent.user_id = its.user_id AND parent.id = its.parent_id;
        IF NOT FOUND THEN
            refusal := 'task_parent_not_found';
        ELSIF its.parent_id = its.id THEN
            refusal := 'task_parent_is_itself';
        END IF;
        IF refusal IS NOT NULL THEN
            IF operation = 'UPDATE' AND was.parent_id = its.parent_id THEN
                UPDATE {schema}.my_task SET parent_id = NULL
                    WHERE user_id = its.user_id AND id = its.id;
            ELSE
                RAISE foreign_key_violation USING CONSTRAINT = refusal, DETAIL = its.id,
                    MESSAGE = format('task %s cannot be a part of task %s', its.id, its.parent_id);
            END IF;
        END IF;
    END IF;
    IF operation = 'INSERT' THEN
        IF its.deleted_at IS NULL THEN
            PERFORM {schema}.count_subtasks(its.user_id, its.parent_id, later);
        ELSE
            PERFORM {schema}.count_trashed_subtasks(its.user_id, its.parent_id);
        END IF;
        RETURN;
    END IF;
    IF was.deleted_at IS NULL AND its.deleted_at IS NOT NULL THEN
        UPDATE {schema}.my_task
            SET deleted_at = its.deleted_at,
                updated_at = greatest(later, updated_at + interval '1 microsecond')
            WHERE user_id = its.user_id AND parent_id = its.id;
        PERFORM {schema}.count_trashed_subtasks(its.user_id, its.id);
    ELSIF was.deleted_at IS NOT NULL AND its.deleted_at IS NULL THEN
        UPDATE {schema}.my_trashed_task
            SET deleted_at = NULL,
                updated_at = greatest(later, updated_at + interval '1 microsecond')
            WHERE user_id = its.user_id AND parent_id = its.id AND deleted_at = was.deleted_at;
    END IF;
    PERFORM {schema}.count_subtasks(its.user_id, its.parent_id, later);
    IF was.parent_id IS DISTINCT FROM its.parent_id THEN
        PERFORM {schema}.count_subtasks(its.user_id, was.parent_id, later);
        PERFORM {schema}.count_trashed_subtasks(its.user_id, was.parent_id);
    END IF;
END $$
"""

# An import keeps the instants that it has brought: it alone says when the log is written.
_COUNT = """
CREATE OR REPLACE FUNCTION count_subtasks(its_owner text, its_id uuid, at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_kept boolean := coalesce(current_setting('app.at', true), '') <> '';
BEGIN
    IF its_id IS NOT NULL THEN
        UPDATE {schema}.my_task AS parent
            SET subtasks_total = counted.total, subtasks_completed = counted.completed,
                updated_at = CASE WHEN is_kept THEN parent.updated_at
                    ELSE greatest(at, parent.updated_at + interval '1 microsecond') END
            FROM (SELECT count(*) AS total, count(*) FILTER (WHERE part.completed) AS completed
                  FROM {schema}.my_task AS part
                  WHERE part.user_id = its_owner AND part.parent_id = its_id) AS counted
            WHERE parent.user_id = its_owner AND parent.id = its_id
              AND (parent.subtasks_total, parent.subtasks_completed)
                  IS DISTINCT FROM (counted.total, counted.completed);
    END IF;
END $$
"""

_COUNT_IN_TRASH = """
CREATE OR REPLACE FUNCTION count_trashed_subtasks(its_owner text, its_id uuid)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE {schema}.my_trashed_task AS parent
        SET subtasks_total = counted.total, subtasks_completed = counted.completed
        FROM {schema}.my_trashed_task AS same, LATERAL
             (SELECT count(*) AS total, count(*) FILTER (WHERE part.completed) AS completed
              FROM {schema}.my_trashed_task AS part
              WHERE part.user_id = its_owner AND part.parent_id = its_id
                AND part.deleted_at = same.deleted_at) AS counted
        WHERE parent.user_id = its_owner AND parent.id = its_id
          AND same.user_id = its_owner AND same.id = its_id
          AND (parent.subtasks_total, parent.subtasks_completed)
              IS DISTINCT FROM (counted.total, counted.completed);
END $$
"""

# An id of version 7 (RFC 9562) by the instant of the change, to the microsecond as in `uuid7.py`,
# with a counter (section 6.2) for those that one task names, which are in its order.
_TAGS = """
CREATE OR REPLACE FUNCTION make_tags(its record) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    its_name text;
    its_place int := 0;
    micros bigint := extract(epoch FROM its.updated_at) * 1000000;
    digits text;
BEGIN
    FOREACH its_name IN ARRAY its.tags LOOP
        CONTINUE WHEN EXISTS (SELECT FROM {schema}.my_tag AS tag WHERE tag.user_id = its.user_id
                              AND tag.name_key = {schema}.lower_key(its_name));
        digits := lpad(to_hex(micros / 1000), 12, '0') || '7'
            || lpad(to_hex(micros % 1000 * 4096 / 1000), 3, '0')
            || '8' || lpad(to_hex(its_place), 2, '0')
            || substr(replace(gen_random_uuid()::text, '-', ''), 20);
        its_place := its_place + 1;
        INSERT INTO {schema}.my_tag (user_id, id, name, created_at, updated_at)
            VALUES (its.user_id, digits::uuid, its_name, its.updated_at, its.updated_at);
    END LOOP;
END $$
"""

_KEEP_FAMILY = """
    IF TG_OP <> 'UPDATE' AND coalesce(NEW.parent_id, OLD.parent_id) IS NOT NULL
            OR TG_OP = 'UPDATE' AND (OLD.parent_id IS DISTINCT FROM NEW.parent_id
                OR NEW.parent_id IS NOT NULL AND OLD.completed <> NEW.completed
                OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)
                AND (NEW.parent_id IS NOT NULL OR NEW.subtasks_total > 0)) THEN
        PERFORM {schema}.keep_family(TG_OP, OLD, NEW);
    END IF;"""
_MAKE_TAGS = """
    IF NEW.tags <> '{{}}' AND NEW.tags IS DISTINCT FROM OLD.tags THEN
        PERFORM {schema}.make_tags(NEW);
    END IF;"""


PREPARED = _DERIVE
"""Lines of the trigger before a row is written (`change_log.py`)."""

# Tags come first: whoever follows the log meets a tag before the task that names it, and whoever
# undoes the last change undoes the task's.
LOGGED = _MAKE_TAGS + _KEEP_FAMILY
"""Lines of the trigger after a row is written, before it is logged."""


def task_rules(table: Table, schema: str = "public") -> Iterator[str]:
    """Give the functions that the rules call, in a schema, quoted; none for other tables."""
    if table.name == "task":
        for function in (_COUNT, _COUNT_IN_TRASH, _FAMILY, _TAGS):
            yield function.format(schema=schema)
