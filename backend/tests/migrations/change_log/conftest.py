"""A database of their own, and users with two tasks, 'one' and 'two'."""

import asyncio
import secrets

import pytest

from tests.databases import new_database
from tests.isolation.victims import become, connection_to, limited_to_the_views


@pytest.fixture(scope="module")
def url() -> str:
    return new_database()


@pytest.fixture(scope="module")
def limited(url: str) -> str:
    return limited_to_the_views(url)


@pytest.fixture
def me(url: str) -> str:
    """A user with two tasks."""
    user_id = f"user {secrets.token_hex(8)}"

    async def prepare() -> None:
        async with connection_to(url) as connection, connection.transaction():
            await become(connection, user_id)
            await connection.execute(
                "INSERT INTO my_task (user_id, id, title, description, created_at, updated_at)"
                " SELECT $1, gen_random_uuid(), title, 'more', now(), now()"
                " FROM unnest(ARRAY['one', 'two']) AS title",
                user_id,
            )

    asyncio.run(prepare())
    return user_id
