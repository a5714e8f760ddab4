"""What is delivered to webhooks, in which order, and how often it is tried."""

import asyncio
import json
from datetime import timedelta
from itertools import pairwise

import pytest
from standardwebhooks import WebhookVerificationError

from tests.receiver import answering
from tests.workers.delivering import BEGINNING, delivering, errand, verified
from todo_server.domain.identity import Identity
from todo_server.domain.notifications_query import NotificationsQuery
from todo_server.domain.retries import PAUSES, SPREAD, pause_after
from todo_server.errors import WebhookDisabledError
from todo_server.services import notifications, webhooks
from todo_server.services.deliveries import LEASE, Outcome, take_due
from todo_server.services.webhooks import SHOWN
from todo_server.workers import deliveries as worker
from todo_server.workers.dispatcher import run_due

DAY = timedelta(days=1)


def test_a_reminder_is_delivered_as_notifications_show_it(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada")
            await its.remind("ada", "Buy milk")
            assert await its.deliver() is None
            (received,) = its.receiver.received
            message = json.loads(received.body)
            query = NotificationsQuery()
            page = await notifications.list_notifications(its.database.of(Identity("ada")), query)
            assert message == {
                "type": "reminder",
                "timestamp": "2026-01-01T00:00:00.000000Z",
                "data": json.loads(page.body)[0],
            }
            (delivery,) = await its.deliveries("ada", webhook_id)
            assert received.headers["webhook-id"] == delivery["id"]
            assert received.headers["webhook-timestamp"] == str(int(BEGINNING.timestamp()))
            assert delivery["status"] == "delivered"
            assert (delivery["attempts"], delivery["answered"]) == (1, 204)
            assert (delivery["error"], delivery["next_at"]) == (None, None)
            assert await its.due_at("ada") == []

    asyncio.run(work())


def test_only_webhooks_that_ask_are_told_and_only_of_their_own_user(url):
    async def work() -> None:
        async with delivering(url) as its:
            for owner in ("ada", "bob", "eve"):
                await its.webhook(owner)
            disabled = await its.webhook("ada", url=its.receiver.url + "/disabled")
            await its.update("ada", disabled, enabled=False)
            await its.webhook("ada", "changes", url=its.receiver.url + "/changes")
            await its.remind("ada", "Ada's")
            await its.remind("bob", "Bob's", kind="webhook_disabled")
            await its.remind("eve", "Eve's")
            await its.deliver()
            assert its.titles("ada") == ["Ada's"]
            assert its.titles("bob") == []
            assert its.titles("eve") == ["Eve's"]
            assert len(its.receiver.received) == 2

    asyncio.run(work())


def test_signatures_are_of_the_new_secret_and_for_a_day_of_those_before_too(url, monkeypatch):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada")
            mine = its.database.of(Identity("ada"))
            made = [its.secrets[str(webhook_id)]]
            for _ in range(6):
                renewed = await webhooks.renew_secret(mine, webhook_id)
                made.append(json.loads(renewed[0])["secret"])
            for later, secrets in ((timedelta(), made[2:]), (DAY, made[-1:])):
                its.now = BEGINNING + later
                await its.remind("ada", "Buy milk")
                await its.deliver()
                received = its.receiver.received[-1]
                # The library compares with its own clock.
                at = int(received.headers["webhook-timestamp"])
                assert at == its.now.timestamp()
                monkeypatch.setattr(
                    "standardwebhooks.webhooks.Webhook._Webhook__verify_timestamp",
                    lambda _, stamp: its.now,
                )
                for secret in secrets:
                    assert verified(received, secret)["data"]["title"] == "Buy milk"
                for secret in {*made} - {*secrets}:
                    with pytest.raises(WebhookVerificationError):
                        verified(received, secret)

    asyncio.run(work())


def test_a_queue_is_delivered_in_order_and_what_follows_waits_for_its_head(url):
    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada")
            await its.remind("ada", "1", "2")
            await its.remind("ada", "3")
            its.receiver.answers = lambda _: answering(500)
            await its.deliver()
            assert its.titles() == ["1"]
            await its.remind("ada", "4")
            its.now += timedelta(seconds=4)
            await its.deliver()
            assert its.titles() == ["1"]
            its.now += timedelta(seconds=2)
            its.receiver.answers = lambda _: answering(200)
            assert await its.deliver() is None
            assert its.titles() == ["1", "1", "2", "3", "4"]
            first, again = its.receiver.received[:2]
            assert first.body == again.body
            assert first.headers["webhook-id"] == again.headers["webhook-id"]
            assert len({each.headers["webhook-id"] for each in its.receiver.received}) == 4

    asyncio.run(work())


def test_it_is_tried_for_a_day_with_growing_pauses_and_then_the_webhook_is_disabled(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada")
            its.receiver.answers = lambda _: answering(503)
            await its.remind("ada", "1", "2")
            instants = [its.now]
            while (next_at := await its.deliver()) is not None:
                assert [next_at] == await its.due_at("ada")
                its.now = next_at - timedelta(microseconds=1)
                await its.deliver()  # too early
                assert len(its.receiver.received) == len(instants)
                its.now = next_at
                instants.append(its.now)
            for pause, (one, next_one) in zip(PAUSES, pairwise(instants), strict=True):
                assert pause <= next_one - one <= pause * (1 + SPREAD)
            assert 0.9 * DAY < instants[-1] - instants[0] < 1.2 * DAY
            assert its.titles() == ["1"] * len(instants)
            webhook = await its.shown("ada", webhook_id)
            assert not webhook["enabled"]
            assert webhook["error"] == "It answered 503, not 2xx."
            (failed,) = await its.deliveries("ada", webhook_id)
            assert (failed["status"], failed["answered"]) == ("failed", 503)
            assert failed["attempts"] == len(PAUSES) + 1
            assert await its.waiting("ada") == 0
            assert await its.due_at("ada") == []
            told = await its.seeing.fetch("SELECT * FROM notification WHERE kind <> 'reminder'")
            assert [row["kind"] for row in told] == ["webhook_disabled"]
            assert json.loads(told[0]["details"]) == {
                "webhook_id": str(webhook_id),
                "attempts": len(PAUSES) + 1,
                "error": "It answered 503, not 2xx.",
            }
            await its.remind("ada", "3")
            assert await its.deliver() is None
            its.receiver.answers = lambda _: answering(200)
            assert (await its.update("ada", webhook_id, enabled=True))["error"] is None
            await its.remind("ada", "4")
            await its.deliver()
            assert its.titles()[-2:] == ["1", "4"]

    asyncio.run(work())


def test_who_is_gone_is_disabled_at_once(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada")
            its.receiver.answers = lambda _: answering(410)
            await its.remind("ada", "1", "2")
            assert await its.deliver() is None
            assert its.titles() == ["1"]
            assert not (await its.shown("ada", webhook_id))["enabled"]
            assert await its.waiting("ada") == 0

    asyncio.run(work())


def test_pauses_grow_and_end():
    assert [pause_after(n, 0) for n in range(1, len(PAUSES) + 2)] == [*PAUSES, None]
    assert pause_after(1, 1) == PAUSES[0] * (1 + SPREAD)
    assert sum(PAUSES, timedelta()) > 0.95 * DAY


def test_a_deleted_webhook_drops_its_queue_also_while_it_is_sent_to(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada")
            await its.remind("ada", "1", "2")
            (due,) = await take_due(its.database, "ada", [])
            await webhooks.delete_webhook(its.database.of(Identity("ada")), webhook_id)
            assert await its.waiting("ada") == 0
            outcome = Outcome(due, 204, None)
            assert await take_due(its.database, "ada", [outcome]) == []
            assert await its.due_at("ada") == []

    asyncio.run(work())


def test_a_purged_task_takes_its_reminders_out_of_the_queue(url):
    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada")
            await its.remind("ada", "1")
            await its.seeing.execute("DELETE FROM notification")
            assert await its.deliver() is None
            assert its.receiver.received == []

    asyncio.run(work())


def test_what_was_taken_by_who_died_is_sent_again_after_a_minute_under_the_same_id(url):
    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada")
            await its.remind("ada", "1", "2")
            (lost,) = await take_due(its.database, "ada", [])
            assert await its.deliver() == its.now + LEASE
            assert its.receiver.received == []
            its.now += LEASE
            await its.deliver()
            assert its.titles() == ["1", "2"]
            assert its.receiver.received[0].headers["webhook-id"] == lost.id
            # Whoever was only slow, and not dead, changes nothing any more.
            assert await take_due(its.database, "ada", [Outcome(lost, None, "Late.")]) == []
            assert await its.waiting("ada") == 0

    asyncio.run(work())


@pytest.mark.parametrize("instances", [2, 4])
def test_several_instances_send_nothing_twice_and_keep_the_order(url, instances):
    async def work() -> None:
        async with delivering(url) as its:
            owners = [f"user{number}" for number in range(12)]
            for owner in owners:
                await its.webhook(owner)
                await its.remind(owner, *(str(number) for number in range(10)))
            databases = [its.another() for _ in range(instances)]
            await asyncio.gather(*(run_due(each, errand()) for each in databases))
            for each in databases:
                await each.close()
            for owner in owners:
                assert its.titles(owner) == [str(number) for number in range(10)]

    asyncio.run(work())


def test_who_never_answers_holds_up_nobody_else(url):
    async def work() -> None:
        async with delivering(url) as its:
            for owner in ("slow", "ada"):
                await its.webhook(owner)
            its.receiver.answers = lambda request: (
                its.receiver.silence if request.path == "/slow" else answering(204)
            )
            await its.remind("slow", "1")
            running = asyncio.create_task(its.deliver())
            await asyncio.to_thread(its.receiver.wait_for, 1)
            await its.remind("ada", "1", "2", "3")
            async with its.another() as another:
                await its.deliver(another)
            assert its.titles("ada") == ["1", "2", "3"]
            assert not running.done()
            its.receiver.ending.set()
            await running

    asyncio.run(work())


def test_users_begin_while_another_one_is_slow_in_the_same_instance(url):
    async def work() -> None:
        async with delivering(url) as its:
            owners = [f"user{number}" for number in range(40)]
            for owner in ("slow", *owners):
                await its.webhook(owner)
                await its.remind(owner, "1")
            its.receiver.answers = lambda request: (
                its.receiver.silence if request.path == "/slow" else answering(204)
            )
            running = asyncio.create_task(its.deliver())
            await asyncio.to_thread(its.receiver.wait_for, 41)
            assert not running.done()
            its.receiver.ending.set()
            await running

    asyncio.run(work())


def test_a_user_with_much_to_be_sent_lets_others_go_first_after_a_while(url, monkeypatch):
    monkeypatch.setattr(worker, "SLICE", 0.0)

    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada")
            await its.remind("ada", "1", "2")
            await worker.Deliveries(private_addresses=True).run(its.database, "ada")
            assert its.titles() == []
            assert await its.due_at("ada") == [its.now]

    asyncio.run(work())


def test_a_test_is_sent_once_before_all_that_waits_and_lets_that_go_on(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada")
            mine = its.database.of(Identity("ada"))
            its.receiver.answers = lambda _: answering(500)
            await its.remind("ada", "1", "2")
            await its.deliver()
            its.now += timedelta(seconds=1)
            (first,) = await webhooks.send_test(mine, webhook_id)
            assert await webhooks.send_test(mine, webhook_id) == [first]
            await its.deliver()
            assert [each["type"] for each in its.got()] == ["reminder", "test"]
            failed = (await its.deliveries("ada", webhook_id))[0]
            assert (failed["event"], failed["status"]) == ("test", "failed")
            assert failed["error"] == "It answered 500, not 2xx."
            assert (await its.shown("ada", webhook_id))["enabled"]
            its.receiver.answers = lambda _: answering(200)
            await its.deliver()
            assert len(its.receiver.received) == 2
            await webhooks.send_test(mine, webhook_id)
            await its.deliver()
            assert [each["type"] for each in its.got()][2:] == ["test", "reminder", "reminder"]
            its.receiver.answers = lambda _: answering(410)
            await webhooks.send_test(mine, webhook_id)
            await its.deliver()
            assert not (await its.shown("ada", webhook_id))["enabled"]
            with pytest.raises(WebhookDisabledError):
                await webhooks.send_test(mine, webhook_id)

    asyncio.run(work())


def test_another_address_is_tried_at_once(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada")
            its.receiver.answers = lambda request: answering(500 if request.path == "/ada" else 200)
            await its.remind("ada", "1", "2")
            await its.deliver()
            await its.update("ada", webhook_id, url=its.receiver.url)
            assert await its.deliver() is None
            assert its.titles("hook") == ["1", "2"]

    asyncio.run(work())


def test_of_what_is_done_with_the_newest_hundred_are_kept(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada")
            await its.remind("ada", *(str(number) for number in range(SHOWN + 20)))
            await its.deliver()
            assert len(its.receiver.received) == SHOWN + 20
            listed = await its.deliveries("ada", webhook_id)
            assert len(listed) == SHOWN
            assert await its.seeing.fetchval("SELECT count(*) FROM delivery") == SHOWN
            newest = its.receiver.received[-1].headers["webhook-id"]
            assert newest in [each["id"] for each in listed]

    asyncio.run(work())


def test_a_queue_is_bounded_and_notifications_are_there_all_the_same(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada")
            await its.seeing.execute(
                "INSERT INTO delivery (user_id, channel, webhook_id, event, created_at, next_at)"
                " SELECT 'ada', 'webhook', $1, 'reminder', $2, $2 FROM generate_series(1, 9999)",
                webhook_id,
                its.now,
            )
            await its.remind("ada", "1")
            await its.remind("ada", "2", "3")
            assert await its.waiting("ada") == 10_000
            assert await its.seeing.fetchval("SELECT count(*) FROM notification") == 3

    asyncio.run(work())
