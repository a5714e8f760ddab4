"""PostgreSQL is killed under load: what was acknowledged is there."""

import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.databases import run
from tests.server import RunningServer, User, settings
from tests.waiting import until
from todo_server.embedded_postgres import embedded_postgres
from todo_server.migrations import command


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Callable[[], str]]:
    """A PostgreSQL of our own that may be killed; calling this starts it, and again."""
    directory = tmp_path_factory.mktemp("cluster")
    with ExitStack() as running:

        def start() -> str:
            return running.enter_context(embedded_postgres(directory, max_connections=40))

        start.directory = directory  # type: ignore[attr-defined]
        yield start


def postmaster(cluster: Any) -> int:
    file: Path = cluster.directory / "postgresql" / "postmaster.pid"
    return int(file.read_text().split("\n")[0])


State = tuple[str, str, bool] | None  # title, description, completed; None is no task


class Writer:
    """A user who writes all the time, and remembers for each task what may be."""

    def __init__(self, server: RunningServer) -> None:
        self.server, self.user_id = server, secrets.token_hex(8)
        self.states: dict[str, set[State]] = {}
        self.acknowledged = 0

    def write_until(self, stop: threading.Event) -> None:
        with User(self.server, self.user_id) as user:
            while not stop.is_set():
                self.write(user, str(len(self.states)))

    def write(self, user: User, name: str) -> None:
        """The life of a task, up to the first change that is not acknowledged."""
        first, second = {"title": name, "description": name}, f"{name} b"
        created = self.change(name, (None, (name, name, False)), user.post, user.path, json=first)
        if created is None:
            return
        path = f"{user.path}/{created.json()['id']}"
        life: list[State] = [(name, name, False), (second, second, False), (second, second, True)]
        renamed = {"title": second, "description": second}
        if (
            self.change(name, life[0:2], user.put, path, json=renamed)
            and self.change(name, life[1:3], user.patch, f"{path}/complete")
            and len(self.states) % 2  # every other task stays
        ):
            self.change(name, (life[2], None), user.delete, path)

    def change(
        self, name: str, states: Sequence[State], send: Any, path: str, **options: Any
    ) -> httpx.Response | None:
        """Send what leads from one state to another; gives nothing where that is in doubt."""
        self.states[name] = set(states)
        answer: httpx.Response = send(path, **options)
        if answer.status_code == 503:
            return None
        assert answer.is_success, answer.text
        self.states[name] = {states[-1]}
        self.acknowledged += 1
        return answer

    def check(self) -> None:
        with User(self.server, self.user_id) as user:
            tasks = user.tasks()
        found: dict[str, State] = {
            task["title"].split()[0]: (task["title"], task["description"], task["completed"])
            for task in tasks
        }
        assert len(found) == len(tasks), "something was done twice"
        for name, states in self.states.items():
            assert found.pop(name, None) in states
        assert not found


def a_backend(cluster: Any, url: str) -> int:
    pid: int = run(
        url,
        "SELECT pid FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    )[0]["pid"]
    return pid


@pytest.mark.parametrize(
    "death", ["kill -9 of a backend", "kill -9 of PostgreSQL", "an immediate stop", "a fast stop"]
)
def test_what_was_acknowledged_under_load_is_there_after(death, cluster):
    url = cluster()
    command.upgrade(url)
    stop = threading.Event()

    def all_wrote(since: list[int]) -> bool:
        for work in running:
            assert not work.done(), work.result()
        return all(w.acknowledged > n + 10 for w, n in zip(writers, since, strict=True))

    with (
        RunningServer(settings(url, database_pool_size=4)) as server,
        ThreadPoolExecutor(6) as pool,
    ):
        writers = [Writer(server) for _ in range(6)]
        running = [pool.submit(writer.write_until, stop) for writer in writers]
        try:
            until(lambda: all_wrote([0] * 6), "writing")
            if death == "kill -9 of a backend":
                os.kill(a_backend(cluster, url), signal.SIGKILL)
            else:
                signals = {"k": signal.SIGKILL, "an i": signal.SIGQUIT, "a f": signal.SIGINT}
                (number,) = (n for start, n in signals.items() if death.startswith(start))
                os.kill(postmaster(cluster), number)
                until(lambda: not answers(url), "the end of PostgreSQL")
                cluster()
            before = [writer.acknowledged for writer in writers]
            until(lambda: all_wrote(before), "writing again")
        finally:
            stop.set()
        for writer, work in zip(writers, running, strict=True):
            work.result(30)
            writer.check()


def answers(url: str) -> bool:
    path = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) == 0
