"""Holds what the operations cost: CPU beside an endpoint that does nothing.

    python check_cost.py            # part of `make check`; some ten seconds
    python check_cost.py --write    # after a change that is worth what it costs

The application runs in this process, one request after the other, and so does an empty FastAPI
endpoint, block by block in turn. What counts is the CPU time of this thread, of the least disturbed
block of each. PostgreSQL is asked once for each statement, and its answers are repeated: waiting
for it would cost as much more as the machine is busy. How often it is asked is held by
`test_an_operation_costs_one_round_trip`, exactly.

Fails beyond 1.25 times the stored quotient, three times in a row.
"""

import argparse
import json
import logging
import runpy
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import asyncpg
import uvloop
from fastapi import FastAPI
from install import HERE, OUT, PEERS
from work import SECRET, make_token

from todo_server import logs
from todo_server.app import create_app
from todo_server.config import Settings
from todo_server.embedded_postgres import embedded_postgres
from todo_server.migrations import command

STORED = HERE / "cost.json"
TOLERANCE = 1.25
BLOCKS, REQUESTS = 60, 100
ATTEMPTS = 3
USER, TASKS = "user-of-the-check", 50
BASE = f"/api/{USER}/tasks"
TOKEN = make_token(USER)

Scope = dict[str, Any]


def scope_of(method: str, path: str, body: bytes) -> Scope:
    path, _, query = path.partition("?")
    headers = [
        (b"host", b"127.0.0.1:8000"),
        (b"user-agent", b"check"),
        (b"accept", b"application/json"),
        (b"authorization", f"Bearer {TOKEN}".encode()),
    ]
    if body:
        length = str(len(body)).encode()
        headers += [(b"content-type", b"application/json"), (b"content-length", length)]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }


class Operation:
    """A request that can be made as often as one likes, of an application in this process."""

    def __init__(self, app: FastAPI, method: str, path: str, body: object = None) -> None:
        self.app, self.method, self.path = app, method, path
        self.body = b"" if body is None else json.dumps(body).encode()
        self.status, self.answer = 0, b""

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.answer = message.get("body", b"")

    async def run(self, times: int = 1) -> float:
        """CPU µs of a request, over so many in a row; RuntimeError unless the last is 2xx."""
        scopes = [scope_of(self.method, self.path, self.body) for _ in range(times)]
        started = time.thread_time()
        for scope in scopes:
            await self.app(scope, self.receive, self.send)
        spent = time.thread_time() - started
        if not 200 <= self.status < 300:
            raise RuntimeError(f"{self.method} {self.path}: {self.status} {self.answer[:300]!r}")
        return spent / times * 1e6


class Repeating:
    """A connection that asks PostgreSQL for the first answer to each statement alone.

    What has no answer, as the beginning and the end of a transaction, is always executed.
    """

    def __init__(self, connection: asyncpg.Connection, answers: dict[str, Any]) -> None:
        self.connection = connection
        self.answers = answers
        self.is_closed = connection.is_closed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    async def fetchrow(self, sql: str, *values: object) -> Any:
        if sql not in self.answers:
            self.answers[sql] = await self.connection.fetchrow(sql, *values)
        return self.answers[sql]

    async def fetchval(self, sql: str, *values: object) -> Any:
        row = await self.fetchrow(sql, *values)
        return None if row is None else row[0]

    async def fetch(self, sql: str, *values: object) -> Any:
        if sql not in self.answers:
            self.answers[sql] = await self.connection.fetch(sql, *values)
        return self.answers[sql]


@contextmanager
def new_database(name: str) -> Iterator[str]:
    """The URL of a migrated database; what is logged meanwhile goes to out/<name>.log."""
    OUT.mkdir(exist_ok=True)
    data_dir = OUT / f"database-of-{name}"
    shutil.rmtree(data_dir, ignore_errors=True)
    with (
        Path(OUT, f"{name}.log").open("w", buffering=1) as log,
        embedded_postgres(data_dir, durable=False) as url,
    ):
        command.upgrade(url)
        logs.configure("INFO", "json")
        sys.excepthook = sys.__excepthook__  # a tool's own errors are for the terminal
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(log)
        yield url
    shutil.rmtree(data_dir, ignore_errors=True)


@contextmanager
def repeating_answers() -> Iterator[dict[str, Any]]:
    """Let every connection that is made meanwhile repeat what any was answered; yields that."""
    connect = asyncpg.connect
    answers: dict[str, Any] = {}

    async def connect_and_repeat(**arguments: Any) -> Repeating:
        return Repeating(await connect(**arguments), answers)

    with patch.object(asyncpg, "connect", connect_and_repeat):
        yield answers


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[dict[str, Operation]]:
    """The operations of the application on a database, with tasks to be listed."""
    app = create_app(
        Settings(auth_mode="shared_secret", better_auth_secret=SECRET, database_url=url)
    )
    async with app.router.lifespan_context(app):
        create = Operation(app, "POST", BASE, {"title": "Buy milk", "description": "Two bottles"})
        await create.run(TASKS)
        path = f"{BASE}/{json.loads(create.answer)['id']}"
        yield {
            "list": Operation(app, "GET", f"{BASE}?limit=20"),
            "get": Operation(app, "GET", path),
            "create": create,
            "update": Operation(app, "PUT", path, {"title": "Call home"}),
            "complete": Operation(app, "PATCH", f"{path}/complete", {"completed": True}),
            "delete": Operation(app, "DELETE", path),
        }


async def cpu_ratios(operations: dict[str, Operation], empty: Operation) -> dict[str, float]:
    """CPU of each operation in requests of the empty endpoint."""
    everything = {"empty": empty} | operations
    least = dict.fromkeys(everything, float("inf"))
    for _ in range(BLOCKS):
        for name, operation in everything.items():
            least[name] = min(least[name], await operation.run(REQUESTS))
    return {name: round(least[name] / least["empty"], 2) for name in operations}


def over(found: dict[str, float], stored: dict[str, float]) -> list[str]:
    return [name for name, ratio in found.items() if ratio > TOLERANCE * stored[name]]


async def measure(url: str, stored: dict[str, float]) -> dict[str, float]:
    """The ratios, taken up to three times, while one is over its limit."""
    nothing = runpy.run_path(str(PEERS / "empty_fastapi" / "app.py"))["app"]
    empty = Operation(nothing, "GET", BASE)
    async with serving(url):
        pass  # it leaves tasks, which connections that repeat would make but once
    with repeating_answers():
        async with serving(url) as operations:
            found = await cpu_ratios(operations, empty)
            for _ in range(ATTEMPTS - 1):
                if stored and over(found, stored):
                    again = await cpu_ratios(operations, empty)
                    found = {name: min(found[name], again[name]) for name in found}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="store what is found")
    arguments = parser.parse_args()
    stored = {} if arguments.write else json.loads(STORED.read_text())
    print("Measuring what requests cost …", flush=True)
    with new_database("check") as url:
        found = uvloop.run(measure(url, stored))
    if arguments.write:
        STORED.write_text(json.dumps(found, indent=2) + "\n")
        print(f"Written: {STORED.name}: {found}")
        return
    for name, ratio in found.items():
        print(
            f"  {name:9} {ratio:.2f} empty requests of CPU (at most {TOLERANCE * stored[name]:.2f})"
        )
    if wrong := over(found, stored):
        sys.exit(f"More than {TOLERANCE:g} times what cost.json says: {', '.join(wrong)}.")
    print("Requests cost what they did.")


if __name__ == "__main__":
    main()
