"""Webhooks that are told of changes: none missed, none of before, several at once."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.receiver import answering
from tests.workers.delivering import delivering
from todo_server.domain.changes_query import ChangesQuery
from todo_server.domain.identity import Identity
from todo_server.services import changes, tasks, webhooks
from todo_server.services.changes import follow_statements
from todo_server.services.deliveries import take_due


def numbers(messages: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(each["data"]["since"], each["data"]["number"]) for each in messages]


def test_a_burst_is_one_delivery_and_its_body_is_what_following_answers(url):
    async def work() -> None:
        async with delivering(url) as its:
            await its.task("ada", "Before")
            webhook_id = await its.webhook("ada", "changes")
            assert await its.deliver() is None
            for number in range(5):
                await its.task("ada", str(number))
            mine = its.database.of(Identity("ada"))
            page = await changes.list_changes(mine, ChangesQuery(since=1))
            await its.deliver()
            (message,) = its.got()
            assert message["type"] == "changes"
            assert message["data"] == {"since": 1, **json.loads(page.body)}
            assert [each["title"] for each in message["data"]["tasks"]] == list("01234")
            (delivery,) = await its.deliveries("ada", webhook_id)
            assert (delivery["event"], delivery["status"]) == ("changes", "delivered")

    asyncio.run(work())


def test_the_first_change_of_all_is_told_as_well(url):
    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada", "changes")
            await its.task("ada", "First")
            await its.task("ada", "Second")
            assert await its.due_at("ada") != []
            await its.deliver()
            assert numbers(its.got()) == [(0, 2)]

    asyncio.run(work())


def test_batches_have_a_hundred_changes_at_most_and_follow_each_other(url):
    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada", "changes")
            for number in range(230):
                await its.task("ada", str(number))
            await its.deliver()
            assert numbers(its.got()) == [(0, 100), (100, 200), (200, 230)]
            assert [each["data"]["more"] for each in its.got()] == [True, True, False]
            titles = [task["title"] for each in its.got() for task in each["data"]["tasks"]]
            assert titles == [str(number) for number in range(230)]

    asyncio.run(work())


def test_what_fails_is_sent_again_with_the_same_changes_and_none_is_missed(url):
    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada", "changes")
            its.receiver.answers = lambda _: answering(500)
            first = await its.task("ada", "First")
            await its.deliver()
            await its.task("ada", "Second")
            await tasks.delete_task(its.database.of(Identity("ada")), first)
            its.now += timedelta(seconds=6)
            its.receiver.answers = lambda _: answering(200)
            await its.deliver()
            assert numbers(its.got()) == [(0, 1), (0, 1), (1, 3)]
            ids = [each.headers["webhook-id"] for each in its.receiver.received]
            assert ids[0] == ids[1] != ids[2]
            # Rows are told as they are, whenever that is.
            assert its.got()[1]["data"]["removed"] == [str(first)]

    asyncio.run(work())


def test_a_batch_that_is_cut_as_its_rows_are_long_goes_on_where_it_ends(url, monkeypatch):
    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada", "changes")
            for number in range(4):
                await its.task("ada", str(number) + "x" * 190)
            # As if only two fitted.
            cut = follow_statements.FOLLOW.sql.replace(str(follow_statements.CHUNK), "1500")
            object.__setattr__(follow_statements.FOLLOW, "sql", cut)
            await its.deliver()
            spans = numbers(its.got())
            assert spans[0][0] == 0
            assert spans[-1][1] == 4
            assert len(spans) > 1
            assert [end for _, end in spans[:-1]] == [begin for begin, _ in spans[1:]]

    whole = follow_statements.FOLLOW.sql
    try:
        asyncio.run(work())
    finally:
        object.__setattr__(follow_statements.FOLLOW, "sql", whole)


def test_reminders_and_changes_go_in_one_order(url):
    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada", "changes", "reminders")
            its.receiver.answers = lambda _: answering(500)
            await its.remind("ada", "1")
            await its.deliver()
            await its.task("ada", "A task")
            await take_due(its.database, "ada", [])
            await its.remind("ada", "2")
            its.now += timedelta(seconds=6)
            its.receiver.answers = lambda _: answering(200)
            await its.deliver()
            assert [each["type"] for each in its.got()][1:] == ["reminder", "changes", "reminder"]

    asyncio.run(work())


def test_after_it_was_disabled_or_did_not_ask_it_is_told_of_what_comes(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada", "changes")
            await its.update("ada", webhook_id, enabled=False)
            await its.task("ada", "1")
            assert await its.due_at("ada") == []
            await its.update("ada", webhook_id, enabled=True)
            await its.task("ada", "2")
            await its.deliver()
            await its.update("ada", webhook_id, events=["reminders"])
            await its.task("ada", "3")
            await its.deliver()
            await its.update("ada", webhook_id, events=["changes", "reminders"])
            await its.task("ada", "4")
            await its.deliver()
            assert numbers(its.got()) == [(1, 2), (3, 4)]

    asyncio.run(work())


def test_a_log_that_was_pruned_too_far_disables_it_and_says_so(url):
    async def work() -> None:
        async with delivering(url) as its:
            webhook_id = await its.webhook("ada", "changes")
            for title in "123":
                await its.task("ada", title)
            await its.seeing.execute("DELETE FROM change WHERE number < 3")
            await its.deliver()
            assert its.receiver.received == []
            webhook = await its.shown("ada", webhook_id)
            assert not webhook["enabled"]
            assert "does not reach back" in webhook["error"]

    asyncio.run(work())


FOLLOWED = "SELECT followed FROM change WHERE user_id = $1 ORDER BY number DESC LIMIT 1"


def test_the_log_knows_whether_anybody_follows_it(url):
    async def work() -> None:
        async with delivering(url) as its:
            mine = its.database.of(Identity("ada"))

            async def followed() -> bool | None:
                await its.task("ada", "A change")
                value: bool | None = await its.seeing.fetchval(FOLLOWED, "ada")
                return value

            assert await followed() is None
            await its.webhook("ada")
            assert await followed() is None
            assert await its.due_at("ada") == []
            first, second = [await its.webhook("ada", "changes") for _ in range(2)]
            assert await followed()
            assert await its.due_at("ada") != []
            await webhooks.delete_webhook(mine, first)
            assert await followed()
            await its.update("ada", second, enabled=False)
            assert await followed() is None
            await its.update("ada", second, enabled=True)
            assert await followed()
            await its.update("ada", second, events=["reminders"])
            assert await followed() is None

    asyncio.run(work())


@pytest.mark.parametrize("writers", [4])
def test_under_many_writers_none_is_missed_and_none_told_twice(url, writers):
    async def work() -> None:
        async with delivering(url) as its:
            await its.webhook("ada", "changes")

            async def write(which: int) -> None:
                for number in range(25):
                    await its.task("ada", f"{which}.{number}")

            writing = asyncio.gather(*(write(which) for which in range(writers)))
            while not writing.done():
                await its.deliver()
            await writing
            await its.deliver()
            spans = numbers(its.got())
            assert spans[0][0] == 0
            assert spans[-1][1] == 25 * writers
            assert [end for _, end in spans[:-1]] == [begin for begin, _ in spans[1:]]
            titles = [task["title"] for each in its.got() for task in each["data"]["tasks"]]
            assert len(titles) == len({*titles}) == 25 * writers

    asyncio.run(work())
