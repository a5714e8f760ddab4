"""PostgreSQL is stopped."""

import logging
import os
import signal
from contextlib import suppress
from pathlib import Path

from todo_server.embedded_postgres.postmaster import exists, find_server, read_pid_file
from todo_server.embedded_postgres.progress import wait_while
from todo_server.embedded_postgres.socket_dir import remove_socket

log = logging.getLogger(__package__)


def stop_server(data_dir: Path) -> None:
    """Stop PostgreSQL (SIGINT asks for its fast shutdown), if it came to run and has not died."""
    server = find_server(data_dir)
    if server is None:
        return
    with suppress(ProcessLookupError):
        os.kill(server.pid, signal.SIGINT)
    if not wait_while(lambda: (it := read_pid_file(data_dir)) and exists(it), data_dir):
        log.warning("PostgreSQL (pid %d) is still stopping in %s", server.pid, data_dir)
        return
    remove_socket(Path(server.socket_dir))
    log.info("stopped the PostgreSQL of %s", data_dir)
