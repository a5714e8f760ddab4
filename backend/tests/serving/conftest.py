"""Servers that are processes, and commands in this one."""

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from tests.processes import Process, postmaster, postmaster_file
from tests.waiting import until
from todo_server.cli import main
from todo_server.config import Settings


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


@pytest.fixture
def invoke(tmp_path, monkeypatch) -> Callable[..., Any]:
    """Run a command in this process, which must not come to the point of logging."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def invoke(*arguments: str, **values: str) -> Any:
        return CliRunner().invoke(main, arguments, env=values)

    return invoke
