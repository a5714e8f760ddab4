"""The server or PostgreSQL is killed under requests with a key: sent again, each is done once."""

import multiprocessing
import os
import secrets
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from tests.databases import run
from tests.processes import free_port
from tests.server import settings
from tests.waiting import until
from todo_server.app import create_app
from todo_server.embedded_postgres import embedded_postgres
from todo_server.http_protocol import DeadlineProtocol
from todo_server.migrations import command

ROUNDS, WRITERS = 10, 4

_forking = multiprocessing.get_context("forkserver")  # a server is there at once
_forking.set_forkserver_preload([__name__])


def serve(url: str, port: int) -> None:
    application = create_app(settings(url, auth_mode="none"))
    uvicorn.run(application, port=port, http=DeadlineProtocol, ws="none", log_config=None)


class System:
    """A PostgreSQL and a server, both of which are killed and started again."""

    def __init__(self, directory: Path, running: ExitStack) -> None:
        self._directory, self._running = directory, running
        self.url = self._start_postgresql()
        command.upgrade(self.url)
        self.port = free_port()
        self._start_server()

    def _start_postgresql(self) -> str:
        self._postgresql = self._running.enter_context(ExitStack())
        cluster = embedded_postgres(self._directory, max_connections=40)
        return self._postgresql.enter_context(cluster)

    def _start_server(self) -> None:
        self._server = _forking.Process(target=serve, args=(self.url, self.port), daemon=True)
        self._server.start()
        self._running.callback(self._server.kill)

    def kill_postgresql(self) -> None:
        file = self._directory / "postgresql" / "postmaster.pid"
        os.kill(int(file.read_text().split("\n")[0]), signal.SIGKILL)
        self._postgresql.close()  # or its watch would start it, ever later
        self._start_postgresql()

    def kill_server(self) -> None:
        self._server.kill()
        self._server.join()
        self._start_server()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with ExitStack() as running:
        yield System(tmp_path, running)


class Writer:
    """A user who sends each request with its key until it is answered."""

    def __init__(self, system: System) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{system.port}", timeout=30)
        self.path = f"/api/{secrets.token_hex(8)}/tasks"
        self.answers: dict[str, dict[str, Any]] = {}  # by the keys
        self.sent_again = 0

    def write_until(self, stop: threading.Event) -> None:
        while not stop.is_set():
            key = secrets.token_urlsafe()
            self.answers[key] = self._send("POST", self.path, key, {"title": key})
            task = f"{self.path}/{self.answers[key]['id']}"
            # A flip that is done twice is none.
            flipped = self._send("PATCH", f"{task}/complete", secrets.token_urlsafe(), None)
            assert (flipped["completed"], flipped["version"]) == (True, 2)
            self.answers[key] = flipped

    def tasks(self) -> list[dict[str, Any]]:
        """All that is there, when nothing more is written."""
        listed: list[dict[str, Any]] = self._client.get(self.path).json()
        self._client.close()
        return listed

    def _send(self, method: str, path: str, key: str, body: Any) -> dict[str, Any]:
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            try:
                headers = {"Idempotency-Key": key}
                answers.append(self._client.request(method, path, json=body, headers=headers))
            except httpx.TransportError:
                self.sent_again += 1
                return False
            self.sent_again += answers[-1].status_code == 503
            return answers[-1].status_code != 503

        until(is_answered, "an answer")
        assert answers[-1].is_success, answers[-1].text
        task: dict[str, Any] = answers[-1].json()
        return task


@pytest.mark.parametrize("killed", ["the server", "PostgreSQL"])
def test_whoever_is_killed_a_request_that_is_sent_again_is_done_once(killed: str, system: System):
    stop = threading.Event()
    writers = [Writer(system) for _ in range(WRITERS)]

    def written() -> int:
        for work in running:
            assert not work.done(), work.result()
        return sum(len(writer.answers) for writer in writers)

    def write_more(count: int) -> None:
        wanted = written() + count
        until(lambda: written() >= wanted, "writing")

    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(writer.write_until, stop) for writer in writers]
        try:
            for number in range(ROUNDS):
                write_more(1 + number)
                system.kill_server() if killed == "the server" else system.kill_postgresql()
            write_more(WRITERS)
        finally:
            stop.set()
        for work in running:
            work.result(60)
    for writer in writers:
        tasks = writer.tasks()
        assert {task["title"]: task for task in tasks} == writer.answers
        assert len(tasks) == len(writer.answers)
        owner = writer.path.split("/")[2]
        changes = run(system.url, "SELECT number FROM change WHERE user_id = $1", owner)
        assert len(changes) == 2 * len(tasks)
    if killed == "the server":  # which itself goes on where a database is back soon enough
        assert sum(writer.sent_again for writer in writers) > 0
