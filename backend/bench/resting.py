"""What a resting server costs with very many reminders to come: CPU time of it and of PostgreSQL.

    cd backend && ../.venv/bin/python bench/resting.py [--reminders 1000000] [--seconds 60]

Two rests of the same length are measured, one after the other: without a reminder, and with all of
them pending, spread over a hundred thousand users, none of which is due. The server is
`todo-server serve` as everybody runs it; nobody asks it anything.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

from todo_server.embedded_postgres import embedded_postgres
from todo_server.migrations import command

USERS = 100_000
STARTING, SETTLING = 120.0, 10.0
"""Seconds that the start may take, and from its end to the rest: the first look is over then."""

FILL = """
WITH made AS (
    SELECT 'user ' || n % $2::int AS user_id, gen_random_uuid() AS id,
           now() + interval '1 day' + n * interval '1 second' AS due_at
    FROM generate_series(1, $1::int) AS n
), tasks AS (
    INSERT INTO task (user_id, id, title, position, reminders, created_at, updated_at)
    SELECT user_id, id, 'Call', 'a', '[{"at": "2030-01-01T00:00:00Z"}]', now(), now() FROM made
), reminders AS (
    INSERT INTO reminder (user_id, task_id, remind_at) SELECT user_id, id, due_at FROM made
)
INSERT INTO dispatch (owner_id, errand, due_at)
SELECT user_id, 'reminders', min(due_at) FROM made GROUP BY user_id
"""
MAINTAIN = ("VACUUM ANALYZE", "CHECKPOINT")
"""So that no autovacuum of what was just filled falls into the rest."""


def processes_of(parent: int) -> list[int]:
    """Give a process and all below it."""
    found, parents = [parent], {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
    for each in found:
        found += [pid for pid, its in parents.items() if its == each]
    return found


def cpu_seconds(parent: int) -> float:
    """Add up the CPU time of a process and all below it, with children that have ended."""
    ticks = 0
    for pid in processes_of(parent):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    end = time.monotonic() + STARTING
    while time.monotonic() < end:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    raise TimeoutError("the server did not start")


async def fill(url: str, reminders: int) -> None:
    """Let so many be pending, as the triggers would leave them."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(FILL, reminders, USERS, timeout=1800)
        for each in MAINTAIN:
            await connection.execute(each, timeout=1800)
    finally:
        await connection.close()


def rest(directory: Path, url: str, postmaster: int, seconds: float) -> tuple[float, float]:
    """Give the CPU seconds that the server and PostgreSQL take while nobody asks anything."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environment = os.environ | {"DATABASE_URL": url, "AUTH_MODE": "none", "PORT": port}
    server = subprocess.Popen(
        [sys.executable, "-m", "todo_server", "serve"],
        cwd=directory,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(int(port))
        time.sleep(SETTLING)
        assert server.poll() is None, "the server has ended"
        before = cpu_seconds(server.pid), cpu_seconds(postmaster)
        time.sleep(seconds)
        after = cpu_seconds(server.pid), cpu_seconds(postmaster)
    finally:
        server.terminate()
        server.wait(60)
    return after[0] - before[0], after[1] - before[1]


def main() -> None:
    """Measure both, and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reminders", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="todo-resting-") as name:
        directory = Path(name)
        with embedded_postgres(directory / "data", max_connections=50) as url:
            lines = (directory / "data" / "postgresql" / "postmaster.pid").read_text().splitlines()
            command.upgrade(url)
            for count in (0, asked.reminders):
                if count:
                    asyncio.run(fill(url, count))
                server, database = rest(directory, url, int(lines[0]), asked.seconds)
                print(
                    f"{count} reminders to come, {asked.seconds:.0f} s at rest: "
                    f"server {server:.2f} s of CPU, PostgreSQL {database:.2f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
