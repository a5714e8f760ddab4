"""SIGKILL in the midst: everything arrives, in order, and what comes twice has the same id."""

import asyncio
import signal
import sys

from tests.databases import run
from tests.receiver import answering
from tests.waiting import until
from tests.workers.delivering import delivering

COUNT, KILLED = 150, 4
DISPATCH = """
import asyncio, sys
from datetime import timedelta
from todo_server.database import Database
from todo_server.services import deliveries as services
from todo_server.workers.deliveries import deliveries
from todo_server.workers.dispatcher import run_due

services.LEASE = timedelta(seconds=0.5)

async def main():
    async with Database(sys.argv[1], pool_size=4) as database:
        while True:
            await run_due(database, deliveries(private_addresses=True))
            await asyncio.sleep(0.05)

asyncio.run(main())
"""
WAITING = "SELECT FROM delivery WHERE next_at IS NOT NULL"


def test_nothing_is_lost_where_dispatchers_are_killed_again_and_again(url):
    command = [sys.executable, "-c", DISPATCH, url]

    def nothing_waits() -> bool:
        return run(url, WAITING) == []

    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada")
            await its.remind("ada", *(str(number) for number in range(COUNT)))

            def slowly(client):
                its.receiver.ending.wait(0.005)
                answering(204)(client)

            its.receiver.answers = lambda _: slowly
            received = its.receiver.received
            for _ in range(KILLED):
                running = await asyncio.create_subprocess_exec(*command)
                await asyncio.to_thread(its.receiver.wait_for, len(received) + 25)
                running.send_signal(signal.SIGKILL)
                await running.wait()
            running = await asyncio.create_subprocess_exec(*command)
            await asyncio.to_thread(until, nothing_waits, "an empty queue")
            running.send_signal(signal.SIGKILL)
            await running.wait()
            ids = [each.headers["webhook-id"] for each in received]
            firsts = dict.fromkeys(zip(ids, its.titles(), strict=True))
            assert [title for _, title in firsts] == [str(number) for number in range(COUNT)]
            assert len({row_id for row_id, _ in firsts}) == COUNT
            # Of each that was killed one delivery at most.
            assert COUNT <= len(received) <= COUNT + KILLED

    asyncio.run(work())
