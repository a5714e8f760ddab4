"""The floor under every server: the bare statements, by pgbench over a unix socket."""

import random
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cost import cpu_seconds
from work import Task

from todo_server.embedded_postgres import binary

CLIENTS = 8
SCRIPTS = 100  # of each operation, on different tasks; pgbench takes up to 128
STATEMENTS = {
    "list": "SELECT * FROM {table} WHERE user_id = '{user_id}' ORDER BY id DESC LIMIT 20;",
    "get": "SELECT * FROM {table} WHERE user_id = '{user_id}' AND id = '{id}';",
    "create": "INSERT INTO {table} (user_id, title, description)"
    " VALUES ('{user_id}', 'Buy milk 1', 'Two bottles, before noon') RETURNING *;",
    "complete": "UPDATE {table} SET completed = NOT completed, updated_at = now()"
    " WHERE user_id = '{user_id}' AND id = '{id}' RETURNING *;",
}


@dataclass(frozen=True)
class Floor:
    rate: float
    postgres_us: float


def measure_floor(
    url: str, postgres_pid: int, table: str, tasks: list[Task], seconds: float
) -> dict[str, Floor]:
    # pgbench counts whole seconds; for less than one, some requests of each client.
    until = ["-T", str(round(seconds))] if seconds > 0.5 else ["-t", "20"]
    found = {}
    for operation, statement in STATEMENTS.items():
        with tempfile.TemporaryDirectory() as folder:
            command = [str(binary("pgbench")), "-n", "-M", "prepared", "-j", "1"]
            command += ["-c", str(CLIENTS), *until]
            for number, task in enumerate(random.Random(4).sample(tasks, SCRIPTS)):
                script = Path(folder, f"{number}.sql")
                script.write_text(statement.format(table=table, **vars(task)))
                command += ["-f", str(script)]
            before = cpu_seconds(postgres_pid)
            done = subprocess.run([*command, url], check=True, capture_output=True, text=True)
            spent = cpu_seconds(postgres_pid) - before
        count = re.search(r"actually processed: (\d+)", done.stdout)
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        if count is None or rate is None:
            raise RuntimeError(done.stdout[-2_000:])
        found[operation] = Floor(float(rate[1]), spent / int(count[1]) * 1e6)
    return found
