"""A start: the address that it names, Ctrl-C in the middle of it, and ports that are not free."""

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import environment, free_port, postmaster_file, todo_server
from tests.waiting import PATIENCE, until
from todo_server import serving
from todo_server.config import Settings
from todo_server.errors import ConfigurationError


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
