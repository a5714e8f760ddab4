"""How long PostgreSQL is waited for, by what it writes to its log, and what is said at the end."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from todo_server.embedded_postgres.data_dir import open_private
from todo_server.errors import ConfigurationError

PATIENCE = 60.0  # seconds without news in postgresql.log; a long crash recovery writes some


def wait_while(busy: Callable[[], object], data_dir: Path) -> bool:
    """Wait for the end of busy(); gives up, with False, after PATIENCE without a new log line."""
    with open_private(data_dir / "postgresql.log") as output:
        size, deadline = -1, 0.0
        while busy():
            if size != (size := output.seek(0, os.SEEK_END)):
                deadline = time.monotonic() + PATIENCE
            elif time.monotonic() > deadline:
                return False
            time.sleep(0.02)
    return True


def failure(data_dir: Path, what: str, printed: str) -> ConfigurationError:
    """Make the error that says what failed, and ends with the last that was printed."""
    end = "\n".join(printed.splitlines()[-10:])
    return ConfigurationError(f"{what}; see {data_dir / 'postgresql.log'}, which ends with:\n{end}")
