"""What is done to a user's log and trash behind the back of the server."""

import asyncio

from tests.isolation.victims import become, connection_to
from tests.server import User


def purge(url: str, user: User) -> None:
    """Empty the trash of a user."""
    change(url, user, "DELETE FROM my_trashed_task WHERE user_id = $1")


def change(url: str, user: User, sql: str) -> None:
    """Run a statement as the user, whose id is its parameter."""

    async def work() -> None:
        async with connection_to(url) as connection, connection.transaction():
            await become(connection, user.id)
            await connection.execute(sql, user.id)

    asyncio.run(work())


def as_batch(url: str, user: User, *statements: str) -> None:
    """Run statements as the user, in one transaction, whose changes are a batch."""

    async def work() -> None:
        async with connection_to(url) as connection, connection.transaction():
            await become(connection, user.id)
            newest = "SELECT coalesce(max(number), 0) + 1 FROM my_change WHERE user_id = $1"
            first = await connection.fetchval(newest, user.id)
            await connection.execute("SELECT set_config('app.batch', $1, true)", str(first))
            for sql in statements:
                await connection.execute(sql, user.id)

    asyncio.run(work())
