"""How triggers tell the dispatchers that something of a user's will be due: `wake`.

It adds to `dispatch`, which belongs to nobody, or makes what stands there earlier, never later:
that does whoever has looked, in the user's turn (`services/dispatching.py`). So must whoever calls
it have taken the user's turn before (`database/one_trip.py`); else the two could pass each other.
"""

from collections.abc import Iterator

from sqlalchemy import Table

_WAKE = """
CREATE OR REPLACE FUNCTION wake(owner text, its_errand text, at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {schema}.dispatch AS its (owner_id, errand, due_at) VALUES (owner, its_errand, at)
        ON CONFLICT (owner_id, errand) DO UPDATE SET due_at = excluded.due_at
        WHERE excluded.due_at < its.due_at;
END $$
"""


def waking(table: Table, schema: str = "public") -> Iterator[str]:
    """Give what makes the function in a schema, quoted: with the first table that may use it."""
    if table.name == "task":
        yield _WAKE.format(schema=schema)
