"""The triggers follow from the models: a new member and a new noun are logged by themselves."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, Uuid
from sqlmodel import SQLModel

from tests.databases import new_database, run
from tests.isolation.test_tables import NOT_LOGGED
from tests.isolation.victims import become, connection_to
from tests.logged import log_of
from tests.migrations.change_log.ways import INSERT
from todo_server.migrations import command
from todo_server.migrations.change_log import change_log


def with_another(monkeypatch: pytest.MonkeyPatch, change: Callable[[MetaData], None]) -> None:
    """Let the migrations see other models, for this test alone."""
    metadata = MetaData(naming_convention=SQLModel.metadata.naming_convention)
    for table in SQLModel.metadata.sorted_tables:
        table.to_metadata(metadata)
    change(metadata)
    monkeypatch.setattr(SQLModel, "metadata", metadata)


def changes_of(url: str, user_id: str, *statements: str) -> list[tuple[str, str, Any]]:
    async def make() -> None:
        async with connection_to(url) as connection, connection.transaction():
            await become(connection, user_id)
            for statement in statements:
                await connection.execute(statement)

    asyncio.run(make())
    return [(entry["kind"], entry["noun"], entry["before"]) for entry in log_of(url, user_id)]


def test_a_new_member_is_logged_without_a_line_for_it(monkeypatch):
    """A column of a model, as tomorrow has it: the next migration makes the triggers anew."""
    url = new_database()
    run(url, "ALTER TABLE task ADD COLUMN colour text")
    with_another(
        monkeypatch, lambda all_: all_.tables["task"].append_column(Column("colour", Text))
    )
    command.upgrade(url)
    entries = changes_of(
        url,
        "ada",
        INSERT.format(rows="my_task", me="ada"),
        "UPDATE my_task SET colour = '#ff0000'",
        "UPDATE my_task SET colour = '#00ff00', title = 'greener'",
        "UPDATE my_task SET colour = '#00ff00'",
    )
    assert entries == [
        ("created", "task", None),
        ("updated", "task", {"colour": None}),
        ("updated", "task", {"colour": "#ff0000", "title": "new"}),
    ]
    assert run(url, "SELECT version FROM task")[0]["version"] == 3


def test_a_new_noun_is_logged_without_a_line_for_it(monkeypatch):
    """A table with a version, as tomorrow's tags have it, beside the tasks in one log."""
    url = new_database()
    run(
        url,
        "CREATE TABLE note (user_id text, id uuid, words text, version bigint DEFAULT 1,"
        " updated_at timestamptz, PRIMARY KEY (user_id, id))",
    )

    def add(metadata: MetaData) -> None:
        members = {"user_id": Text, "id": Uuid, "words": Text, "version": BigInteger}
        columns = [Column(name, kind()) for name, kind in members.items()]
        Table("note", metadata, *columns, Column("updated_at", DateTime))

    with_another(monkeypatch, add)
    command.upgrade(url)
    entries = changes_of(
        url,
        "ada",
        "INSERT INTO my_note VALUES ('ada', gen_random_uuid(), 'first', 1, now())",
        INSERT.format(rows="my_task", me="ada"),
        "UPDATE my_note SET words = 'second'",
        "DELETE FROM my_note",
    )
    assert entries == [
        ("created", "note", None),
        ("created", "task", None),
        ("updated", "note", None),  # as it is purged by now
        ("purged", "note", None),
    ]


def test_a_trigger_that_was_taken_away_is_put_back_by_the_next_migration():
    """An owner of the tables can take it away; `migrate` sees that it is not as it was made."""
    url = new_database()
    for change in (
        "DROP TRIGGER log_made ON task",
        "ALTER TABLE task DISABLE TRIGGER log_changed",
        (
            "CREATE OR REPLACE FUNCTION log_task() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN RETURN NULL; END'"
        ),
    ):
        run(url, change)
        command.upgrade(url)
        user_id = secrets.token_hex(8)
        kinds = [
            kind
            for kind, *_ in changes_of(
                url,
                user_id,
                INSERT.format(rows="my_task", me=user_id),
                "UPDATE my_task SET title = 'changed'",
            )
        ]
        assert kinds == ["created", "updated"]


def test_what_is_not_logged_has_no_trigger():
    unlogged = {
        table.name
        for table in SQLModel.metadata.sorted_tables
        if "user_id" in table.c and not list(change_log(table))
    }
    assert unlogged == NOT_LOGGED.keys()
