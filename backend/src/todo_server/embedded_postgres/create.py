"""A new database, made by initdb."""

import logging
import os
import secrets
import shutil
from pathlib import Path

from todo_server.embedded_postgres.programs import run_program
from todo_server.embedded_postgres.progress import failure
from todo_server.embedded_postgres.run_as import RunAs

log = logging.getLogger(__package__)

INITDB = (
    *("-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-instructions"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)


def create_database(data_dir: Path, run_as: RunAs, *, durable: bool) -> None:
    """Run initdb aside and rename, so that there is never half a database.

    The name is a new one: an initdb that outlived its killed server may still be at work.
    """
    log.info("creating a database in %s", data_dir)
    new = data_dir / f"postgresql.new-{secrets.token_hex(4)}"
    options = [*INITDB, "-D", new.name, *(() if durable else ("--no-sync",))]
    try:
        if problem := run_program(data_dir, run_as, "initdb", options):
            raise failure(data_dir, "initdb failed", problem)
        new.rename(data_dir / "postgresql")
    finally:  # if it failed, or a signal ended us
        shutil.rmtree(new, ignore_errors=True)
    if durable:  # a power cut that undid the name would take with it all that was stored later
        directory = os.open(data_dir, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
