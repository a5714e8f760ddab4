"""Signals, terminals and deaths: what is acknowledged is kept, and nothing is left behind."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.databases import run, transaction
from tests.processes import postmaster, postmaster_file, url_of_the_database
from tests.waiting import PATIENCE, until


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_refuses_new_connections_and_finishes_the_request_in_flight_and_then_the_database(
    serve, tmp_path, workers, number
):
    server = serve(WORKERS=workers)
    task = server.create()
    url = url_of_the_database(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        with transaction(url, "LOCK TABLE task"):
            answer = pool.submit(server.client.patch, f"{server.path}/{task['id']}/complete")
            until(lambda: run(url, "SELECT FROM pg_locks WHERE NOT granted"), "a waiting request")
            server.signal_from_the_terminal(number)
            until(lambda: not server.listens(), "a server that takes no more")
            # Were its socket open anywhere, this would have been taken, and never answered.
            assert not any(server.listens() for _ in range(20))
            assert server.process.poll() is None
            assert not answer.done()
        assert answer.result(PATIENCE).json()["completed"] is True
    assert server.process.wait(PATIENCE) == 0
    assert not postmaster_file(tmp_path).exists()
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT])
def test_a_closed_terminal_stops_the_server_and_its_database(serve, tmp_path, workers, number):
    server = serve(WORKERS=workers)
    server.signal_from_the_terminal(number)
    assert server.process.wait(PATIENCE) == 0
    assert not postmaster_file(tmp_path).exists()
    assert not server.processes()


@pytest.mark.parametrize("workers", [1, 2])
def test_what_nohup_started_outlives_its_terminal(serve, tmp_path, workers):
    server = serve(wrapper=["nohup"], WORKERS=workers)
    running = server.processes()
    server.signal_from_the_terminal(signal.SIGHUP)
    server.create()
    assert server.processes() == running
    assert server.stop() == 0
    assert not postmaster_file(tmp_path).exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_log_that_nobody_reads_any_more_does_not_keep_the_server_from_its_stop(
    serve, tmp_path, workers
):
    reading, writing = os.pipe()
    server = serve(stderr=writing, WORKERS=workers)
    os.close(reading)
    os.close(writing)
    server.create()
    server.signal_from_the_terminal(signal.SIGHUP)
    server.process.wait(PATIENCE)
    assert not postmaster_file(tmp_path).exists()
    assert not server.processes()


def test_a_database_that_is_killed_under_load_comes_back_with_all_that_was_acknowledged(
    serve, tmp_path
):
    server = serve(WORKERS=2)
    server.create()
    dead = postmaster(tmp_path)[0]
    stop, statuses = threading.Event(), set()

    def keep_writing() -> list[str]:
        written = []
        with httpx.Client(base_url=server.client.base_url, timeout=PATIENCE) as client:
            while not stop.is_set():
                answer = client.post(server.path, json={"title": "Kept"})
                statuses.add(answer.status_code)
                written += [answer.json()["id"]] if answer.status_code == 201 else []
        return written

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(keep_writing) for _ in range(4)]
        try:
            until(lambda: 201 in statuses, "a task that is written")
            os.kill(int(dead), signal.SIGKILL)
            ready = "PostgreSQL 18 ready"
            until(lambda: server.log.read_text().count(ready) == 2, "another PostgreSQL")
            server.wait_until_ready()
            assert server.create()
        finally:
            stop.set()
        acknowledged = {task for writer in writers for task in writer.result(PATIENCE)}
    stored = run(url_of_the_database(tmp_path), "SELECT id::text FROM task")
    assert acknowledged <= {task for (task,) in stored}
    assert statuses <= {201, 503}
    assert f"PostgreSQL (pid {dead}) has died" in server.log.read_text()
    assert server.stop() == 0


def test_the_next_start_after_a_kill_takes_the_database_over_and_stops_it(serve, tmp_path):
    killed = serve()
    task = killed.create()
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait(PATIENCE)
    survivor = postmaster(tmp_path)[0]
    server = serve()
    assert postmaster(tmp_path)[0] == survivor
    assert server.client.get(killed.path).json() == [task]
    assert server.stop() == 0
    assert not postmaster_file(tmp_path).exists()
