"""Looks for a text in all that a database has."""

import asyncio

import asyncpg

TABLES = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
"""


def tables_with(url: str, text: str) -> set[str]:
    """The tables in which a text stands anywhere, as text, in JSON or in bytes."""

    async def look() -> set[str]:
        connection = await asyncpg.connect(url)
        try:
            names = [row["relname"] for row in await connection.fetch(TABLES)]
            patterns = [f"%{text}%", f"%{text.encode().hex()}%"]
            asked = "SELECT EXISTS (SELECT FROM {} AS t WHERE t::text LIKE ANY ($1))"
            found = [await connection.fetchval(asked.format(name), patterns) for name in names]
            return {name for name, is_there in zip(names, found, strict=True) if is_there}
        finally:
            await connection.close()

    return asyncio.run(look())
