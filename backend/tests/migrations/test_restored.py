"""A database that comes from a dump, as docs/operations.md has it: without owners and rights."""

import subprocess
from pathlib import Path

import pytest

from tests.databases import new_database, run
from tests.migrations.versions import works
from tests.server import RunningServer, User, settings
from todo_server.embedded_postgres import binary
from todo_server.migrations import command

OWN = ("--no-owner", "--no-privileges")


def run_program(name: str, *arguments: str) -> None:
    done = subprocess.run(
        [binary(name), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def triggers(url: str) -> list[str]:
    found = run(
        url,
        "SELECT concat_ws(' ', pg_get_triggerdef(pg_trigger.oid), tgenabled, prosrc) AS it"
        " FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal ORDER BY 1",
    )
    return [row["it"] for row in found]


@pytest.fixture
def restored(tmp_path: Path) -> tuple[str, str]:
    """A database in which somebody has lived, and what a dump of it was restored into."""
    url, copy = new_database(), new_database(migrated=False)
    with RunningServer(settings(url)) as server, User(server, "ada") as user:
        for title in ("kept", "trashed"):
            task = user.create(title)
        user.delete(f"{user.path}/{task['id']}")
    dump = str(tmp_path / "todo.dump")
    run_program("pg_dump", "--format=custom", *OWN, f"--file={dump}", f"--dbname={url}")
    run_program("pg_restore", *OWN, "--exit-on-error", f"--dbname={copy}", dump)
    command.upgrade(copy)
    return url, copy


def test_what_was_restored_is_all_there_and_the_log_goes_on(restored):
    url, copy = restored
    assert triggers(copy) == triggers(url) != []
    everything = "SELECT to_jsonb(t)::text AS row FROM {} AS t ORDER BY 1"
    for table in ("task", "change", "upkeep"):
        rows = run(copy, everything.format(table))
        assert rows == run(url, everything.format(table)) != []
    with RunningServer(settings(copy)) as server, User(server, "ada") as user:
        assert [task["title"] for task in user.tasks()] == ["kept"]
        user.create("new")
    log = run(copy, "SELECT number, kind FROM change ORDER BY number")
    kinds = ["created", "created", "deleted", "created"]
    assert [tuple(row) for row in log] == list(enumerate(kinds, 1))
    assert works(copy)
