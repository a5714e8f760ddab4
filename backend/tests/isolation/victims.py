"""A victim and a stranger, what is theirs, and connections that see it."""

import asyncio
import contextlib
import importlib
import itertools
import json
import pkgutil
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg
from sqlmodel import SQLModel

from tests.databases import new_role, run, seed
from tests.filters import every_filter
from todo_server import services
from todo_server.database import Change, Database, Statement, once
from todo_server.database.readiness import owned_tables, owner_views
from todo_server.domain.cursor import write_cursor
from todo_server.domain.identity import Identity
from todo_server.domain.priority import Priority
from todo_server.domain.task_query import Order, Sort, Status, TaskQuery
from todo_server.models import Completion, TaskCreate
from todo_server.services import tasks

VICTIM, STRANGER = Identity("victim"), Identity("stranger")


async def some_tasks(database: Database, owner: Identity, count: int = 3) -> list[uuid.UUID]:
    ids = []
    for number in range(count):
        task_id = (
            await tasks.create_task(
                database.of(owner), TaskCreate(title=f"{owner.user_id} {number}")
            )
        ).id
        ids.append(task_id)
    await tasks.complete_task(database.of(owner), ids[0], Completion(completed=True))
    return ids


def rows_of(url: str, owner: Identity) -> list[asyncpg.Record]:
    return run(url, "SELECT * FROM task WHERE user_id = $1 ORDER BY id", owner.user_id)


def run_with_database(url: str, work: Callable[[Database], Awaitable[None]]) -> None:
    async def opened() -> None:
        database = Database(url, pool_size=2)
        try:
            await work(database)
        finally:
            await database.close()

    asyncio.run(opened())


def every_listing(
    rows_of_another: list[asyncpg.Record], kind: type[TaskQuery] = TaskQuery
) -> Iterator[TaskQuery]:
    """Every way to list, also from a position that is the row of somebody else."""
    for asked in every_question(kind):
        yield kind(**asked)
        listing = kind(**asked, limit=200)
        yield listing
        for row in rows_of_another:
            cursor = write_cursor(STRANGER.user_id, listing, _position(listing, row))
            yield kind(**asked, limit=200, cursor=cursor)


def every_question(kind: type[TaskQuery] = TaskQuery) -> Iterator[dict[str, Any]]:
    """Every order of every status, and every filter in orders that are found in different ways."""
    for status, sort, order in itertools.product(Status, Sort, Order):
        yield {"status": status, "sort": sort, "order": order}
    for filtered in every_filter(kind):
        yield filtered
        yield {"sort": Sort.TITLE, "status": Status.PENDING, **filtered}
        yield {"sort": "relevance,completed_at,-priority", "search": "victim", **filtered}


def _position(listing: TaskQuery, row: asyncpg.Record) -> str:
    """Write where a row is, as a cursor has it."""
    made = {"relevance": 1, "priority": [*Priority].index(row["priority"])}
    keys = [made.get(key.column, row.get(key.column)) for key in listing.keys]
    return json.dumps([None if key is None else str(key) for key in keys])


UNOWNED = sorted(set(SQLModel.metadata.tables) - set(owned_tables()))


def limited_to_the_views(url: str) -> str:
    """The URL of a role that may not touch an owned table itself."""
    role = new_role("")
    run(url, f"GRANT SELECT ON alembic_version TO {role}")
    views_and_others = ", ".join([*owner_views(), *UNOWNED])
    run(url, f"GRANT SELECT, INSERT, UPDATE, DELETE ON {views_and_others} TO {role}")
    return url.replace("postgres@", f"{role}@")


_TASK = {
    "user_id": "'victim'",
    "id": "'00000000-0000-7000-8000-000000000001'",
    "title": "'victim'",
    "description": "'victim'",
    "created_at": "now()",
    "updated_at": "now()",
}
_PROJECT = {
    "user_id": "'victim'",
    "id": "'00000000-0000-7000-8000-000000000001'",
    "name": "'victim'",
    "position": "'victim'",
    "created_at": "now()",
    "updated_at": "now()",
}
_NOUNS = {
    "project": _PROJECT | {"color": "'#00ff00'"},
    "tag": _PROJECT,
    "filter": _PROJECT | {"query": """'{"search": "victim"}'"""},
}
_TRASHED = {"id": "'00000000-0000-7000-8000-000000000003'", "deleted_at": "now()"}
OF_THE_VICTIM = {
    "my_account": {
        "user_id": "'victim'",
        "email": "'victim@example.com'",
        "name": "'victim'",
        "password_hash": "'victim'",
        "created_at": "now()",
    },
    "my_session": {
        "user_id": "'victim'",
        "id": "'00000000-0000-4000-8000-000000000001'",
        "created_at": "now()",
        "expires_at": "now() + '1 hour'",
    },
    "my_refresh_token": {
        "user_id": "'victim'",
        "digest": "'victim'",
        "session_id": "'00000000-0000-4000-8000-000000000001'",
        "created_at": "now()",
    },
    "my_calendar_address": {
        "user_id": "'victim'",
        "digest": "'victim'",
        "created_at": "now()",
        "read_on": "now()",
    },
    "my_settings": {
        "user_id": "'victim'",
        "time_zone": "'Asia/Kathmandu'",
        "updated_at": "now()",
    },
    "my_task": _TASK,
    "my_trashed_task": _TASK | _TRASHED,
    **{f"my_{noun}": row for noun, row in _NOUNS.items()},
    **{f"my_trashed_{noun}": row | _TRASHED for noun, row in _NOUNS.items()},
    "my_change": {
        "user_id": "'victim'",
        "number": "1",
        "at": "now()",
        "kind": "'updated'",
        "noun": "'task'",
        "row_id": "'00000000-0000-7000-8000-000000000001'",
        "before": """'{"title": "victim"}'""",
        "origin": "'victim'",
    },
    "my_idempotency_key": {
        "user_id": "'victim'",
        "key": "'victim'",
        "fingerprint": "'victim'",
        "result": "ARRAY['victim'::bytea]",
        "created_at": "now()",
    },
    "my_reminder": {
        "user_id": "'victim'",
        "task_id": "'00000000-0000-7000-8000-000000000001'",
        "remind_at": "'2000-01-01'",
    },
    "my_notification": {
        "user_id": "'victim'",
        "id": "'00000000-0000-7000-8000-000000000001'",
        "kind": "'reminder'",
        "task_id": "'00000000-0000-7000-8000-000000000001'",
        "title": "'victim'",
        "created_at": "now()",
    },
    "my_webhook": {
        "user_id": "'victim'",
        "id": "'00000000-0000-7000-8000-000000000001'",
        "url": "'https://victim.example.com/'",
        "events": "'{reminders}'",
        "enabled": "true",
        "secret": "'victim'",
        "created_at": "now()",
        "updated_at": "now()",
    },
    "my_delivery": {
        "user_id": "'victim'",
        "id": "'00000000-0000-4000-8000-000000000001'",
        "channel": "'webhook'",
        "webhook_id": "'00000000-0000-7000-8000-000000000001'",
        "event": "'test'",
        "error": "'victim'",
        "created_at": "now()",
        "next_at": "now()",
    },
}
_MAY_BE_ALIKE = {
    *("my_change", "my_reminder", "my_notification", "my_webhook", "my_delivery"),
    *(f"{view}{noun}" for view in ("my_", "my_trashed_") for noun in ("task", *_NOUNS)),
}
"""But for the owner, and for what belongs to them."""


def fill_every_table(url: str) -> None:
    """Give the victim and the stranger a row in each owner view."""
    assert set(OF_THE_VICTIM) == set(owner_views()), "add a row of the new table"
    for view, row in OF_THE_VICTIM.items():
        table = view.removeprefix("my_").removeprefix("trashed_")
        columns, values = ", ".join(row), ", ".join(row.values())
        for owner in ("victim", "stranger"):
            own = values.replace("victim", owner)
            if view not in _MAY_BE_ALIKE:
                own = own.replace("0001", "0001" if owner == "victim" else "0002")
            seed(url, f"INSERT INTO {table} ({columns}) VALUES ({own})")


def everything_of(connection: asyncpg.Connection, owner: str) -> Awaitable[list[Any]]:
    """All rows of a user, as somebody sees them who sees all."""
    rows = " UNION ALL ".join(
        f"SELECT '{table}' || row_to_json(t)::text AS row FROM {table} t WHERE user_id = '{owner}'"
        for table in owned_tables()
    )
    return connection.fetch(f"{rows} ORDER BY 1")


@contextlib.asynccontextmanager
async def connection_to(url: str, **server_settings: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url, server_settings=server_settings)
    try:
        yield connection
    finally:
        await connection.close()


async def become(connection: asyncpg.Connection, user_id: str) -> None:
    await connection.execute("SELECT set_config('app.user_id', $1, true)", user_id)


def statements() -> Iterator[tuple[str, Statement[Any]]]:
    """Every statement that is compiled when a service is imported, also for requests with a key."""
    modules = [m.name for m in pkgutil.walk_packages(services.__path__, services.__name__ + ".")]
    for module in (*modules, once.__name__):
        for name, value in vars(importlib.import_module(module)).items():
            listed = [*value.values()] if isinstance(value, dict) else value
            several = listed if isinstance(listed, tuple | list) else [listed]
            for number, statement in enumerate(several):
                if isinstance(statement, Statement):
                    yield f"{module}.{name}.{number}", statement
                if isinstance(statement, Change) and statement.keyed is not None:
                    yield f"{module}.{name}.{number}.keyed", statement.keyed


STATEMENTS = dict(statements())
