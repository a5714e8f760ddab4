"""Processes that share one database."""

import fcntl
import logging
import os
import signal

from tests.embedded_postgres.clusters import (
    ask,
    every_way,
    is_stopped,
    kill_postmaster,
    leave,
    postmaster,
    wait_until,
)
from todo_server.embedded_postgres import embedded_postgres


@every_way
def test_processes_that_come_at_the_same_moment_share_one_database(data_dir, process, first_way):
    children = [process() for _ in range(4)]
    url, *others = [child.stdout.readline().strip() for child in children]
    assert others == [url] * 3
    assert (data_dir / "postgresql.log").read_text().count("running bootstrap script") == 1
    for child in children[:3]:
        assert leave(child) == 0
        assert ask(url, "SELECT 1") == 1
    assert leave(children[3]) == 0
    assert is_stopped(data_dir)


@every_way
def test_a_postgres_that_survived_its_killed_server_is_joined_and_then_stopped(
    data_dir, process, caplog, first_way
):
    caplog.set_level(logging.INFO)
    child = process()
    child.stdout.readline()
    pid = postmaster(data_dir)
    child.kill()
    child.wait()
    for name in ("start.lock", "server.lock"):  # PostgreSQL does not hold them
        with (data_dir / name).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with embedded_postgres(data_dir, durable=False) as url:
        assert ask(url, "SELECT 1") == 1
        assert postmaster(data_dir) == pid
        assert "joined the running PostgreSQL" in caplog.text
    assert is_stopped(data_dir)


def test_a_server_killed_while_postgres_starts_is_no_harm(data_dir, process, unwatched):
    with embedded_postgres(data_dir) as url:
        ask(url, "CREATE TABLE kept AS SELECT generate_series(1, 300000) AS n")
        kill_postmaster(data_dir)
    (data_dir / "postgresql" / "postmaster.pid").unlink()
    child = process()
    wait_until((data_dir / "postgresql" / "postmaster.pid").exists)
    child.kill()
    with embedded_postgres(data_dir, durable=False) as url:
        assert ask(url, "SELECT count(*) FROM kept") == 300000
    assert is_stopped(data_dir)


def test_ctrl_c_does_not_reach_postgres(data_dir, process):
    child = process()
    child.stdout.readline()
    assert os.getsid(postmaster(data_dir)) != os.getsid(child.pid)
    os.killpg(child.pid, signal.SIGINT)
    assert child.stdout.readline() == "still here\n"
    assert leave(child) == 0
    assert is_stopped(data_dir)
