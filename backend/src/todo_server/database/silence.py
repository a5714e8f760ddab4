"""Finds connections that nothing comes through any more, while others could be made.

A failover or a firewall may swallow what is sent, without a word: the statement would be waited for
until its time is up. TCP notices, if what stands between does not acknowledge in its place
(`tcp.py`); but nobody can tell silence from a long statement except the database itself. So it is
asked, on a connection of its own, whether it is at work on what it is silent about.
"""

import asyncio
from contextlib import suppress

import asyncpg

from todo_server.database.connecting import Connector
from todo_server.database.pool import Pool
from todo_server.database.tcp import silent_for

SILENCE = 1.0
"""Seconds without an answer after which the database is asked."""

TICK = 0.25
"""Seconds between looks at what is waited for."""

ASKING = 2.0
"""Seconds that the asking may take; then it is not known."""

# What was just finished may have an answer on its way; what is being written is not heard.
_AT_WORK = """
SELECT pg_backend_pid() AS own, ARRAY(
    SELECT pid FROM pg_stat_activity
    WHERE pid = ANY ($1::int[])
      AND (state IS NULL
           OR state = 'active' AND wait_event IS DISTINCT FROM 'ClientWrite'
           OR state_change > clock_timestamp() - make_interval(secs => $2::float8))
) AS at_work
"""


async def end_silent_connections(pool: Pool, connector: Connector) -> None:
    """Look for them for ever; what is done on one fails as if it had broken."""
    while True:
        await asyncio.sleep(TICK)
        if silent := _silent(pool):
            found = 0
            # One that cannot be made tells nothing: the database may be away, and say so itself.
            with suppress(Exception):
                found = await _end_unless_worked_on(silent, pool, connector)
            if not found:
                await asyncio.sleep(SILENCE)


async def _end_unless_worked_on(
    silent: list[asyncpg.Connection], pool: Pool, connector: Connector
) -> int:
    dead = await _not_worked_on(silent, connector)
    ended = [connection for connection in _silent(pool) if connection in dead]
    for connection in ended:
        connection.terminate()
    return len(ended)


def _silent(pool: Pool) -> list[asyncpg.Connection]:
    since = asyncio.get_running_loop().time() - SILENCE
    return [c for c in pool.lent_since(since) if not c.is_closed() and silent_for(c) > SILENCE]


async def _not_worked_on(
    silent: list[asyncpg.Connection], connector: Connector
) -> list[asyncpg.Connection]:
    async with asyncio.timeout(ASKING):
        connection = await connector.dial()
        try:
            pids = [c.get_server_pid() for c in silent]
            statement = await connection.prepare(_AT_WORK, name="")
            answer = await statement.fetchrow(pids, SILENCE)
            if answer is None or answer["own"] != connection.get_server_pid():
                return []  # a pooler stands between: it makes up the numbers that we know
        finally:
            connection.terminate()
    return [c for c, pid in zip(silent, pids, strict=True) if pid not in answer["at_work"]]
