"""The servers under test: how each is started, found ready and stopped. This server is `OURS`."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from install import OUT, PEERS, VENV
from work import SECRET, ask, make_token

POOL_SIZE = "10"  # connections to PostgreSQL for each worker, the same for everybody
READY_WITHIN = 30.0


@dataclass(frozen=True)
class Server:
    name: str
    label: str
    command: list[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    needs_database: bool = True


@dataclass(frozen=True)
class Running:
    server: Server
    pid: int
    port: int
    start_up: float  # seconds from exec to the first 200


def our_server(workers: int) -> Server:
    """This server as its users run it. All that the benchmark knows of it is in this function."""
    return Server(
        name=f"todo_server_{workers}",
        label="todo-server" if workers == 1 else f"todo-server, {workers} workers",
        command=[str(Path(sys.executable).parent / "todo-server"), "serve"],
        folder=OUT,
        environment={
            "AUTH_MODE": "shared_secret",
            "BETTER_AUTH_SECRET": SECRET,
            "LOG_FORMAT": "json",
            "WORKERS": str(workers),
        },
    )


def migrate(url: str) -> None:
    command = [*our_server(1).command[:-1], "migrate"]
    environment = os.environ | our_server(1).environment | {"DATABASE_URL": url}
    subprocess.run(command, cwd=OUT, env=environment, check=True, capture_output=True)


def _uvicorn(name: str, label: str, *, needs_database: bool = True) -> Server:
    command = [
        str(VENV / "bin" / "uvicorn"),
        "app:app",
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    return Server(name, label, command, PEERS / name, needs_database=needs_database)


def _node(name: str, label: str) -> Server:
    return Server(name, label, ["node", "server.js"], OUT / name, {"NODE_ENV": "production"})


def _django() -> Server:
    command = [
        str(VENV / "bin" / "gunicorn"),
        "tasks.wsgi",
        "--bind",
        "127.0.0.1:{port}",
        "--worker-class",
        "gthread",
        "--workers",
        "1",
        "--threads",
        POOL_SIZE,
    ]
    return Server("django_drf", "Django REST framework", command, PEERS / "django_drf")


EMPTY = _uvicorn("empty_fastapi", "empty FastAPI endpoint", needs_database=False)
PYTHON_PEERS = [
    _uvicorn("fastapi_orm_async", "FastAPI + SQLModel, async"),
    _uvicorn("fastapi_orm_sync", "FastAPI + SQLModel, sync"),
    _uvicorn("litestar_asyncpg", "Litestar + asyncpg"),
    _django(),
]
NODE_PEERS = [
    _node("fastify_pg", "Fastify + pg"),
    _node("express_drizzle", "Express + Drizzle"),
]


def log_of(server: Server) -> Path:
    return OUT / f"{server.name}.log"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, user_id: str) -> None:
    token, path = make_token(user_id), f"/api/{user_id}/tasks?limit=1"
    deadline = time.perf_counter() + READY_WITHIN
    while True:
        try:
            ask(HTTPConnection("127.0.0.1", port, timeout=5), "GET", path, token)
        except (OSError, HTTPException):
            if process.poll() is not None or time.perf_counter() > deadline:
                raise
            time.sleep(0.003)
        else:
            return


@contextmanager
def running(server: Server, url: str, user_id: str, cpus: set[int]) -> Iterator[Running]:
    """The server on a free port of 127.0.0.1, bound to `cpus`, its output in out/<name>.log."""
    port = free_port()
    environment = (
        os.environ
        | server.environment
        | {
            "DATABASE_URL": url,
            "JWT_SECRET": SECRET,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "POOL_SIZE": POOL_SIZE,
        }
    )
    log = log_of(server)
    own_cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)  # of this thread, which the new process takes over
    started = time.perf_counter()
    log.unlink(missing_ok=True)
    with log.open("ab") as output:  # so that it can be cut while it is written
        process = subprocess.Popen(
            [part.format(port=port) for part in server.command],
            cwd=server.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    os.sched_setaffinity(0, own_cpus)
    try:
        try:
            _wait_until_ready(process, port, user_id)
        except Exception as error:
            tail = log.read_text(errors="replace")[-2_000:]
            raise RuntimeError(f"{server.label} does not answer: {error}\n{tail}") from error
        yield Running(server, process.pid, port, time.perf_counter() - started)
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its own session: nobody else is in it
        process.wait()
