"""Looks for the dearest request of each operation: what a stranger can make this server compute.

    python dearest.py                    # about a minute
    python dearest.py --seconds 30 --seed 7 --only sign_in

The application runs in this process, on answers of PostgreSQL that are repeated, as in
`check_cost.py`, behind the protocol that parses what arrives. Requests are put together from
hostile pieces (`hostile.py`), at random first and then by changing the dearest one found, for as
many seconds per operation. What counts is the CPU time of the event loop's thread, from the first
byte to the answer, for nobody else is served meanwhile; passwords are hashed beside it.

Prints the dearest request of each operation, and fails if one takes over 10 ms, or is a 500.
"""

import argparse
import asyncio
import json
import random
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import uvicorn
import uvloop
from argon2 import PasswordHasher
from check_cost import new_database, repeating_answers
from fastapi import FastAPI
from hostile import Request, Target, changed, invented
from noun_operations import NOUNS, noun_targets
from operations import EMAIL, LEAVING, PASSWORD, REFUSED, targets
from uvicorn.server import ServerState

from todo_server.app import create_app
from todo_server.auth import Passwords
from todo_server.config import Settings
from todo_server.http_protocol import DeadlineProtocol

LIMIT = 10.0
"""ms of CPU."""

TIMES = 3
"""How often a request is made that seems to be the dearest: the least of them counts."""

PIECE = 64 * 1024
"""Bytes that arrive at once."""


class Wire(asyncio.Transport):
    """What a protocol writes to, in place of a transport and of its socket."""

    family = socket.AF_UNIX

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "socket":
            return self
        return self.getpeername() if name in ("peername", "sockname") else default

    def getpeername(self) -> tuple[str, int]:
        return ("127.0.0.1", 50000)

    getsockname = getpeername

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def write_eof(self) -> None:
        """Nobody listens."""

    pause_reading = resume_reading = write_eof

    def get_write_buffer_size(self) -> int:
        return 0


class Prober:
    """Makes requests to an application in this process, and measures them."""

    def __init__(self, app: FastAPI) -> None:
        self._config = uvicorn.Config(
            app, http=DeadlineProtocol, ws="none", lifespan="off", log_config=None
        )
        self._config.load()
        self.status, self.answer = 0, b""

    async def make(self, request: Request) -> float:
        """ms of CPU that a request takes on this thread."""
        sent, state, wire = request.sent(), ServerState(), Wire()
        protocol = DeadlineProtocol(config=self._config, server_state=state, app_state={})
        protocol.connection_made(wire)
        started = time.thread_time()
        for at in range(0, len(sent), PIECE):
            if not wire.closed:
                protocol.data_received(sent[at : at + PIECE])
                await asyncio.sleep(0)
        while state.tasks:
            await asyncio.wait(state.tasks)
            await asyncio.sleep(0)
        spent = (time.thread_time() - started) * 1000
        protocol.connection_lost(None)
        head, _, self.answer = b"".join(wire.written).partition(b"\r\n\r\n")
        self.status = int(head.split()[1])
        if self.status == 500:
            raise RuntimeError(f"500 for {request.described()}: {self.answer[:300]!r}")
        return spent

    async def cost(self, request: Request, at_least: float) -> float:
        """The least of several tries; of one, if that is below what matters."""
        least = await self.make(request)
        for _ in range(TIMES - 1):
            if least <= at_least:
                break
            least = min(least, await self.make(request))
        return least


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[Prober]:
    """The application with accounts of its own."""
    often = "1000000/minute"
    app = create_app(
        Settings(
            auth_mode="builtin",
            database_url=url,
            sign_in_limit_per_account=often,
            sign_in_limit_per_address=often,
        )
    )
    async with app.router.lifespan_context(app):
        passwords = Passwords(8, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        app.state.accounts = replace(app.state.accounts, passwords=passwords)
        yield Prober(app)


async def post(prober: Prober, path: str, body: object, token: str = "") -> Any:
    await prober.make(Request(Target("setting up", "POST", path, token=token), json.dumps(body)))
    return json.loads(prober.answer)


async def sign_up(prober: Prober, email: str) -> str:
    """Make an account; gives its token."""
    person = {"email": email, "name": "Ada", "password": PASSWORD}
    return str((await post(prober, "/api/auth/sign-up", person))["access_token"])


async def create(prober: Prober, token: str) -> str:
    """Make a task; gives its id."""
    return str((await post(prober, "/api/me/tasks", {"title": "Buy milk"}, token))["id"])


async def dearest(prober: Prober, target: Target, seconds: float, seed: int) -> tuple[float, Any]:
    """The dearest request found, and its ms: a third of the time at random, the rest uphill."""
    chance = random.Random(f"{seed} {target.name}")
    best, found = 0.0, Request(target)
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        tried = invented(target, chance) if passed < seconds / 3 else changed(found, chance)
        cost = await prober.cost(tried, best)
        if cost > best:
            best, found = cost, tried
    return best, found


async def learn_answers(prober: Prober, operations: list[Target], answers: dict[str, Any]) -> None:
    """Make every plain request once. Raises RuntimeError if one is not answered as it should be."""
    for target in operations:
        known = answers.copy()
        # Of one account from end to end, or of a tag that is not there yet, as another one was.
        if target.name in ("update_account", "delete_account", "create_tag"):
            answers.clear()
        await prober.make(Request(target))
        answers.update(known)
        if (prober.status >= 400) != (target.name in REFUSED):
            raise RuntimeError(
                f"{prober.status} for the plain {target.name}: {prober.answer[:400]!r}"
            )


async def search(url: str, arguments: argparse.Namespace) -> list[str]:
    """Search and print; gives the operations that are over the limit."""
    async with serving(url) as prober:  # connections that repeat would make one account but once
        token, *leaving = [await sign_up(prober, email) for email in (EMAIL, *LEAVING)]
        tasks = [await create(prober, token) for _ in range(3)]
        for task in tasks[1:]:
            await prober.make(Request(Target("", "DELETE", f"/api/me/tasks/{task}", token=token)))
        made = {path: await post(prober, f"/api/me/{path}", NOUNS[path], token) for path in NOUNS}
    operations = targets(token, tasks, leaving)
    operations += noun_targets(
        token, *(made[path]["id"] for path in ("projects", "filters", "webhooks"))
    )
    over = []
    with repeating_answers() as answers:
        async with serving(url) as prober:
            await learn_answers(prober, operations, answers)
            for target in operations:
                if arguments.only not in (None, target.name):
                    continue
                plain = min([await prober.make(Request(target)) for _ in range(10)])
                ms, request = await dearest(prober, target, arguments.seconds, arguments.seed)
                await prober.make(request)
                print(
                    f"  {target.name:21} {plain:5.2f} {ms:7.2f}  {prober.status}  "
                    f"{request.described()}",
                    flush=True,
                )
                if ms > LIMIT:
                    over.append(target.name)
    return over


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.5, help="for each operation (2.5)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="OPERATION")
    arguments = parser.parse_args()
    print("ms of CPU: a plain request, the dearest one found, its answer, what it is")
    with new_database("dearest") as url:
        over = uvloop.run(search(url, arguments))
    if over:
        sys.exit(f"More than {LIMIT:g} ms: {', '.join(over)}.")
    print(f"None takes more than {LIMIT:g} ms.")


if __name__ == "__main__":
    main()
