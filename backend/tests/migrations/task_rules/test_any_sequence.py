"""Whatever is done to a user's tasks, in whichever order and of however many at once."""

import asyncio
import secrets
from typing import Any, TypeAlias

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.isolation.victims import become, connection_to
from tests.migrations.task_rules.families import BROKEN, COLUMNS, COUNTED, number_id

MOST = 7
INSERT = f"""
INSERT INTO my_task ({COLUMNS}, parent_id, completed, deleted_at)
SELECT $1, id, 'x', now(), now(), parent_id, completed, CASE WHEN trashed THEN now() END
FROM unnest($2::uuid[], $3::uuid[], $4::boolean[], $5::boolean[])
     AS rows (id, parent_id, completed, trashed)
ON CONFLICT DO NOTHING
"""
THOSE = "WHERE user_id = $1 AND id = ANY ($2)"
MOVE = f"UPDATE my_task SET parent_id = $3, updated_at = now() {THOSE}"
MOVE_EACH = """
UPDATE my_task SET parent_id = rows.parent_id
FROM unnest($2::uuid[], $3::uuid[]) AS rows (id, parent_id)
WHERE user_id = $1 AND my_task.id = rows.id
"""
OF_SEVERAL = {
    "complete": f"UPDATE my_task SET completed = NOT completed, updated_at = now() {THOSE}",
    "delete": f"UPDATE my_task SET deleted_at = now(), updated_at = now() {THOSE}",
    "restore": f"UPDATE my_trashed_task SET deleted_at = NULL, updated_at = now() {THOSE}",
    "purge": f"DELETE FROM my_trashed_task {THOSE}",
    "purge those that live": f"DELETE FROM my_task {THOSE}",
}
UNLOGGED = """
SELECT task.id FROM task WHERE user_id = $1
AND version <> (SELECT count(*) FROM change WHERE user_id = $1 AND row_id = task.id AND number >
                (SELECT coalesce(max(number), 0) FROM change
                 WHERE user_id = $1 AND row_id = task.id AND kind = 'purged'))
"""
WRONG_MEMBERS = """
SELECT id FROM task WHERE user_id = $1 AND completed IS DISTINCT FROM (completed_at IS NOT NULL)
"""

Step: TypeAlias = tuple[str, list[Any]]
ids = st.integers(1, MOST).map(number_id)
several = st.lists(ids, min_size=1, max_size=4)
parent = st.one_of(st.none(), ids)


def columns(rows: list[tuple[Any, ...]]) -> list[Any]:
    return [list(column) for column in zip(*rows, strict=True)]


news = st.lists(
    st.tuples(ids, parent, st.booleans(), st.sampled_from([False, False, True])),
    min_size=1,
    max_size=5,
    unique_by=lambda row: row[0],
)
pairs = st.lists(st.tuples(ids, parent), min_size=1, max_size=4, unique_by=lambda row: row[0])
step = st.one_of(
    st.tuples(st.just(INSERT), news.map(columns)),
    st.tuples(st.just(MOVE), st.tuples(several, parent).map(list)),
    st.tuples(st.just(MOVE_EACH), pairs.map(columns)),
    *(st.tuples(st.just(sql), several.map(lambda some: [some])) for sql in OF_SEVERAL.values()),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.lists(step, min_size=1, max_size=2), min_size=5, max_size=15))
def test_counts_are_what_there_is_and_nothing_live_is_below_what_is_not(
    url: str, transactions: list[list[Step]]
):
    """Each transaction is one step or two; what the rules refuse leaves all as it was."""
    me = f"user {secrets.token_hex(8)}"

    async def do(connection: asyncpg.Connection, steps: list[Step]) -> None:
        async with connection.transaction():
            await become(connection, me)
            for sql, values in steps:
                await connection.execute(sql, me, *values)

    async def live() -> None:
        async with connection_to(url) as connection:
            for steps in transactions:
                try:
                    await do(connection, steps)
                except asyncpg.ForeignKeyViolationError:
                    continue
                for row in await connection.fetch(COUNTED, me):
                    _, total, completed, found, done = row
                    assert (total, completed) == (found, done), (steps, row)
                for none in (BROKEN, UNLOGGED, WRONG_MEMBERS):
                    assert await connection.fetch(none, me) == []

    asyncio.run(live())
