"""The directory of the socket, which only this user can reach."""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103  # bytes, on macOS; Linux takes 107


def make_socket_dir(data_dir: Path) -> Path:
    """Make a directory with mode 0700 for the socket, in data_dir if the path is short enough.

    It is the same at every start, so that a URL stays good; elsewhere unless somebody else took it.
    """
    directory = data_dir / "socket"
    if len(os.fsencode(directory / SOCKET)) > SOCKET_PATH_LIMIT:
        name = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
        directory = Path(tempfile.gettempdir(), f"todo-server-{name}")
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        its = directory.lstat()
        if not stat.S_ISDIR(its.st_mode) or its.st_uid != os.geteuid():
            return Path(tempfile.mkdtemp(prefix="todo-server-"))  # postmaster.pid says where
    directory.mkdir(mode=0o700, exist_ok=True)
    directory.chmod(0o700)
    return directory


def remove_socket(directory: Path) -> None:
    """Remove the socket and its directory, as far as they are there and nothing else is in it."""
    with suppress(OSError):
        for name in (SOCKET, f"{SOCKET}.lock"):
            (directory / name).unlink(missing_ok=True)
        directory.rmdir()
