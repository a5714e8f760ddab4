"""A database that refuses while it is in use is named in the log, seldom, and comes back."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.database.refusing import SECRET, with_password
from tests.database.trouble import a_task, is_away, is_back
from tests.databases import run, url_of
from tests.processes import todo_server
from tests.proxy import Proxy
from tests.server import RunningServer, User, settings
from todo_server.database.incidents import Incidents
from todo_server.errors import UnavailableError


def test_a_password_that_turns_wrong_is_503_named_in_the_log_and_comes_back(caplog):
    role, url = with_password()
    plain = url.replace(f":{SECRET}@", "@")
    admin = url_of(re.split(r"[/?]", plain)[3])
    assert todo_server("migrate", cwd=Path.cwd(), DATABASE_URL=url).returncode == 0
    with RunningServer(settings(url)) as server, User(server) as user:
        a_task(user)
        run(admin, f"ALTER ROLE {role} PASSWORD 'another'")
        run(
            admin,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1",
            role,
        )
        is_away(user, "list", "create", "update", "delete")
        ready = user.get("/readyz").json()
        assert ready["detail"] == "The database cannot be used: it refuses the password."
        general = user.get(user.path).json()
        assert general["detail"] == UnavailableError.message
        run(admin, f"ALTER ROLE {role} PASSWORD '{SECRET}'")
        is_back(user)
    (line,) = [r for r in caplog.records if r.message == "the database cannot be used"]
    assert line.levelno == logging.WARNING
    assert line.fields["why"] == "it refuses the password"
    assert line.fields["error"].startswith("InvalidPasswordError: ")
    assert SECRET not in str(line.fields)


@pytest.mark.parametrize(
    ("turn", "back"),
    [
        ("ALTER VIEW my_task RENAME TO gone", "ALTER VIEW gone RENAME TO my_task"),
        ("ALTER SCHEMA public RENAME TO gone", "ALTER SCHEMA gone RENAME TO public"),
        (
            "ALTER VIEW my_task RENAME COLUMN title TO gone",
            "ALTER VIEW my_task RENAME COLUMN gone TO title",
        ),
    ],
)
def test_a_schema_that_goes_under_a_running_server_is_503_until_it_is_back(turn, back, url):
    with RunningServer(settings(url)) as server, User(server) as user:
        path = a_task(user)
        run(url, turn)
        for answer in (user.get(path), user.post(user.path, json={"title": "new"})):
            assert (answer.status_code, answer.json()["error"]) == (503, "not_ready")
        run(url, back)
        is_back(user)


def test_the_log_says_once_why_the_database_is_away_and_when_it_is_back(url, impatient, caplog):
    caplog.set_level("INFO", "todo_server.database")
    with Proxy(url) as proxy:
        secret = proxy.url.replace("postgres@", f"postgres:{SECRET}@")
        with RunningServer(settings(secret)) as server, User(server) as user:
            a_task(user)
            proxy.refuse()
            proxy.cut()
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: user.get(user.path), range(40)))
            assert {answer.status_code for answer in answers} == {503}
            ready = user.get("/readyz").json()["detail"]
            assert ready == "The database cannot be used: it refuses connections."
            proxy.accept()
            is_back(user)
    told = [r for r in caplog.records if r.name == "todo_server.database"]
    assert [r.message for r in told] == ["the database cannot be used", "the database is back"]
    assert [r.levelno for r in told] == [logging.WARNING, logging.INFO]
    fields = told[0].fields
    assert (fields["host"], fields["port"]) == tuple(
        proxy.url.split("@")[1].split("/")[0].split(":")
    )
    assert fields["database"] == url.split("/")[3].split("?")[0]
    assert fields["why"] == "it refuses connections"
    assert "ConnectionRefusedError" in fields["error"]
    assert SECRET not in str([r.fields for r in told])


def lines(caplog) -> list[tuple[str, int | None]]:
    return [(r.message, r.fields.get("times")) for r in caplog.records]


def test_the_same_cause_is_told_again_after_half_a_minute_with_how_often(caplog):
    now = 0.0
    incidents = Incidents({}, lambda: now)
    caplog.set_level("INFO")
    for now in range(61):  # noqa: B007 - the clock
        incidents.away("it refuses connections", "")
    away = "the database cannot be used"
    assert lines(caplog) == [(away, 1), (away, 30), (away, 30)]
    incidents.away("its host name is not known", "")
    assert lines(caplog)[3:] == [(away, 1)]


def test_a_database_that_comes_and_goes_is_told_of_twice_a_minute_at_most(caplog):
    now = 0.0
    incidents = Incidents({}, lambda: now)
    caplog.set_level("INFO")
    for tick in range(240):
        now = tick / 4
        incidents.away("it has too many connections", "")
        incidents.back()
    assert len(caplog.records) == 4
    now += 10
    incidents.away("it has too many connections", "")
    assert len(caplog.records) == 5
