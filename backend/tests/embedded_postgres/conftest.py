"""Directories and processes of which nothing is left."""

import subprocess
import sys

import pytest

from tests.embedded_postgres.clusters import PROCESS, end_postgres
from todo_server.embedded_postgres import run_as, watch


@pytest.fixture
def first_way(request, monkeypatch):
    index = getattr(request, "param", 0)
    monkeypatch.setattr(run_as, "AS_ROOT", run_as.AS_ROOT[index:])
    return index


@pytest.fixture
def unwatched(monkeypatch):
    """Nobody looks whether PostgreSQL lives, so that it stays dead."""
    monkeypatch.setattr(watch, "WATCH", 3600.0)


@pytest.fixture
def data_dir(tmp_path):
    directory = tmp_path / "data"
    yield directory
    end_postgres(directory)


@pytest.fixture
def process(data_dir, first_way):
    """Start a process that is in the context until its input ends."""
    started = []

    def start():
        arguments = [sys.executable, "-c", PROCESS, str(data_dir), str(first_way)]
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()
