"""A database that would not log what is done is not served."""

import asyncio

import pytest

from tests.databases import new_database, run
from todo_server.database import Database
from todo_server.database.readiness import LOG_TRIGGERS
from todo_server.errors import NotReadyError
from todo_server.migrations import command
from todo_server.migrations.change_log import change_log
from todo_server.models import Task


def check(url: str) -> None:
    async def ask() -> None:
        async with Database(url, pool_size=1) as database:
            await database.check()

    asyncio.run(ask())


@pytest.mark.parametrize("trigger", LOG_TRIGGERS)
@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER {} ON task",
        "ALTER TABLE task DISABLE TRIGGER {}",
        "ALTER TABLE task ENABLE REPLICA TRIGGER {}",
    ],
    ids=lambda sql: sql.split("{")[0].removeprefix("ALTER TABLE task ").strip(),
)
def test_without_a_trigger_of_the_log_nothing_is_served_until_it_is_put_back(change, trigger):
    url = new_database()
    check(url)
    run(url, change.format(trigger))
    with pytest.raises(NotReadyError, match=r"log of changes .* 'todo-server migrate'"):
        check(url)
    command.upgrade(url)
    check(url)


def test_these_are_all_triggers_that_count_and_log():
    made = " ".join(change_log(Task.__table__))  # type: ignore[attr-defined]
    named = {word for word in LOG_TRIGGERS if f"CREATE TRIGGER {word} " in made}
    assert named == set(LOG_TRIGGERS)
    assert made.count("CREATE TRIGGER") == len(LOG_TRIGGERS) + 2  # those that refuse
