"""Instances of the dispatcher as processes: some that are killed, one that is told to end."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.databases import run
from tests.processes import Process
from tests.receiver import Receiver
from tests.waiting import until
from tests.workers.delivering import delivering
from tests.workers.dispatching import LATE, Dispatcher, tell_all
from todo_server.domain.identity import Identity
from todo_server.models import TaskCreate
from todo_server.services import tasks

SOAK = "SOAK" in os.environ
# As many as are told by `make soak`; `make test` has a twentieth, and kills as often among them.
COUNT, WITHIN, KILL_EVERY = (10_000, 60, 5.0) if SOAK else (500, 10, 2.0)


@pytest.mark.timeout(600)
def test_each_is_told_once_by_two_instances_of_which_one_is_killed_again_and_again(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    lasts = 4 * WITHIN + 120
    killed = tell_all(url, COUNT, WITHIN, tmp_path, kill_every=KILL_EVERY, lasts=lasts)
    assert killed >= 1
    ((told, different, late),) = run(url, LATE)
    assert told == different == COUNT
    assert run(url, "SELECT FROM reminder WHERE fired_at IS NULL") == []
    assert late[0] >= 0
    with capsys.disabled():
        median, most_of_them, worst = (f"{seconds:.2f} s" for seconds in late)
        print(  # noqa: T201 - what the soak is asked for
            f"\n{COUNT} reminders due in {WITHIN} s, two dispatchers, {killed} killed: late by"
            f" {median} (median), {most_of_them} (99 of 100), {worst} (worst)"
        )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_ends_in_good_order_whichever_signal_says_so(number, url: str, tmp_path: Path):
    dispatcher = Dispatcher(tmp_path, "alone", DATABASE_URL=url, LOG_FORMAT="json")
    until(lambda: "dispatching what is due" in dispatcher.log.read_text(), "the first line")
    assert dispatcher.stop(number) == 0
    assert "Traceback" not in dispatcher.log.read_text()
    assert '"level":"INFO"' in dispatcher.log.read_text().replace(" ", "")


def test_a_database_that_was_not_migrated_is_refused_in_a_sentence(tmp_path: Path, url: str):
    run(url, "UPDATE alembic_version SET version_num = '0001'")
    dispatcher = Dispatcher(tmp_path, "alone", DATABASE_URL=url)
    assert dispatcher.process.wait(60) == 1
    assert "Run 'todo-server migrate'" in dispatcher.log.read_text()


def test_a_server_tells_its_users_by_itself(serve: Callable[..., Process]):
    server = serve()
    due = datetime.now(UTC) + timedelta(seconds=3)
    body = {"title": "Call", "reminders": [{"at": due.isoformat()}]}
    assert server.client.post(server.path, json=body).status_code == 201
    path = f"/api/{server.user_id}/notifications"
    until(lambda: server.client.get(path).json(), "the reminder")
    (told,) = server.client.get(path).json()
    assert told["title"] == "Call"
    assert datetime.fromisoformat(told["created_at"]) >= due.replace(microsecond=0)


def test_a_reminder_reaches_a_webhook_though_nobody_asks_anything_any_more(
    serve: Callable[..., Process],
):
    server = serve(WEBHOOK_PRIVATE_ADDRESSES="true")
    with Receiver() as receiver:
        hooks = f"/api/{server.user_id}/webhooks"
        body: dict[str, Any] = {"url": receiver.url}
        assert server.client.post(hooks, json=body).status_code == 201
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)
        body = {"title": "Call", "reminders": [{"at": due.isoformat()}]}
        assert server.client.post(server.path, json=body).status_code == 201
        receiver.wait_for(1)
        assert datetime.now(UTC) - due < timedelta(seconds=2)


def test_the_command_alone_sends_what_its_own_reminders_are_for(url: str, tmp_path: Path):
    async def prepare(receiver: Receiver) -> None:
        async with delivering(url) as its:
            its.now = datetime.now(UTC)
            await its.webhook("ada", url=receiver.url)
            reminders = [{"at": (its.now + timedelta(seconds=3)).isoformat()}]
            body = TaskCreate.model_validate({"title": "Call", "reminders": reminders})
            await tasks.create_task(its.database.of(Identity("ada")), body)

    with Receiver() as receiver:
        asyncio.run(prepare(receiver))
        values = {"DATABASE_URL": url, "WEBHOOK_PRIVATE_ADDRESSES": "true"}
        dispatcher = Dispatcher(tmp_path, "alone", **values)
        try:
            (message,) = receiver.wait_for(1)
            told_at = datetime.fromisoformat(json.loads(message.body)["timestamp"])
            assert datetime.now(UTC) - told_at < timedelta(seconds=2)
        finally:
            dispatcher.kill()
