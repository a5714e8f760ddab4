"""How many rows of a noun a user may have: triggers that refuse one more, however it is made.

A table says its limit itself (`limit` in its `info`). What is in the trash does not count, and what
comes back from there does. Requests hold the user's turn, so that no two of them count at once.
"""

from collections.abc import Iterator

from sqlalchemy import Table

_KEEP = """
CREATE OR REPLACE FUNCTION keep_limit_of_{noun}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM {schema}.my_{noun} WHERE user_id = NEW.user_id) > {limit} THEN
        RAISE check_violation USING CONSTRAINT = '{noun}_limit', TABLE = '{noun}',
            MESSAGE = 'a user has at most {limit} rows of {noun}';
    END IF;
    RETURN NULL;
END $$
"""

_TRIGGERS = {
    "limit_made": "AFTER INSERT ON {noun} FOR EACH ROW WHEN (NEW.deleted_at IS NULL)",
    "limit_restored": "AFTER UPDATE ON {noun} FOR EACH ROW"
    " WHEN (OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL)",
}


def limits(table: Table, schema: str = "public") -> Iterator[str]:
    """Give what keeps a table's limit in a schema, quoted; nothing where it has none."""
    limit = table.info.get("limit")
    if limit is None:
        return
    yield _KEEP.format(noun=table.name, limit=limit, schema=schema)
    for name, when in _TRIGGERS.items():
        function = f"keep_limit_of_{table.name}()"
        yield f"CREATE TRIGGER {name} {when.format(noun=table.name)} EXECUTE FUNCTION {function}"


TRIGGERS = tuple(_TRIGGERS)
