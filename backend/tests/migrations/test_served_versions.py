"""Which version of a database is served."""

import pytest

from tests.databases import new_database, run
from tests.migrations.versions import VIEWS, scripts, version_of, works
from tests.processes import todo_server
from tests.server import RunningServer, User, settings
from todo_server.database.readiness import SCHEMA_VERSION
from todo_server.migrations import command

AHEAD = "UPDATE alembic_version SET version_num = '9999'"


def test_a_start_on_an_empty_database_says_what_to_run(tmp_path):
    url = new_database(migrated=False)
    done = todo_server("serve", cwd=tmp_path, DATABASE_URL=url)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "Error: The database has no tables yet. "
        "Run 'todo-server migrate' (in a clone: 'make migrate')."
    )
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("UPDATE alembic_version SET version_num = '0000'", "is at version 0000"),
        ("DELETE FROM alembic_version", "no tables yet"),
        ("DROP TABLE alembic_version", "no tables yet"),
    ],
)
def test_a_database_that_falls_behind_is_not_served(sql, reason):
    url = new_database()
    run(url, sql)
    with RunningServer(settings(url)) as server, User(server) as user:
        for answer in (user.get("/readyz"), user.get(user.path)):
            assert (answer.status_code, answer.json()["error"]) == (503, "not_ready")
            assert reason in answer.json()["detail"]
            assert "Run 'todo-server migrate'" in answer.json()["detail"]


def test_a_database_that_is_ahead_is_served_and_left_as_it_is(caplog):
    url = new_database()
    run(url, AHEAD)
    run(url, "ALTER TABLE task ADD COLUMN of_the_future text")
    views = run(url, VIEWS)
    assert works(url)
    command.upgrade(url)
    assert "newer than this server" in caplog.text
    assert (version_of(url), run(url, VIEWS)) == (["9999"], views)
    assert works(url)


def test_the_server_asks_for_the_newest_migration():
    versions = [script.revision for script in scripts()]
    assert versions[-1] == SCHEMA_VERSION
    assert versions == [f"{number:04}" for number in range(1, len(versions) + 1)]
    assert all(version < AHEAD[-5:-1] for version in versions)
