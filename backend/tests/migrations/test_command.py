"""`migrate` as it is run: again, by many at once, under load, and what it says."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.databases import new_database, run, transaction, url_of
from tests.migrations.versions import VIEWS, leave_something_to_do, version_of, works
from tests.processes import environment, todo_server
from tests.server import RunningServer, User, settings
from todo_server.database.readiness import SCHEMA_VERSION, owned_tables
from todo_server.errors import ConfigurationError
from todo_server.migrations import command

WAITING = """
SELECT FROM pg_locks JOIN pg_database ON database = pg_database.oid
WHERE datname = current_database() AND NOT granted
"""


def test_the_command_may_be_run_twice_and_loses_nothing(tmp_path):
    url = new_database(migrated=False)
    for _ in range(2):
        done = todo_server("migrate", cwd=tmp_path, DATABASE_URL=url)
        assert (done.returncode, done.stdout) == (0, "The database is up to date.\n"), done.stderr
        with RunningServer(settings(url)) as server, User(server, "always the same") as user:
            user.create()
            titles = [task["title"] for task in user.tasks()]
    assert titles == ["Buy milk", "Buy milk"]


EIGHT = """
import os, sys
from todo_server.migrations import command
ready, go = os.pipe()
children = []
for _ in range(8):
    if not (child := os.fork()):
        os.close(go)
        os.read(ready, 1)  # all of them wait for the same moment
        command.upgrade(sys.argv[1])
        os._exit(0)
    children.append(child)
os.close(go)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


def test_eight_processes_may_migrate_an_empty_database_at_the_same_moment():
    url = new_database(migrated=False)
    done = subprocess.run(
        [sys.executable, "-c", EIGHT, url],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert version_of(url) == [SCHEMA_VERSION]
    assert works(url)


def test_nothing_to_do_is_nothing_done_and_waits_for_no_dump():
    url = new_database()
    before = run(url, VIEWS)
    relations = [name for table in owned_tables() for name in (table, f"my_{table}")]
    with RunningServer(settings(url)) as server, User(server) as user:
        task = user.create()
        dump = f"LOCK TABLE alembic_version, {', '.join(relations)} IN ACCESS SHARE MODE"
        with transaction(url, dump):
            command.upgrade(url)
            assert user.tasks() == [task]
    assert run(url, VIEWS) == before


def test_a_migration_behind_a_lock_gives_up_and_the_requests_behind_it_go_on():
    url = new_database()
    leave_something_to_do(url)
    views = run(url, VIEWS)
    with RunningServer(settings(url)) as server, User(server) as user:
        task = user.create()
        with transaction(url, "SELECT FROM task"), ThreadPoolExecutor(1) as pool:
            migration = pool.submit(command.upgrade, url)
            while not run(url, WAITING):
                assert not migration.done()
            assert user.tasks() == [task]
            with pytest.raises(ConfigurationError, match=r"lock timeout.*nothing was changed"):
                migration.result(30)
        assert (user.tasks(), run(url, VIEWS)) == ([task], views)
    command.upgrade(url)
    assert works(url)


def test_migrating_under_load_fails_no_request():
    url = new_database()
    done = threading.Event()

    def use(_: int) -> int:
        count = 0
        with User(server) as user:
            while not done.is_set():
                task = user.create()
                path = f"{user.path}/{task['id']}"
                assert user.patch(f"{path}/complete").json()["completed"]
                assert [t["id"] for t in user.tasks()] == [task["id"]]
                assert user.delete(path).status_code == 204
                count += 1
        return count

    with RunningServer(settings(url)) as server, ThreadPoolExecutor(3) as pool:
        rounds = pool.map(use, range(3))
        try:
            for _ in range(5):
                leave_something_to_do(url)
                command.upgrade(url)
        finally:
            done.set()
        assert all(rounds)


def test_a_database_in_another_encoding_is_not_served():
    name = f"test_ascii_{os.urandom(6).hex()}"
    run(
        url_of("postgres"),
        f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"
        " TEMPLATE template0",
    )
    with RunningServer(settings(url_of(name))) as server, User(server) as user:
        answer = user.get("/readyz")
        assert answer.status_code == 503
        assert "UTF8" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (lambda: url_of("nowhere"), 'database "nowhere" does not exist'),
        (lambda: url_of("postgres", "nobody_here"), 'role "nobody_here" does not exist'),
        (lambda: "postgresql://u:s3cr3t@127.0.0.1:1/d", "refuses"),
    ],
    ids=["database", "role", "server"],
)
def test_what_is_not_there_is_a_sentence_not_a_traceback(url, reason):
    with pytest.raises(ConfigurationError, match=reason) as refused:
        command.upgrade(url())
    assert "s3cr3t" not in refused.value.message
