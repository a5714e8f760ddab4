"""The server that runs in a DATA_DIR: found by postmaster.pid, and proved by its socket."""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from todo_server.embedded_postgres.progress import failure, wait_while
from todo_server.embedded_postgres.socket_dir import SOCKET


@dataclass(frozen=True)
class Postmaster:
    """What postmaster.pid says of the server that wrote it."""

    pid: int
    socket_dir: str
    status: str


def find_settled_server(data_dir: Path) -> Postmaster | None:
    """Give the running server, after waiting for one that is starting or stopping."""

    def changing() -> bool:
        server = read_pid_file(data_dir)
        return server is not None and server.status != "ready" and exists(server)

    if not wait_while(changing, data_dir) and find_server(data_dir):
        raise failure(data_dir, "PostgreSQL neither starts nor stops", "")
    return find_server(data_dir)


def find_server(data_dir: Path) -> Postmaster | None:
    """Give the server that listens, if there is one."""
    server = read_pid_file(data_dir)
    return server if server and _listens(server) else None


def read_pid_file(data_dir: Path) -> Postmaster | None:
    """Read postmaster.pid; None if there is none, or it came along in a copy of other data."""
    cluster = data_dir / "postgresql"
    with suppress(OSError, ValueError):
        text = os.fsdecode((cluster / "postmaster.pid").read_bytes())
        pid, directory, _, _, socket_dir, _, _, status, *_ = text.split("\n") + [""] * 8
        if cluster.samefile(directory):
            return Postmaster(abs(int(pid)), socket_dir, status.strip())
    return None


def _listens(server: Postmaster) -> bool:
    """Ask the socket, a proof: after a kill -9 or a container's restart a pid may be anybody's."""
    if not server.socket_dir:
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(0)
        with suppress(BlockingIOError):  # its queue is full
            client.connect(str(Path(server.socket_dir, SOCKET)))
        return True
    return False


def exists(server: Postmaster) -> bool:
    """Tell if there may be a server: it listens neither at its very beginning nor at its end."""
    return lives(server.pid) or _listens(server)


def lives(pid: int) -> bool:
    """Tell if we have such a process; one that is dead and waits for its parent's look is none."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    with suppress(OSError):  # without /proc, on macOS
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1] != b"Z"
    return True
