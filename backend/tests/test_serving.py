"""`todo-server` as an operator meets it: a process, its signals, its log and its database."""

import asyncio
import errno
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import click
import httpx
import pytest
from click.testing import CliRunner

from tests.contract import contract
from tests.databases import new_database, run
from tests.server import token_for
from todo_server import __version__, serving
from todo_server.cli import main
from todo_server.config import Settings
from todo_server.errors import ConfigurationError

PATIENCE = 60.0


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


def until(condition: Callable[[], Any], what: str) -> None:
    """Poll for something that will happen."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def transaction(url: str, sql: str) -> Iterator[None]:
    """Keep a transaction open that has run this."""
    begun, done = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                await connection.execute(sql)
                begun.set()
                await asyncio.to_thread(done.wait)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(asyncio.run, hold())
        assert begun.wait(PATIENCE)
        try:
            yield
        finally:
            done.set()
            held.result(PATIENCE)


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


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., Process]]:
    """Start servers in one directory; afterwards nothing of them is left."""
    started: list[Process] = []

    def start(**values: Any) -> Process:
        server = Process(tmp_path, **values)
        started.append(server)
        server.wait_until_ready()
        return server

    yield start
    for server in started:
        server.kill()
    if postmaster_file(tmp_path).exists():
        os.kill(int(postmaster(tmp_path)[0]), signal.SIGQUIT)
        until(lambda: not postmaster_file(tmp_path).exists(), "PostgreSQL's end")


def url_of_the_database(directory: Path) -> str:
    _, _, _, _, socket_directory, *_ = postmaster(directory)
    return f"postgresql://postgres@/postgres?host={socket_directory}&port=5432"


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


def test_workers_whose_parent_is_killed_end_and_leave_the_port(serve):
    server = serve(WORKERS=2)
    server.process.kill()
    server.process.wait(PATIENCE)
    until(lambda: not server.processes(), "the end of the workers")
    assert not server.listens()


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


def test_two_servers_share_one_directory_and_the_last_one_stops_the_database(serve, tmp_path):
    first, second = serve(), serve()
    task = first.create()
    assert second.client.get(first.path).json() == [task]
    assert first.stop() == 0
    assert second.client.get(first.path).json() == [task]
    assert second.stop() == 0
    assert not postmaster_file(tmp_path).exists()


def test_two_workers_serve_and_stop_together(serve, tmp_path):
    server = serve(WORKERS=2)
    tasks = [server.create(str(number)) for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: httpx.get(f"{server.client.base_url}/livez"), range(32)))
    assert {answer.status_code for answer in answers} == {200}
    assert server.client.get(server.path).json() == tasks[::-1]
    assert len(server.processes()) >= 3
    assert server.stop() == 0
    until(lambda: not server.processes(), "the end of the workers")
    assert not postmaster_file(tmp_path).exists()
    assert "Traceback" not in server.log.read_text()


def test_a_first_start_and_the_next_warn_of_nothing(serve):
    for _ in range(2):
        server = serve(AUTH_MODE="builtin")
        assert server.stop() == 0
        assert "WARNING" not in server.log.read_text()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_start_names_the_documentation_once(serve, workers):
    server = serve(WORKERS=workers)
    address = f"http://127.0.0.1:{server.port}/docs"
    assert server.log.read_text().count(address) == 1
    assert httpx.get(address).status_code == 200


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("0.0.0.0", "http://localhost:80"),
        ("::", "http://localhost:80"),
        ("todo.example", "http://todo.example:80"),
    ],
)
def test_the_address_is_one_to_open_in_a_browser(host, address):
    assert serving.address_of(Settings(_env_file=None, host=host, port=80)) == address


def interrupted(directory: Path, moment: Callable[[int], Any]) -> tuple[int, str]:
    """Start a server and press Ctrl-C at a moment; gives its status in a shell, and its output."""
    started = subprocess.Popen(
        [sys.executable, "-m", "todo_server", "serve"],
        cwd=directory,
        env=environment(PORT=free_port()),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        until(lambda: moment(started.pid), "the moment for Ctrl-C")
        os.killpg(started.pid, signal.SIGINT)
        printed, _ = started.communicate(timeout=PATIENCE)
    finally:
        started.terminate()  # no effect if it has ended
    return (
        started.returncode % 256 if started.returncode >= 0 else 128 - started.returncode,
        printed,
    )


def test_ctrl_c_while_it_is_still_importing_says_nothing(tmp_path):
    def importing(pid: int) -> bool:
        return "/pydantic_core/" in Path(f"/proc/{pid}/maps").read_text()

    assert interrupted(tmp_path, importing) == (130, "")
    assert not list(tmp_path.iterdir())


def test_ctrl_c_while_the_database_is_made_leaves_none_half_made(tmp_path):
    data = tmp_path / "data"
    status, printed = interrupted(tmp_path, lambda _: list(data.glob("postgresql.new*/base")))
    assert status == 130
    assert {path.name for path in data.iterdir()} == {"postgresql.log", "server.lock", "start.lock"}
    (line,) = printed.splitlines()
    assert "creating a database" in line


def test_ctrl_c_while_postgres_starts_leaves_none_running(tmp_path):
    file = postmaster_file(tmp_path)
    status, printed = interrupted(tmp_path, lambda _: file.exists())
    assert status == 130
    assert "Traceback" not in printed
    until(lambda: not file.exists(), "PostgreSQL's end")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_port_that_is_taken_is_named_before_anything_is_begun(tmp_path, workers):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
        done = todo_server("serve", "--port", str(port), cwd=tmp_path, WORKERS=workers)
    assert done.returncode == 1
    assert done.stderr == (
        f"Error: PORT {port} on 127.0.0.1: address already in use, perhaps by a server that was "
        "started before. Choose another one, for example: PORT=8001 make serve\n"
    )
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "host.invalid"])
def test_an_address_of_another_machine_is_named(host, tmp_path, invoke):
    done = invoke("serve", HOST=host)
    assert done.exit_code == 1
    assert f"HOST {host}: " in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_port_that_needs_other_rights_is_named(monkeypatch, invoke):
    class Unprivileged(socket.socket):
        def bind(self, address):
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "socket", Unprivileged)
    done = invoke("serve", PORT="80")
    assert done.exit_code == 1
    assert "PORT 80: ports below 1024 need rights" in done.stderr


def test_of_two_servers_that_bound_one_port_the_slower_is_told(tmp_path):
    settings = Settings(_env_file=None, port=free_port())
    (first,), (second,) = serving.bind(settings), serving.bind(settings)
    with closing(first), closing(second):
        first.listen()
        with pytest.raises(ConfigurationError, match="address already in use"):
            serving.run(settings, [second])


def test_a_name_is_served_on_each_of_its_addresses():
    settings = Settings(_env_file=None, host="localhost", port=free_port())
    listeners = serving.bind(settings)
    assert "127.0.0.1" in {listener.getsockname()[0] for listener in listeners}
    for listener in listeners:
        listener.close()


TITLE, IN_QUERY = "title-5e0c3a9f7b", "query-5e0c3a9f7b"
SECRET, PASSWORD = "secret-5e0c3a9f7b-of-32-bytes-or-more", "password-5e0c3a9f7b"
FIELDS = {"method", "route", "status", "duration_ms", "user_id", "request_id"}


def spoken_to(server: Process) -> list[httpx.Response]:
    """Send all kinds of things and stop."""
    client, path = server.client, server.path
    client.headers["Authorization"] = f"Bearer {token_for(server.user_id, SECRET)}"
    bad = {"Authorization": f"Bearer {TITLE}.{TITLE}.{TITLE}"}
    created = client.post(path, json={"title": TITLE, "description": TITLE})
    own = f"{path}/{created.json()['id']}"
    answers = [
        created,
        client.get(own),
        client.put(own, json={"title": f"{TITLE} 2"}, headers={"X-Request-ID": "its.own-1"}),
        client.patch(f"{own}/complete"),
        client.get(f"{path}?token={IN_QUERY}&status=pending"),
        client.get(f"{path}?cursor={IN_QUERY}"),
        client.get(f"{path}?limit={IN_QUERY}"),
        client.get(path, headers=bad),
        client.get(f"/api/somebody-else/tasks?{IN_QUERY}"),
        client.post(path, content=f'{{"title": "{TITLE}"'),
        client.post(path, content=TITLE, headers={"Content-Type": "application/json"}),
        client.post(path, json={"title": [TITLE], TITLE: TITLE}),
        client.get(f"/nowhere?{IN_QUERY}"),
        client.request("DELETE", path, content=TITLE),
        client.get("/livez"),
        client.delete(own),
    ]
    assert server.stop() == 0
    return answers


@pytest.mark.parametrize("form", ["json", "console"])
def test_the_log_shows_who_did_what_and_no_secret_and_no_content(form, serve):
    server = serve(
        DATABASE_URL=new_database().replace("postgres@", f"postgres:{PASSWORD}@"),
        AUTH_MODE="shared_secret",
        BETTER_AUTH_SECRET=SECRET,
        LOG_FORMAT=form,
        LOG_LEVEL="DEBUG",
    )
    answers = spoken_to(server)
    log = server.log.read_text()
    assert {answer.status_code for answer in answers} >= {200, 201, 204, 400, 401, 403, 404, 405}
    token = server.client.headers["Authorization"].partition(" ")[2]
    for secret in (TITLE, IN_QUERY, SECRET, PASSWORD, *token.split(".")):
        assert secret not in log
    assert server.user_id in log
    if form == "json":
        is_one_line_each(server, answers)


def is_one_line_each(server: Process, answers: list[httpx.Response]) -> None:
    records = [json.loads(line) for line in server.log.read_text().splitlines()]
    requests = [r for r in records if r["logger"] == "todo_server.request"]
    requests = [r for r in requests if r["route"] != "/readyz"]
    assert len(requests) == len(answers)
    template = "/api/{user_id}/tasks"
    for record, answer in zip(requests, answers, strict=True):
        assert record.keys() == FIELDS | {"time", "level", "logger", "message"}
        assert record["method"] == answer.request.method
        assert record["status"] == answer.status_code
        assert record["request_id"] == answer.headers["x-request-id"]
        assert 0 <= record["duration_ms"] < PATIENCE * 1000
        assert record["message"] == "request"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)", record["time"])
        its_own = answer.request.url.path.startswith(server.path)
        if its_own and answer.status_code not in {401, 405}:
            assert record["user_id"] == server.user_id
            assert record["route"].startswith(template)
    assert requests[2]["request_id"] == "its.own-1"
    assert requests[3]["route"] == template + "/{task_id}/complete"
    assert requests[12]["route"] == "/nowhere"
    assert requests[7]["user_id"] is requests[12]["user_id"] is None


@pytest.fixture
def invoke(tmp_path, monkeypatch) -> Callable[..., Any]:
    """Run a command in this process, which must not come to the point of logging."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def invoke(*arguments: str, **values: str) -> Any:
        return CliRunner().invoke(main, arguments, env=values)

    return invoke


WRONG = {
    "PORT": "http",
    "WORKERS": "0",
    "AUTH_MODE": "guess",
    "AUTH_NONE_ANYWHERE": "perhaps",
    "LOG_LEVEL": "loud",
    "LOG_FORMAT": "xml",
    "DATABASE_POOL_SIZE": "many",
}


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_wrong_setting_is_named_with_what_it_takes(command, invoke):
    done = invoke(command, **WRONG)
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    for name in WRONG:
        (line,) = [line.removeprefix("Error: ") for line in lines if f"{name}:" in line]
        assert re.fullmatch(rf"{name}: .+\. It takes: .+\.", line)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"AUTH_MODE": "shared_secret"}, "BETTER_AUTH_SECRET"),
        ({"AUTH_MODE": "shared_secret", "BETTER_AUTH_SECRET": "short"}, "BETTER_AUTH_SECRET"),
        ({"AUTH_MODE": "none", "HOST": "0.0.0.0"}, "AUTH_NONE_ANYWHERE"),
        ({"AUTH_MODE": "none", "HOST": "::"}, "AUTH_NONE_ANYWHERE"),
    ],
)
def test_settings_that_contradict_each_other_are_named(values, named, invoke):
    done = invoke("serve", **values)
    assert done.exit_code == 1
    assert named in done.stderr
    assert "short" not in done.stderr


def test_a_tilde_in_the_data_dir_is_the_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/of/somebody")
    assert Settings(_env_file=None, data_dir="~/x").data_dir == Path("/home/of/somebody/x")


def test_the_home_of_nobody_is_no_data_dir(invoke):
    done = invoke("serve", DATA_DIR="~nobody-of-that-name/x")
    assert done.exit_code == 1
    assert "DATA_DIR: " in done.stderr
    assert "nobody's home" in done.stderr


@pytest.mark.parametrize("arguments", [("--port", "http"), ("--workers", "x"), ("--what",)])
def test_a_wrong_option_is_named(arguments, invoke):
    done = invoke("serve", *arguments)
    assert done.exit_code == 2
    assert arguments[0] in done.stderr


def test_a_wrong_database_url_is_named_and_its_password_not_shown(tmp_path):
    done = todo_server("serve", cwd=tmp_path, DATABASE_URL=f"postgresql://u:#{PASSWORD}@h/d")
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert PASSWORD not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", ["", *main.commands])
def test_every_command_explains_itself(command, option, invoke):
    done = invoke(*filter(None, [command, option]))
    assert done.exit_code == 0
    assert "Usage: " in done.output
    if command:
        assert str(main.commands[command].help).partition("\n")[0] in " ".join(done.output.split())
        for parameter in main.commands[command].params:
            assert isinstance(parameter, click.Option)
            assert parameter.help
    else:
        assert all(
            re.search(rf"^  {name} +[A-Z]", done.output, re.MULTILINE) for name in main.commands
        )


def test_the_commands_are_those_that_are_documented():
    assert set(main.commands) >= {"serve", "migrate", "openapi", "version"}


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_version_prints_the_version(argument, invoke):
    assert invoke(argument).output == f"{__version__}\n"


def test_openapi_prints_the_contract(invoke, tmp_path):
    assert json.loads(invoke("openapi").stdout) == contract()
    assert not list(tmp_path.iterdir())
