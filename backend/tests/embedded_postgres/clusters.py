"""Directories with a PostgreSQL, and the ways in which this machine can run it."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from todo_server.embedded_postgres.run_as import AS_ROOT
from todo_server.embedded_postgres.socket_dir import SOCKET


def possible_ways() -> list[int]:
    """The indexes in AS_ROOT of what this machine permits; an ordinary user needs none of them."""
    if os.geteuid() != 0:
        return [0]
    permitted = []
    for index, run_as in enumerate(AS_ROOT):
        if shutil.which(run_as.wrapper[0]):
            done = subprocess.run([*run_as.wrapper, "true"], capture_output=True, check=False)
            permitted += [index] if done.returncode == 0 else []
    return permitted or [0]


def name_of_way(index: int) -> str:
    return AS_ROOT[index].wrapper[0] if os.geteuid() == 0 else "direct"


WAYS = possible_ways()
every_way = pytest.mark.parametrize("first_way", WAYS, ids=name_of_way, indirect=True)

PROCESS = """
import asyncio, signal, sys
from pathlib import Path
import asyncpg
from todo_server.embedded_postgres import embedded_postgres, run_as

async def ask(url):
    connection = await asyncpg.connect(url)
    print(await connection.fetchval("SELECT 'still here'"), flush=True)
    await connection.close()

signal.signal(signal.SIGINT, signal.default_int_handler)
run_as.AS_ROOT = run_as.AS_ROOT[int(sys.argv[2]):]
with embedded_postgres(Path(sys.argv[1]), durable=False) as url:
    try:
        print(url, flush=True)
        sys.stdin.readline()
    except KeyboardInterrupt:
        asyncio.run(ask(url))
"""


def end_postgres(directory: Path) -> None:
    if (directory / "postgresql" / "postmaster.pid").exists():
        os.kill(postmaster(directory), signal.SIGQUIT)


def leave(child: subprocess.Popen[str]) -> int:
    child.communicate("\n", timeout=60)
    return child.returncode


def ask(url: str, sql: str) -> Any:
    async def connect_and_ask() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(connect_and_ask())


def socket_dir(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgresql" / "postmaster.pid").read_text().splitlines()[0])


def is_stopped(data_dir: Path) -> bool:
    return not (data_dir / "postgresql" / "postmaster.pid").exists()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def kill_postmaster(data_dir: Path) -> None:
    """As the kernel does when memory runs out; PostgreSQL's other processes follow suit."""
    lines = (data_dir / "postgresql" / "postmaster.pid").read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    wait_until(lambda: not is_listening(Path(lines[4]) / SOCKET))


def is_listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def script(directory: Path, text: str) -> Path:
    path = directory / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path
