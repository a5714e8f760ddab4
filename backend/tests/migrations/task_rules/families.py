"""A user's tasks as a database has them, written by SQL, and what must be true of them."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg

from tests.isolation.victims import become, connection_to
from tests.logged import Row, log_of

COLUMNS = "user_id, id, title, created_at, updated_at"
ITS = "WHERE user_id = {me} AND id ="
COUNTED = """
SELECT parent.id, parent.subtasks_total, parent.subtasks_completed,
       count(part.id), count(part.id) FILTER (WHERE part.completed)
FROM task AS parent LEFT JOIN task AS part
     ON part.user_id = parent.user_id AND part.parent_id = parent.id
        AND part.deleted_at IS NOT DISTINCT FROM parent.deleted_at
WHERE parent.user_id = $1 GROUP BY parent.user_id, parent.id
"""
BROKEN = """
SELECT part.id FROM task AS part JOIN task AS parent
     ON parent.user_id = part.user_id AND parent.id = part.parent_id
WHERE part.user_id = $1 AND part.deleted_at IS NULL
      AND (parent.deleted_at IS NOT NULL OR parent.parent_id IS NOT NULL)
"""


def number_id(number: int) -> UUID:
    return UUID(int=(0x01900000_0000 + number << 80) + 0x7000_8000_000000000000 + number)


class Family:
    """One user's tasks, by their numbers."""

    def __init__(self, url: str, user_id: str, rows: str = "task", seeing: str = "") -> None:
        self.url, self.user_id, self.rows = url, user_id, rows
        self.seeing = seeing or url

    def run(self, *statements: str) -> None:
        """Run statements as the user, in one transaction; `#1` stands for the id of number 1."""

        async def all_of_them() -> None:
            async with connection_to(self.url) as connection, connection.transaction():
                await become(connection, self.user_id)
                for statement in statements:
                    await connection.execute(self.written(statement))

        asyncio.run(all_of_them())

    def written(self, statement: str) -> str:
        for number in range(30, 0, -1):
            statement = statement.replace(f"#{number}", f"'{number_id(number)}'")
        return statement.replace("{rows}", self.rows).replace("{me}", f"'{self.user_id}'")

    def make(self, *parents: int | None) -> None:
        """Make tasks, numbered from 1, each with the parent of this number, in one statement."""
        values = ", ".join(
            f"({{me}}, #{number}, 'number {number}', now(), now(), "
            + ("NULL" if parent is None else f"#{parent}")
            + "::uuid)"
            for number, parent in enumerate(parents, 1)
        )
        self.run(f"INSERT INTO {{rows}} ({COLUMNS}, parent_id) VALUES {values}")

    def set(self, number: int, values: str) -> None:
        self.run(f"UPDATE {{rows}} SET {values}, updated_at = now() {ITS} #{number}")

    def delete(self, number: int) -> None:
        self.set(number, "deleted_at = now()")

    def restore(self, number: int) -> None:
        rows = self.rows.replace("my_", "my_trashed_")
        self.run(f"UPDATE {rows} SET deleted_at = NULL {ITS} #{number}")

    def purge(self, number: int) -> None:
        rows = self.rows.replace("my_", "my_trashed_")
        self.run(f"DELETE FROM {rows} {ITS} #{number}")

    def look(self, sql: str) -> list[asyncpg.Record]:
        async def fetch() -> list[asyncpg.Record]:
            async with connection_to(self.seeing) as connection:
                return await connection.fetch(sql, self.user_id)

        return asyncio.run(fetch())

    def tasks(self) -> dict[int, Row]:
        rows = self.look("SELECT * FROM task WHERE user_id = $1")
        return {row["id"].int & 0xFFFF: dict(row) for row in rows}

    def __getitem__(self, number: int) -> Row:
        return self.tasks()[number]

    def counts(self, number: int) -> tuple[int, int]:
        row = self[number]
        return row["subtasks_total"], row["subtasks_completed"]

    def log(self) -> list[tuple[str, int, Any]]:
        return [
            (entry["kind"], entry["row_id"].int & 0xFFFF, entry["before"])
            for entry in log_of(self.seeing, self.user_id)
        ]

    def is_whole(self) -> bool:
        """Tell whether counts are what there is, and no live task is below what it cannot be."""
        for _, total, completed, found, done in self.look(COUNTED):
            assert (total, completed) == (found, done)
        assert self.look(BROKEN) == []
        return True
