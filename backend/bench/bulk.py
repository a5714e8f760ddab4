"""What it costs to create 100 tasks in one request, beside 100 requests, and what a key costs.

    python bulk.py          # CPU time of the server and of its PostgreSQL, a minute

The fifth that is promised is one of CPU time, of both together, a task.
"""

import argparse
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.processes import Process, postmaster

BODY = {"title": "Buy milk", "description": "Two litres, the blue one"}
PROMISED = 5


def cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has ended since it was found
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def with_children(parent: int) -> float:
    found = [parent]
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            fields = (directory / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += [int(directory.name)] if int(fields[1]) == parent else []
    return sum(map(cpu_seconds, found))


class Bench:
    def __init__(self, server: Process, directory: Path) -> None:
        self.server = server
        self.postmaster = int(postmaster(directory)[0])

    def send(self, path: str, body: Any, *, key: bool) -> None:
        headers = {"Idempotency-Key": secrets.token_urlsafe()} if key else {}
        self.server.client.post(path, json=body, headers=headers).raise_for_status()

    def alone(self, tasks: int, *, key: bool) -> None:
        for _ in range(tasks):
            self.send(self.server.path, BODY, key=key)

    def together(self, tasks: int, *, key: bool) -> None:
        commands = [{"op": "create", **BODY}] * 100
        for _ in range(tasks // 100):
            self.send(f"{self.server.path}/bulk", {"commands": commands}, key=key)

    def measure(self, work: Callable[..., None], tasks: int, *, key: bool) -> float:
        """CPU µs a task; PostgreSQL's connections last as long as the server."""
        work(100, key=key)
        before = self._spent()
        work(tasks, key=key)
        parts = [(b - a) / tasks * 1e6 for a, b in zip(before, self._spent(), strict=True)]
        name = f"{work.__name__}{', with a key' if key else ''}"
        server, database = parts
        print(f"{name:22} server {server:6.0f}  PostgreSQL {database:6.0f}  µs of CPU a task")
        return sum(parts)

    def _spent(self) -> tuple[float, float]:
        return cpu_seconds(self.server.process.pid), with_children(self.postmaster)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2000)
    tasks = parser.parse_args().tasks
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        server = Process(directory, LOG_LEVEL="warning")
        try:
            server.wait_until_ready()
            bench = Bench(server, directory)
            alone = bench.measure(bench.alone, tasks, key=False)
            keyed = bench.measure(bench.alone, tasks, key=True)
            together = bench.measure(bench.together, tasks * 5, key=False)
            bench.measure(bench.together, tasks * 5, key=True)
        finally:
            server.process.send_signal(signal.SIGTERM)  # which stops its PostgreSQL, too
            server.process.wait(30)
            server.client.close()
    print(f"In one request a task costs 1/{alone / together:.1f}; a key {keyed / alone:.2f} times")
    return 0 if alone >= PROMISED * together else 1


if __name__ == "__main__":
    sys.exit(main())
