"""The commands, their options and settings: what is wrong is named."""

import json
import re
from pathlib import Path

import click
import pytest

from tests.contract import contract
from tests.processes import todo_server
from tests.serving.test_request_log import PASSWORD
from todo_server import __version__
from todo_server.cli import main
from todo_server.config import Settings

WRONG = {
    "PORT": "http",
    "WORKERS": "0",
    "AUTH_MODE": "guess",
    "AUTH_NONE_ANYWHERE": "perhaps",
    "LOG_LEVEL": "loud",
    "LOG_FORMAT": "xml",
    "DATABASE_POOL_SIZE": "many",
}


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_wrong_setting_is_named_with_what_it_takes(command, invoke):
    done = invoke(command, **WRONG)
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    for name in WRONG:
        (line,) = [line.removeprefix("Error: ") for line in lines if f"{name}:" in line]
        assert re.fullmatch(rf"{name}: .+\. It takes: .+\.", line)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"AUTH_MODE": "shared_secret"}, "BETTER_AUTH_SECRET"),
        ({"AUTH_MODE": "shared_secret", "BETTER_AUTH_SECRET": "short"}, "BETTER_AUTH_SECRET"),
        ({"AUTH_MODE": "none", "HOST": "0.0.0.0"}, "AUTH_NONE_ANYWHERE"),
        ({"AUTH_MODE": "none", "HOST": "::"}, "AUTH_NONE_ANYWHERE"),
    ],
)
def test_settings_that_contradict_each_other_are_named(values, named, invoke):
    done = invoke("serve", **values)
    assert done.exit_code == 1
    assert named in done.stderr
    assert "short" not in done.stderr


def test_a_tilde_in_the_data_dir_is_the_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/of/somebody")
    assert Settings(_env_file=None, data_dir="~/x").data_dir == Path("/home/of/somebody/x")


def test_the_home_of_nobody_is_no_data_dir(invoke):
    done = invoke("serve", DATA_DIR="~nobody-of-that-name/x")
    assert done.exit_code == 1
    assert "DATA_DIR: " in done.stderr
    assert "nobody's home" in done.stderr


@pytest.mark.parametrize("arguments", [("--port", "http"), ("--workers", "x"), ("--what",)])
def test_a_wrong_option_is_named(arguments, invoke):
    done = invoke("serve", *arguments)
    assert done.exit_code == 2
    assert arguments[0] in done.stderr


def test_a_wrong_database_url_is_named_and_its_password_not_shown(tmp_path):
    done = todo_server("serve", cwd=tmp_path, DATABASE_URL=f"postgresql://u:#{PASSWORD}@h/d")
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert PASSWORD not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", ["", *main.commands])
def test_every_command_explains_itself(command, option, invoke):
    done = invoke(*filter(None, [command, option]))
    assert done.exit_code == 0
    assert "Usage: " in done.output
    if command:
        assert str(main.commands[command].help).partition("\n")[0] in " ".join(done.output.split())
        for parameter in main.commands[command].params:
            assert isinstance(parameter, click.Option)
            assert parameter.help
    else:
        assert all(
            re.search(rf"^  {name} +[A-Z]", done.output, re.MULTILINE) for name in main.commands
        )


def test_the_commands_are_those_that_are_documented():
    assert set(main.commands) >= {"serve", "migrate", "openapi", "version"}


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_version_prints_the_version(argument, invoke):
    assert invoke(argument).output == f"{__version__}\n"


def test_openapi_prints_the_contract(invoke, tmp_path):
    assert json.loads(invoke("openapi").stdout) == contract()
    assert not list(tmp_path.iterdir())
