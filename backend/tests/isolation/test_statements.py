"""The second layer: the owner in every statement, tried with row-level security off."""

import asyncio
import contextlib
import json
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from tests.databases import new_database, run
from tests.filters import add_filter
from tests.isolation.victims import (
    OF_THE_VICTIM,
    STATEMENTS,
    STRANGER,
    VICTIM,
    connection_to,
    every_listing,
    everything_of,
    fill_every_table,
    limited_to_the_views,
    rows_of,
    run_with_database,
    some_tasks,
)
from todo_server import errors
from todo_server.database import Database, Unowned, readiness
from todo_server.database.readiness import owned_tables
from todo_server.domain.task_query import TaskQuery
from todo_server.models import Completion, TaskUpdate
from todo_server.services import tasks


@pytest.fixture
def unbound(monkeypatch) -> str:
    """A database whose row-level security is off, and a server that does not mind."""

    async def accept(_: asyncpg.Connection) -> None:
        pass

    url = new_database()
    for table in owned_tables():
        run(url, f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        run(url, f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    monkeypatch.setattr(readiness, "check", accept)
    return url


@pytest.fixture
def query(monkeypatch) -> type[TaskQuery]:
    """The query with one filter more, which shows that whichever are in the table are tried."""
    more = add_filter(monkeypatch)
    assert {getattr(listing, "title", "") for listing in every_listing([], more)} >= {"victim 1"}
    return more


VERBS: list[tuple[Any, ...]] = [
    (tasks.update_task, TaskUpdate(title="stolen")),
    (tasks.complete_task, Completion()),
    (tasks.delete_task,),
    (tasks.restore_task,),
]
"""What asks for a version, and what with."""


def test_without_row_security_the_statements_alone_touch_no_other_row(unbound, query):
    async def prepare(database: Database) -> None:
        for owner in (VICTIM, STRANGER):
            *_, last = await some_tasks(database, owner)
            await tasks.delete_task(database.of(owner), last)

    async def try_everything(database: Database) -> None:
        for row in before:
            task_id = row["id"]
            for attempt in (
                tasks.get_task(database.of(STRANGER), task_id),
                tasks.update_task(database.of(STRANGER), task_id, TaskUpdate(title="stolen")),
                tasks.update_task(database.of(STRANGER), task_id, TaskUpdate(description=None)),
                tasks.complete_task(database.of(STRANGER), task_id, Completion()),
                tasks.complete_task(database.of(STRANGER), task_id, Completion(completed=True)),
                tasks.delete_task(database.of(STRANGER), task_id),
                tasks.restore_task(database.of(STRANGER), task_id),
                *(
                    verb(database.of(STRANGER), task_id, *what, versions=versions)
                    for verb, *what in VERBS
                    for versions in ([], [1, 2, 3], [99])
                ),
            ):
                with pytest.raises(errors.TaskNotFoundError):
                    await attempt
        for listing in every_listing(before, query):
            body = (await tasks.list_tasks(database.of(STRANGER), listing)).body
            assert b"victim" not in body

    run_with_database(unbound, prepare)
    before = rows_of(unbound, VICTIM)
    for view, rows in (("my_task", 4), ("my_trashed_task", 2)):
        count = run(unbound, f"SELECT count(*) FROM {view}")[0]["count"]
        assert count == rows, "nothing else isolates"
    run_with_database(unbound, try_everything)
    assert rows_of(unbound, VICTIM) == before


def test_all_that_is_done_to_tasks_can_be_done_with_the_views_alone(query):
    url = limited_to_the_views(new_database())

    async def do_everything(database: Database) -> None:
        first, second, _ = await some_tasks(database, VICTIM)
        await tasks.get_task(database.of(VICTIM), first)
        await tasks.update_task(database.of(VICTIM), first, TaskUpdate(title="changed"))
        await tasks.delete_task(database.of(VICTIM), second)
        await tasks.restore_task(database.of(VICTIM), second)
        for verb, *what in VERBS:
            await verb(database.of(VICTIM), first, *what, versions=list(range(1, 99)))
        for listing in every_listing([], query):
            await tasks.list_tasks(database.of(VICTIM), listing)

    run_with_database(url, do_everything)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        run(url, "SELECT * FROM task")


# What a stranger would put into a statement to get at the victim's rows, by name or by type.
PARAMETERS: dict[str, Any] = {
    "owner": "stranger",
    "session": None,
    "task_id": uuid.UUID("00000000-0000-7000-8000-000000000001"),
    "session_id": uuid.UUID("00000000-0000-4000-8000-000000000001"),
    "digest": b"victim",
    "ids": [uuid.UUID(f"00000000-0000-7000-8000-00000000000{n}") for n in (1, 3)],
    "task_ids": [uuid.UUID(f"00000000-0000-7000-8000-00000000000{n}") for n in (1, 3)],
    "id": [uuid.UUID(f"00000000-0000-7000-8000-00000000000{n}") for n in (1, 3)],  # imported
    "idempotency_key": "victim",
    "if_version": [1, 2, 3],
    "after": uuid.UUID(int=0),
    "after_number": 0,
    "first": 1,
    "last": 9,
    "limit": 200,
    "email": "stolen@example.com",
    "name": "VICTIM",  # which is the tag `victim`, too
    "old_name": "VICTIM",
    "new": "[]",  # tasks that are made together
    # What has a form, so that it is not that which refuses.
    "priority": "low",
    "start_date": "2026-11-30",
    "due_date": "2026-11-30T09:00:00",
    "time_zone": "Asia/Kathmandu",
    "week_start": "sunday",
    "recurrence": "FREQ=DAILY",
    "recurrence_basis": "due",
    "reminders": "[]",
    "url": "https://example.com/stolen",
}
BEFORE = {
    "varchar": "0",
    "text": "0",
    "int4": 1,
    "int8": 1,
    "uuid": PARAMETERS["task_id"],
    "bytea": b"new",
    "jsonb": "{}",
    "interval": timedelta(0),
    "bool": False,
    "date": date(2000, 1, 1),
    "timestamptz": datetime(2000, 1, 1, tzinfo=UTC),
    "timestamptz[]": [datetime(2000, 1, 1, tzinfo=UTC)] * 2,
}
AFTER = {
    "varchar": "z",
    "text": "z",
    "int4": 9,
    "int8": 9,
    "uuid": PARAMETERS["task_id"],
    "bytea": b"new",
    "jsonb": "{}",
    "interval": timedelta(days=1),
    "bool": True,
    "date": date(2100, 1, 1),
    "timestamptz": datetime(2100, 1, 1, tzinfo=UTC),
    "timestamptz[]": [datetime(2100, 1, 1, tzinfo=UTC)] * 2,
}


def value_of(kind: str, of_type: dict[str, Any]) -> Any:
    """A value of a type, or two of them in an array."""
    if kind.endswith("[]"):
        return [of_type[kind[:-2]]] * 2
    return of_type[kind]


def as_json(value: Any, kind: str) -> Any:
    """A list of ids, as a statement takes it that has it in JSON; all else as it is."""
    if kind == "jsonb" and isinstance(value, list):
        return json.dumps([str(each) for each in value])
    return value


@pytest.mark.parametrize("of_type", [BEFORE, AFTER], ids=["before", "after"])
@pytest.mark.parametrize("task_id", PARAMETERS["ids"], ids=["live", "trashed"])
def test_no_statement_touches_the_row_of_another_user_without_row_security(
    task_id, of_type, unbound
):
    fill_every_table(unbound)
    given = PARAMETERS | {"task_id": task_id, "row_id": task_id}
    limited = limited_to_the_views(unbound)

    async def try_all() -> None:
        async with connection_to(unbound) as seeing, connection_to(limited) as connection:
            before = await everything_of(seeing, "victim")
            strangers = await everything_of(seeing, "stranger")
            assert len(before) == len(OF_THE_VICTIM) == len(strangers)
            for name, statement in STATEMENTS.items():
                if isinstance(statement, Unowned):
                    continue
                # What asks for no rows, as it sets what the transaction may do, needs no owner.
                asks_for_rows = re.search(r"\b(FROM|INTO|UPDATE|my_\w+)\b", statement.sql)
                assert "owner" in statement.names or not asks_for_rows, name
                prepared = await connection.prepare(statement.sql)
                kinds = [kind.name for kind in prepared.get_parameters()]
                values = [
                    as_json(given[name], kind) if name in given else value_of(kind, of_type)
                    for name, kind in zip(statement.names, kinds, strict=True)
                ]
                # A new row may meet another of the stranger's own, or be refused for its form.
                with contextlib.suppress(asyncpg.IntegrityConstraintViolationError):
                    assert "victim" not in str(await prepared.fetch(*values)), name
                assert await everything_of(seeing, "victim") == before, name

    asyncio.run(try_all())
