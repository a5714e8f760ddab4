"""Reminders by mail, handed in to a real SMTP server."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.processes import free_port
from tests.workers.reminding import BEGINNING, MINUTE, Reminding, reminding
from todo_server.config import Settings, read_settings
from todo_server.domain.mail import SMTPServer, read_smtp_url
from todo_server.errors import ConfigurationError
from todo_server.models import SettingsUpdate
from todo_server.outbound import mail as outbound
from todo_server.services import mails as services
from todo_server.services import settings
from todo_server.workers.dispatcher import REMINDERS, run_due
from todo_server.workers.mails import mails

HALF_PAST = BEGINNING + 30 * MINUTE
SENDER = "To-do <todo@example.com>"
ACCOUNT = """
INSERT INTO my_account (user_id, email, name, password_hash, created_at)
VALUES ($1, $1 || '@example.com', $2, 'x', now())
"""


class Box:
    """What a mail server was handed in, and what it refuses."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.asked = 0
        self.refusals: list[str] = []
        """What the next ones are answered, to the address."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        self.asked += 1
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert envelope.rcpt_tos == [message["To"].addresses[0].addr_spec]
        self.mails.append(message)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[Box, SMTPServer]]:
    box = Box()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield box, read_smtp_url(f"smtp://127.0.0.1:{controller.port}")
    finally:
        controller.stop()


class Mailing:
    """Users who are reminded, and the server that takes their mail."""

    def __init__(self, its: Reminding, box: Box, server: SMTPServer) -> None:
        self.its, self.box = its, box
        self.errand = mails(server, SENDER)

    async def account(self, owner: str = "ada", name: str = "Ada", *, asks: bool = True) -> None:
        async with self.its.seeing.transaction():
            await self.its.seeing.execute("SELECT set_config('app.user_id', $1, true)", owner)
            await self.its.seeing.execute(ACCOUNT, owner, name)
        if asks:
            await self.asks(owner)

    async def asks(self, owner: str, *, wanted: bool = True) -> None:
        change = SettingsUpdate(email_reminders=wanted)
        await settings.update_settings(self.its.of(owner), change)

    async def run(self) -> None:
        """Tell and mail all that is due."""
        await run_due(self.its.database, REMINDERS)
        await run_due(self.its.database, self.errand)

    async def waiting(self) -> int:
        count: int = await self.its.seeing.fetchval("SELECT count(*) FROM delivery")
        return count


Run = Callable[[Callable[[Mailing], Any]], None]


@pytest.fixture
def run(url) -> Run:
    def run_it(work: Callable[[Mailing], Any]) -> None:
        async def opened() -> None:
            with mail_server() as (box, server):
                async with reminding(url) as its:
                    await work(Mailing(its, box, server))

        asyncio.run(opened())

    return run_it


def test_a_reminder_comes_by_mail_to_the_address_of_the_account_once(run):
    async def work(its: Mailing) -> None:
        await its.account(name="Ada Lovelace")
        await its.its.task(title="Call Grandmother")
        its.its.now = HALF_PAST
        for _ in range(2):
            await its.run()
        (mail,) = its.box.mails
        assert mail["Subject"] == "Reminder: Call Grandmother"
        assert mail["To"] == "Ada Lovelace <ada@example.com>"
        assert mail["From"] == SENDER
        assert mail["Auto-Submitted"] == "auto-generated"
        assert re.fullmatch(r"<[0-9a-f-]{36}@example\.com>", mail["Message-ID"])
        assert "Due: 2026-11-30T09:00:00Z" in mail.get_content()
        assert await its.waiting() == 0
        assert len(await its.its.told()) == 1
        assert await its.its.seeing.fetch("SELECT FROM dispatch") == []

    run(work)


def test_none_comes_to_who_does_not_ask_or_asks_no_more_or_has_no_account(run):
    async def work(its: Mailing) -> None:
        await its.account("bob", asks=False)
        await its.account("eve")
        await its.asks("eve", wanted=False)
        await its.asks("zoe")
        for owner in ("bob", "eve", "zoe"):
            await its.its.task(owner)
        its.its.now = HALF_PAST
        await its.run()
        assert (its.box.asked, await its.waiting()) == (0, 0)
        for owner in ("bob", "eve", "zoe"):
            assert len(await its.its.told(owner)) == 1

    run(work)


def test_each_user_gets_their_own_and_many_come_in_order(run):
    async def work(its: Mailing) -> None:
        for owner in ("ada", "bob"):
            await its.account(owner)
        for number in range(12):
            await its.its.task(title=f"ada {number}", due_date=f"2026-11-30T09:00:{number:02}Z")
        await its.its.task("bob", title="bob")
        its.its.now = HALF_PAST + MINUTE
        await its.run()
        by: dict[str, list[str]] = {"ada": [], "bob": []}
        for mail in its.box.mails:
            by[mail["To"].addresses[0].username].append(mail["Subject"])
        assert by["bob"] == ["Reminder: bob"]
        assert by["ada"] == [f"Reminder: ada {number}" for number in range(12)]

    run(work)


def test_a_user_gets_a_hundred_in_a_day_and_the_rest_as_notifications_alone(run):
    async def work(its: Mailing) -> None:
        await its.account()
        for number in range(12):
            each = [{"at": f"2026-11-30T08:{30 + minute}:00"} for minute in range(10)]
            await its.its.task(title=str(number), reminders=each)
        its.its.now = HALF_PAST + 5 * MINUTE
        await its.run()
        assert len(its.box.mails) == 72
        its.its.now = HALF_PAST + 10 * MINUTE
        await its.run()
        assert (len(its.box.mails), len(await its.its.told())) == (100, 120)
        await its.its.task(title="next day", due_date="2026-12-01T10:00:00Z")
        its.its.now = BEGINNING.replace(month=12, day=1, hour=10)
        await its.run()
        assert len(its.box.mails) == 101

    run(work)


def test_what_is_refused_for_now_is_sent_again_with_the_same_id(run, caplog):
    async def work(its: Mailing) -> None:
        await its.account()
        await its.its.task()
        its.its.now = HALF_PAST
        its.box.refusals = ["451 Try again later"]
        await its.run()
        assert (its.box.asked, its.box.mails, await its.waiting()) == (1, [], 1)
        (before,) = await its.its.seeing.fetch("SELECT id FROM delivery")
        await its.run()
        assert its.box.asked == 1, "not before its time"
        its.its.now += MINUTE
        await its.run()
        (mail,) = its.box.mails
        assert str(before["id"]) in mail["Message-ID"]
        assert await its.waiting() == 0

    run(work)
    assert "a mail was not sent" in caplog.text
    assert "ada@example.com" not in caplog.text


def test_what_is_refused_for_good_is_given_up_and_nobody_else_suffers(run):
    async def work(its: Mailing) -> None:
        for owner in ("ada", "bob"):
            await its.account(owner)
        await its.its.task("ada")
        its.its.now = HALF_PAST
        its.box.refusals = ["550 No such person"]
        await its.run()
        assert (its.box.asked, await its.waiting()) == (1, 0)
        await its.its.task("bob", due_date="2026-11-30T09:30:00Z")
        its.its.now += 30 * MINUTE
        await its.run()
        assert len(its.box.mails) == 1

    run(work)


def test_a_mail_server_that_is_away_is_tried_again_and_given_up_after_a_day(run):
    async def work(its: Mailing) -> None:
        await its.account()
        await its.its.task()
        its.errand = mails(read_smtp_url(f"smtp://127.0.0.1:{free_port()}"), SENDER)
        its.its.now = HALF_PAST
        tries = 0
        await its.run()
        while await its.waiting():
            tries += 1
            its.its.now = await its.its.seeing.fetchval("SELECT next_at FROM delivery")
            await its.run()
        assert tries == 7
        assert its.its.now - HALF_PAST < 27 * 60 * MINUTE
        assert len(await its.its.told()) == 1

    run(work)


def test_what_one_takes_that_is_killed_is_sent_by_the_next_after_a_while(run):
    async def work(its: Mailing) -> None:
        await its.account()
        await its.its.task()
        its.its.now = HALF_PAST
        await run_due(its.its.database, REMINDERS)
        assert len(await services.take_due(its.its.database, "ada", [])) == 1
        await its.run()
        assert its.box.mails == []
        its.its.now += services.LEASE
        await its.run()
        assert len(its.box.mails) == 1

    run(work)


def test_no_text_of_a_user_becomes_a_header(run):
    async def work(its: Mailing) -> None:
        await its.account(name='Ada"\r\nBcc: all@example.com')
        await its.its.task(title="Call\r\nBcc: all@example.com\n\n<b>now</b> \u2028ü")
        its.its.now = HALF_PAST
        await its.run()
        (mail,) = its.box.mails
        assert mail["Bcc"] is None
        assert mail["Subject"] == "Reminder: Call Bcc: all@example.com <b>now</b>  ü"
        assert [each.addr_spec for each in mail["To"].addresses] == ["ada@example.com"]
        assert mail.get_content_type() == "text/plain"

    run(work)


def test_nothing_goes_over_a_network_in_the_clear(run, monkeypatch):
    async def work(its: Mailing) -> None:
        await its.account()
        await its.its.task()
        its.its.now = HALF_PAST
        monkeypatch.setattr(outbound, "_is_loopback", lambda _: False)
        await its.run()
        assert (its.box.asked, await its.waiting()) == (0, 1)

    run(work)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", SMTPServer("mail.example.com", 587, False, None, None)),
        (
            "smtps://a%40b:c%2Fd@mail.example.com",
            SMTPServer("mail.example.com", 465, True, "a@b", "c/d"),
        ),
        ("smtp://127.0.0.1:25/", SMTPServer("127.0.0.1", 25, False, None, None)),
    ],
)
def test_where_mail_is_handed_in_is_a_url(url, expected):
    assert read_smtp_url(url) == expected


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"SMTP_URL": "mail.example.com"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://user@host"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://host:secret-port"}, "SMTP_URL"),
        ({"SMTP_URL": "smtps://user:secret@host/path"}, "SMTP_URL"),
        ({"SMTP_URL": "smtps://user:secret@host"}, "MAIL_FROM"),
        ({"SMTP_URL": "smtps://host", "MAIL_FROM": "nobody"}, "MAIL_FROM"),
        ({"SMTP_URL": "smtps://host", "MAIL_FROM": "a@b\nBcc: c@d"}, "MAIL_FROM"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named_and_no_secret_told(values, named, monkeypatch):
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=named) as refused:
        read_settings()
    assert "secret" not in str(refused.value)
