"""Reminders come once, at the time that the task has now, and to its owner alone."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from tests.workers.reminding import BEGINNING, MINUTE, Reminding, Work, reminding
from todo_server.database import execution
from todo_server.models import Completion, SettingsUpdate
from todo_server.services import settings, tasks, trash

HALF_PAST = BEGINNING + 30 * MINUTE
Run = Callable[[Work], None]


@pytest.fixture
def run(url) -> Run:
    def run_it(work: Work) -> None:
        async def opened() -> None:
            async with reminding(url) as its:
                await work(its)

        asyncio.run(opened())

    return run_it


def test_a_reminder_comes_when_it_is_due_and_not_before_and_once(run):
    async def work(its: Reminding) -> None:
        task_id = await its.task()
        await its.fire_at(HALF_PAST - timedelta(microseconds=1))
        assert await its.told() == []
        await its.fire_at(HALF_PAST, HALF_PAST, HALF_PAST + 60 * MINUTE)
        (told,) = await its.told()
        assert told["task_id"] == str(task_id)
        assert (told["kind"], told["title"]) == ("reminder", "Call")
        assert told["due_date"] == "2026-11-30T09:00:00Z"
        assert told["remind_at"] == told["created_at"] == "2026-11-30T08:30:00.000000Z"
        assert (told["read_at"], told["details"]) == (None, None)
        assert await its.seeing.fetch("SELECT FROM dispatch") == []

    run(work)


def test_several_of_one_task_come_one_after_another(run):
    async def work(its: Reminding) -> None:
        each = [{"minutes_before": 30}, {"at": "2026-11-30T08:10:00"}, {"minutes_before": 0}]
        await its.task(reminders=each)
        assert await its.fire() == BEGINNING + 10 * MINUTE
        await its.fire_at(BEGINNING + 10 * MINUTE)
        assert len(await its.told()) == 1
        await its.fire_at(BEGINNING + 60 * MINUTE)  # late, as after a rest
        found = [told["remind_at"][11:16] for told in await its.told()]
        assert found == ["09:00", "08:30", "08:10"]

    run(work)


def test_after_rescheduling_none_comes_at_the_old_time_and_one_at_the_new(run):
    async def work(its: Reminding) -> None:
        task_id = await its.task()
        await its.change(task_id, due_date="2026-11-30T10:00:00Z")
        await its.fire_at(HALF_PAST + MINUTE)
        assert await its.told() == []
        await its.fire_at(HALF_PAST + 60 * MINUTE)
        (told,) = await its.told()
        assert told["due_date"] == "2026-11-30T10:00:00Z"

    run(work)


def test_a_new_date_arms_it_again_and_the_same_instant_never_fires_twice(run):
    async def work(its: Reminding) -> None:
        task_id = await its.task()
        await its.fire_at(HALF_PAST)
        its.now = HALF_PAST - MINUTE  # as of an instance whose clock is behind
        await its.change(task_id, due_date="2026-11-30T11:00:00Z")
        await its.change(task_id, due_date="2026-11-30T09:00:00Z")
        await its.fire_at(HALF_PAST + MINUTE)
        assert len(await its.told()) == 1
        await its.change(task_id, due_date="2026-12-01T09:00:00Z")
        await its.fire_at(HALF_PAST + timedelta(days=1))
        assert len(await its.told()) == 2

    run(work)


def test_none_comes_of_a_task_that_is_done_and_again_when_it_is_reopened_in_time(run):
    async def work(its: Reminding) -> None:
        done, reopened = [await its.task(title=title) for title in ("done", "reopened")]
        for task_id in (done, reopened):
            await tasks.complete_task(its.of("ada"), task_id, Completion(completed=True))
        assert await its.armed() == []
        its.now += MINUTE
        await tasks.complete_task(its.of("ada"), reopened, Completion(completed=False))
        await its.fire_at(HALF_PAST)
        assert [told["title"] for told in await its.told()] == ["reopened"]

    run(work)


def test_none_comes_of_a_deleted_task_and_again_when_it_is_restored_in_time(run):
    async def work(its: Reminding) -> None:
        for title in ("in time", "too late", "never"):
            await tasks.delete_task(its.of("ada"), await its.task(title=title))
        assert await its.armed() == []
        in_trash = {
            row["title"]: row["id"] for row in await its.seeing.fetch("SELECT id, title FROM task")
        }
        its.now += MINUTE
        await tasks.restore_task(its.of("ada"), in_trash["in time"])
        await its.fire_at(HALF_PAST)
        await tasks.restore_task(its.of("ada"), in_trash["too late"])
        await its.fire_at(HALF_PAST + MINUTE)
        assert [told["title"] for told in await its.told()] == ["in time"]

    run(work)


def test_what_is_over_when_it_is_set_does_not_come(run):
    async def work(its: Reminding) -> None:
        await its.task(due_date="2026-11-30T08:00:00Z")
        await its.task(reminders=[{"at": "2026-11-30T08:00:00Z"}, {"at": "2020-01-01T00:00:00"}])
        await its.fire_at(HALF_PAST)
        assert await its.told() == []

    run(work)


@pytest.mark.parametrize("way", ["another", "due_date", "zone", "settings", "title"])
def test_what_is_over_and_was_not_told_yet_comes_whatever_else_is_changed(run, way):
    async def work(its: Reminding) -> None:
        at = {"at": "2026-11-30T08:30:00Z"}
        task_id = await its.task(reminders=[at])
        its.now = HALF_PAST + MINUTE
        match way:
            case "another":
                await its.change(task_id, reminders=[at, {"minutes_before": 5}])
            case "due_date":
                await its.change(task_id, due_date="2027-01-01")
            case "zone":
                change = SettingsUpdate(time_zone="Asia/Tokyo")
                await settings.update_settings(its.of("ada"), change)
            case "settings":
                change = SettingsUpdate(week_start="sunday")
                await settings.update_settings(its.of("ada"), change)
            case _:
                await its.change(task_id, title="Other")
        await its.fire()
        (told,) = await its.told()
        assert told["remind_at"] == "2026-11-30T08:30:00.000000Z"
        await its.fire_at(its.now + MINUTE)
        assert len(await its.told()) == 1

    run(work)


def test_notifications_of_a_purged_task_are_purged_with_it(run):
    async def work(its: Reminding) -> None:
        kept, purged = [await its.task(title=title) for title in ("kept", "purged")]
        await its.fire_at(HALF_PAST)
        await tasks.delete_task(its.of("ada"), purged)
        assert len(await its.told()) == 2
        await trash.purge_task(its.of("ada"), purged)
        assert [told["task_id"] for told in await its.told()] == [str(kept)]
        assert await its.seeing.fetch("SELECT FROM reminder WHERE task_id = $1", purged) == []

    run(work)


SET_ZONE = """
INSERT INTO settings (user_id, time_zone, updated_at) VALUES ('ada', $1, $2)
ON CONFLICT (user_id) DO UPDATE SET time_zone = excluded.time_zone, updated_at = excluded.updated_at
"""


async def live_in(its: Reminding, zone: str) -> None:
    async with its.seeing.transaction():
        await its.seeing.execute("SELECT set_config('app.user_id', 'ada', true)")
        await its.seeing.execute(SET_ZONE, zone, its.now)


@pytest.mark.parametrize(
    ("members", "hour"),
    [
        ({"due_date": "2026-12-01T09:00:00Z"}, 9),
        ({"due_date": "2026-12-01T09:00:00"}, 3),
        ({"due_date": "2026-12-01T09:00:00", "time_zone": "Asia/Tokyo"}, 0),
        ({"due_date": "2026-12-01"}, 3),  # from nine o'clock on
        ({"due_date": "2026-12-01", "time_zone": "Asia/Tokyo"}, 0),
        ({"due_date": None, "reminders": [{"at": "2026-12-01T09:00:00"}]}, 3),
        ({"due_date": None, "reminders": [{"at": "2026-12-01T09:00:00Z"}]}, 9),
    ],
)
def test_they_follow_the_time_zone_of_the_task_or_of_its_owner(members, hour, run):
    async def work(its: Reminding) -> None:
        await its.task(**({"reminders": [{"minutes_before": 0}]} | members))
        for zone in ("Europe/Berlin", "America/Chicago", "Asia/Dhaka"):
            await live_in(its, zone)
        assert await its.armed() == [datetime(2026, 12, 1, hour, tzinfo=UTC)]
        its.now = datetime(2026, 12, 1, hour, tzinfo=UTC)
        assert await its.fire() is None
        assert len(await its.told()) == 1

    run(work)


class Before(NamedTuple):
    """So many minutes before a due date: which instant that is, and what is answered."""

    due_date: str
    zone: str
    minutes: int
    instant: str
    shown: str


@pytest.mark.parametrize(
    "each",
    [
        # The clocks go forwards from two to three, and back from three to two.
        Before(
            "2027-03-28T03:15:00", "Europe/Berlin", 30, "2027-03-28T00:45", "2027-03-28T01:45:00"
        ),
        Before(
            "2026-10-25T02:30:00", "Europe/Berlin", 60, "2026-10-24T23:30", "2026-10-25T01:30:00"
        ),
        Before("2026-12-01", "Pacific/Apia", 600, "2026-11-30T10:00", "2026-11-30T23:00:00"),
        Before(
            "2026-12-01T00:10:00", "Asia/Kathmandu", 15, "2026-11-30T18:10", "2026-11-30T23:55:00"
        ),
        Before(
            "2026-12-01T00:10:00Z", "Asia/Kathmandu", 15, "2026-11-30T23:55", "2026-11-30T23:55:00Z"
        ),
        Before("2026-12-02T09:00:00", "UTC", 1440, "2026-12-01T09:00", "2026-12-01T09:00:00"),
    ],
)
def test_minutes_before_are_minutes_whatever_the_clocks_do(each, run):
    async def work(its: Reminding) -> None:
        its.now = datetime(2026, 10, 1, tzinfo=UTC)
        task_id = await its.task(title="none", reminders=[])
        changed = await its.change(
            task_id,
            due_date=each.due_date,
            time_zone=each.zone,
            reminders=[{"minutes_before": each.minutes}],
        )
        assert await its.armed() == [datetime.fromisoformat(f"{each.instant}+00:00")]
        assert changed["remind_at"] == each.shown

    run(work)


def test_a_dispatch_touches_the_rows_of_the_owner_whose_turn_it_is_and_no_other(run, monkeypatch):
    """Every statement runs as one user; who is due is the one thing that is asked as nobody."""
    asked: list[tuple[str, str]] = []
    begin, fetch = execution.begin, execution.fetch

    async def noted_begin(connection, owner, *arguments, **options):
        asked.append(("as", owner))
        await begin(connection, owner, *arguments, **options)

    async def noted_fetch(connection, statement, values):
        assert "my_" not in statement.sql, "nobody's statement is on nobody's table"
        asked.append(("nobody", ""))
        return await fetch(connection, statement, values)

    async def work(its: Reminding) -> None:
        for owner in ("ada", "bob", "eve"):
            await its.task(owner, title=owner)
        await its.task("eve", title="later", due_date="2026-11-30T12:00:00Z")
        others = "SELECT * FROM {} WHERE user_id <> 'ada' ORDER BY 1, 2"
        tables = ("task", "reminder", "notification", "change")
        before = [await its.seeing.fetch(others.format(table)) for table in tables]
        its.now = HALF_PAST
        await its.seeing.execute("DELETE FROM dispatch WHERE owner_id <> 'ada'")
        with monkeypatch.context() as noting:
            noting.setattr(execution, "begin", noted_begin)
            noting.setattr(execution, "fetch", noted_fetch)
            await its.fire()
        assert {owner for how, owner in asked if how == "as"} == {"ada"}
        assert len(await its.told("ada")) == 1
        after = [await its.seeing.fetch(others.format(table)) for table in tables]
        assert after == before
        for owner in ("bob", "eve"):
            assert await its.told(owner) == []

    run(work)


def test_nobody_sees_reminders_of_others_not_even_that_they_are_due(run):
    """There is no policy for the dispatcher: without an identity there is nothing to be seen."""

    async def work(its: Reminding) -> None:
        await its.task()
        for table in ("my_reminder", "my_notification", "my_task"):
            assert await its.seeing.fetch(f"SELECT FROM {table}") == []
        policies = await its.seeing.fetch("SELECT DISTINCT polname FROM pg_policy")
        assert [row["polname"] for row in policies] == ["owner"]
        columns = await its.seeing.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'dispatch'::regclass AND attnum > 0"
        )
        assert {row["attname"] for row in columns} == {"owner_id", "errand", "due_at"}

    run(work)
