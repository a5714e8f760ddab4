"""`todo-server` as a process, and what its operator does with it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.waiting import PATIENCE, until
from todo_server.config import Settings


def environment(**values: Any) -> dict[str, str]:
    """This process's own, with these settings and no others."""
    settings = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in settings}
    return kept | {name: str(value) for name, value in values.items()}


def todo_server(*arguments: str, cwd: Path, **values: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "todo_server", *arguments],
        cwd=cwd,
        env=environment(**values),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port


class Process:
    """`todo-server serve` in a directory, with a client for one user."""

    def __init__(
        self, directory: Path, wrapper: Sequence[str] = (), stderr: Any = None, **values: Any
    ) -> None:
        self.port = free_port()
        self.log = directory / f"{self.port}.log"
        self.user_id = secrets.token_hex(8)
        self.path = f"/api/{self.user_id}/tasks"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*wrapper, sys.executable, "-m", "todo_server", "serve"],
                cwd=directory,
                env=environment(PORT=self.port, **({"AUTH_MODE": "none"} | values)),
                stdout=log,
                stderr=stderr or log,
                start_new_session=True,
            )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE)

    def wait_until_ready(self) -> None:
        until(self._ready, "a server that is ready")

    def _ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def listens(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def create(self, title: str = "Buy milk") -> dict[str, Any]:
        response = self.client.post(self.path, json={"title": title})
        assert response.status_code == 201, response.text
        task: dict[str, Any] = response.json()
        return task

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def signal_from_the_terminal(self, number: signal.Signals) -> None:
        """As a terminal does: to all processes that it runs."""
        os.killpg(self.process.pid, number)

    def processes(self) -> list[int]:
        """Those of its session that live: itself, its workers."""
        found = []
        for directory in Path("/proc").glob("[0-9]*"):
            try:
                state, _, _, session = (
                    (directory / "stat").read_text().rpartition(")")[2].split()[:4]
                )
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(session) == self.process.pid and state != "Z":
                found.append(int(directory.name))
        return found

    def kill(self) -> None:
        self.client.close()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


def postmaster_file(directory: Path) -> Path:
    return directory / "data" / "postgresql" / "postmaster.pid"


def postmaster(directory: Path) -> list[str]:
    return postmaster_file(directory).read_text().splitlines()


def url_of_the_database(directory: Path) -> str:
    _, _, _, _, socket_directory, *_ = postmaster(directory)
    return f"postgresql://postgres@/postgres?host={socket_directory}&port=5432"
