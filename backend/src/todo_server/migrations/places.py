"""Where a row stands that nobody has put anywhere: behind all that was made before.

Whoever makes it says so (`services/places.py`); the trigger is for rows that come by other ways.
"""

from collections.abc import Iterator

from sqlalchemy import Table

from todo_server.domain.position import DIGITS_OF_ID, HEAD_OF_ID

_SET = f"""
CREATE OR REPLACE FUNCTION set_position() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.position := '{HEAD_OF_ID}' || left(replace(NEW.id::text, '-', ''), {DIGITS_OF_ID});
    RETURN NEW;
END $$
"""

TRIGGERS = ("set_position",)


def place_rules(table: Table) -> Iterator[str]:
    """Give what makes the trigger of a table whose rows have a position."""
    if "position" in table.c and table.name != "task":  # which has `task_rules.py`
        yield _SET
        yield (
            f"CREATE TRIGGER set_position BEFORE INSERT ON {table.name} FOR EACH ROW"
            " WHEN (NEW.position IS NULL) EXECUTE FUNCTION set_position()"
        )
        # For those as well who load rows with the triggers off.
        yield f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER set_position"
