"""A thread that starts PostgreSQL again when it has died."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from todo_server.embedded_postgres.data_dir import hold_exclusively
from todo_server.embedded_postgres.postmaster import Postmaster, lives
from todo_server.embedded_postgres.start import join_or_start
from todo_server.errors import ConfigurationError

log = logging.getLogger(__package__)

WATCH = 1.0  # seconds between two looks at whether PostgreSQL lives
LONGEST_PAUSE = 60.0  # seconds between two starts of one that keeps dying


@contextmanager
def keep_running(
    start: BinaryIO, data_dir: Path, settings: list[str], server: Postmaster
) -> Iterator[None]:
    """Watch the server from a thread; a start that is under way at the end is waited for."""
    ended = threading.Event()
    arguments = (ended, start, data_dir, settings, server)
    watch = threading.Thread(target=_watch, args=arguments, name="postgres-watch", daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()


def _watch(
    ended: threading.Event,
    start: BinaryIO,
    data_dir: Path,
    settings: list[str],
    server: Postmaster,
) -> None:
    """Start (or join) PostgreSQL again whenever it has died; ever later if it keeps dying."""
    pause, started = 0.0, time.monotonic()
    while not ended.wait(WATCH):
        if lives(server.pid):
            continue
        if time.monotonic() - started > LONGEST_PAUSE:
            pause = 0.0
        log.warning("PostgreSQL (pid %d) has died; starting it in %.0f s", server.pid, pause)
        if ended.wait(pause):
            return
        pause = min(2 * pause + 1, LONGEST_PAUSE)
        try:
            with hold_exclusively(start):
                server = join_or_start(data_dir, settings)
        except (ConfigurationError, OSError) as error:
            log.error("PostgreSQL is not started again: %s", error)  # noqa: TRY400 - a sentence
        started = time.monotonic()
