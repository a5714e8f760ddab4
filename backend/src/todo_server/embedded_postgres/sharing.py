"""A PostgreSQL with several users: the first starts it, each watches it, the last stops it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from todo_server.embedded_postgres.data_dir import check_data_dir, hold_exclusively, open_private
from todo_server.embedded_postgres.start import join_or_start
from todo_server.embedded_postgres.stop import stop_server
from todo_server.embedded_postgres.watch import keep_running

NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextmanager
def embedded_postgres(
    data_dir: Path, *, max_connections: int = 100, durable: bool = True
) -> Iterator[str]:
    """Run (or join) the PostgreSQL of data_dir; yields its URL. The last user stops it.

    One that dies meanwhile is started again, under the same URL.

    The URL is good for asyncpg and libpq: ``postgresql://postgres@/postgres?host=...&port=5432``,
    with the directory of a unix socket that only this user can reach. Whoever joins takes the
    settings it was started with. ``durable=False`` may lose all in a power cut: for tests.

    Raises ConfigurationError, with the reason and what to do, when it cannot run.
    """
    data_dir = data_dir.absolute()
    settings = [f"max_connections={max_connections}", *(() if durable else NOT_DURABLE)]
    check_data_dir(data_dir)
    with (
        open_private(data_dir / "start.lock") as start,
        open_private(data_dir / "server.lock") as use,
    ):
        try:
            with hold_exclusively(start):
                fcntl.flock(use, fcntl.LOCK_SH)
                server = join_or_start(data_dir, settings)
            host = quote(os.fsencode(server.socket_dir))
            with keep_running(start, data_dir, settings, server):
                yield f"postgresql://postgres@/postgres?host={host}&port=5432"
        finally:
            with hold_exclusively(start), suppress(BlockingIOError):
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop_server(data_dir)
