"""Every way to write a user's tasks in SQL, and how many rows each changes."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

Way = Callable[[asyncpg.Connection, str, str], Awaitable[Any]]

INSERT = (
    "INSERT INTO {rows} (user_id, id, title, created_at, updated_at)"
    " VALUES ('{me}', gen_random_uuid(), 'new', now(), now())"
)
A_ROW = (
    "SELECT user_id, {id} AS id, 'theirs' AS title, now() AS created_at, now() AS updated_at"
    " FROM {rows} WHERE user_id = '{me}' AND title = 'one'"
)
MERGE = (
    "MERGE INTO {rows} AS mine USING (" + A_ROW + ") AS theirs"
    " ON mine.user_id = theirs.user_id AND mine.id = theirs.id"
)
COPIED = b"%s\t%s\tcopied\t2026-11-21 12:00:00Z\t2026-11-21 12:00:00Z\n"
# What is written, and how many rows it changes of the user, who has two: 'one' and 'two'.
STATEMENTS: dict[str, tuple[str, int]] = {
    "an INSERT": (INSERT, 1),
    "an INSERT of several rows": (
        (
            "INSERT INTO {rows} (user_id, id, title, created_at, updated_at) SELECT '{me}',"
            " gen_random_uuid(), n::text, now(), now() FROM generate_series(1, 3) AS n"
        ),
        3,
    ),
    "an UPDATE": ("UPDATE {rows} SET title = 'changed' WHERE user_id = '{me}'", 2),
    "an UPDATE of many members": (
        (
            "UPDATE {rows} SET title = title || '!', description = 'much', completed = true,"
            " updated_at = now() WHERE user_id = '{me}' AND title = 'one'"
        ),
        1,
    ),
    "an UPDATE to null": (
        "UPDATE {rows} SET description = NULL WHERE user_id = '{me}' AND title = 'two'",
        1,
    ),
    "an UPDATE FROM": (
        (
            "UPDATE {rows} AS mine SET title = n::text FROM generate_series(1, 2) AS n"
            " WHERE user_id = '{me}' AND title = 'one'"
        ),
        1,
    ),
    "an UPDATE of the version": (
        "UPDATE {rows} SET version = 900 WHERE user_id = '{me}' AND title = 'one'",
        1,
    ),
    "an UPDATE that keeps the version": (
        (
            "UPDATE {rows} SET title = 'changed', version = version"
            " WHERE user_id = '{me}' AND title = 'one'"
        ),
        1,
    ),
    "an UPDATE of the instant alone": (
        "UPDATE {rows} SET updated_at = now() WHERE user_id = '{me}' AND title = 'one'",
        1,
    ),
    "an UPDATE that changes nothing": ("UPDATE {rows} SET title = title, version = version", 0),
    "an UPDATE of no row": ("UPDATE {rows} SET title = 'changed' WHERE title = 'none'", 0),
    "one that deletes into the trash": (
        "UPDATE {rows} SET deleted_at = now(), updated_at = now() WHERE user_id = '{me}'",
        2,
    ),
    "a DELETE": ("DELETE FROM {rows} WHERE user_id = '{me}'", 2),
    "an INSERT that meets a row and changes it": (
        "INSERT INTO {rows} (user_id, id, title, created_at, updated_at) "
        + A_ROW.replace("{id}", "id")
        + " ON CONFLICT (user_id, id) DO UPDATE SET title = excluded.title",
        1,
    ),
    "an INSERT that meets no row": (
        "INSERT INTO {rows} (user_id, id, title, created_at, updated_at) "
        + A_ROW.replace("{id}", "gen_random_uuid()")
        + " ON CONFLICT (user_id, id) DO UPDATE SET title = excluded.title",
        1,
    ),
    "an INSERT that meets a row and does nothing": (
        "INSERT INTO {rows} (user_id, id, title, created_at, updated_at) "
        + A_ROW.replace("{id}", "id")
        + " ON CONFLICT DO NOTHING",
        0,
    ),
    "a MERGE that updates": (
        MERGE.replace("{id}", "id") + " WHEN MATCHED THEN UPDATE SET title = theirs.title",
        1,
    ),
    "a MERGE that deletes": (MERGE.replace("{id}", "id") + " WHEN MATCHED THEN DELETE", 1),
    "a MERGE that inserts": (
        MERGE.replace("{id}", "gen_random_uuid()")
        + " WHEN NOT MATCHED THEN INSERT (user_id, id, title, created_at, updated_at) VALUES"
        " (theirs.user_id, theirs.id, theirs.title, theirs.created_at, theirs.updated_at)",
        1,
    ),
    "a WITH that does three things": (
        "WITH gone AS (DELETE FROM {rows} WHERE user_id = '{me}' AND title = 'one' RETURNING id),"
        " more AS (" + INSERT + " RETURNING id)"
        " UPDATE {rows} SET completed = true WHERE user_id = '{me}' AND title = 'two'",
        3,
    ),
    "a block of PL/pgSQL": (
        (
            "DO $$DECLARE each uuid; BEGIN FOR each IN SELECT id FROM {rows} WHERE user_id = '{me}'"
            " LOOP UPDATE {rows} SET title = 'changed' WHERE id = each AND user_id = '{me}';"
            " END LOOP; END$$"
        ),
        2,
    ),
}


def executing(sql: str) -> Way:
    return lambda connection, rows, me: connection.execute(sql.format(rows=rows, me=me))


async def copy(connection: asyncpg.Connection, _: str, me: str) -> None:
    """COPY takes no view."""
    lines = b"".join(COPIED % (me.encode(), str(uuid.uuid4()).encode()) for _ in range(2))

    async def source() -> Any:
        yield lines

    columns = ["user_id", "id", "title", "created_at", "updated_at"]
    await connection.copy_to_table("task", source=source(), columns=columns)


async def by_a_cursor(connection: asyncpg.Connection, rows: str, me: str) -> None:
    find = f"SELECT id FROM {rows} WHERE user_id = '{me}' FOR UPDATE"
    await connection.execute(f"DECLARE each CURSOR FOR {find}")
    for _ in range(2):
        await connection.execute("FETCH each")
        await connection.execute(f"UPDATE {rows} SET title = 'changed' WHERE CURRENT OF each")


async def many(connection: asyncpg.Connection, rows: str, me: str) -> None:
    add = f"INSERT INTO {rows} (user_id, id, title, created_at, updated_at)"
    values = [(me, uuid.uuid4(), str(number)) for number in range(5)]
    await connection.executemany(f"{add} VALUES ($1, $2, $3, now(), now())", values)


WAYS: dict[str, tuple[Way, int]] = {
    **{name: (executing(sql), count) for name, (sql, count) in STATEMENTS.items()},
    "many with one prepared statement": (many, 5),
}
OF_TABLES: dict[str, tuple[Way, int]] = {"COPY": (copy, 2), "a cursor": (by_a_cursor, 2)}
