"""Databases for tests, in the one PostgreSQL of the run."""

import asyncio
import os
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import asyncpg

from tests.waiting import PATIENCE
from todo_server.migrations import command


def url_of(name: str, role: str = "postgres") -> str:
    url = os.environ["TEST_POSTGRES_URL"]
    return url.replace("/postgres?", f"/{name}?").replace("postgres@", f"{role}@")


def run(url: str, sql: str, *arguments: Any, **settings: str) -> list[asyncpg.Record]:
    """Run one statement as the role of the URL."""

    async def fetch() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url, server_settings=settings)
        try:
            return await connection.fetch(sql, *arguments)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def run_as(url: str, user_id: str, sql: str, *arguments: Any) -> list[asyncpg.Record]:
    """Run one statement as a user, whose log tells of what it changes."""
    return run(url, sql, *arguments, **{"app.user_id": user_id})


def seed(url: str, sql: str, *arguments: Any) -> None:
    """Put rows there as a restore does: of whomever, and no trigger counts or logs them."""
    run(url, sql, *arguments, session_replication_role="replica")


def new_database(*, owner: str = "postgres", migrated: bool = True) -> str:
    """Create a database of its own; gives its URL."""
    name = f"test_{uuid.uuid4().hex}"
    run(url_of("postgres"), f'CREATE DATABASE {name} OWNER "{owner}"')
    url = url_of(name, owner)
    if migrated:
        command.upgrade(url)
    return url


def new_role(attributes: str) -> str:
    """Create a role that may log in; gives its name."""
    name = f"role_{uuid.uuid4().hex}"
    run(url_of("postgres"), f"CREATE ROLE {name} LOGIN {attributes}")
    return name


@contextmanager
def transaction(url: str, sql: str) -> Iterator[None]:
    """Keep a transaction open that has run this."""
    begun, done = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                await connection.execute(sql)
                begun.set()
                await asyncio.to_thread(done.wait)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(asyncio.run, hold())
        assert begun.wait(PATIENCE)
        try:
            yield
        finally:
            done.set()
            held.result(PATIENCE)
