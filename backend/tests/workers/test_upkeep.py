"""What is old is deleted when it is old, and nothing else ever is."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

from tests.everywhere import tables_with
from tests.workers.keeping import BEGINNING, DAY, Keeping, keeping
from todo_server.domain.identity import Identity
from todo_server.domain.project_query import TasksOfDeleted
from todo_server.models import FilterCreate, ProjectCreate, TagCreate, TaskCreate, TaskUpdate
from todo_server.services import filters, projects, tags, tasks, upkeep
from todo_server.services.upkeep import Deleted


def run_with(url: str, work: Callable[[Keeping], Awaitable[None]]) -> None:
    async def opened() -> None:
        async with keeping(url) as its:
            await work(its)

    asyncio.run(opened())


def test_what_was_deleted_is_purged_after_thirty_days_and_not_before(url):
    async def work(its: Keeping) -> None:
        first = await its.trashed("ada")
        its.now += 10 * DAY
        second = await its.trashed("ada")
        kept = await tasks.create_task(its.database.of(Identity("ada")), TaskCreate(title="Keep"))
        its.now = BEGINNING + 30 * DAY - timedelta(microseconds=1)
        assert (await its.look_after_all()).deleted == Deleted()
        assert set(await its.left("ada")) == {first, second}
        its.now = BEGINNING + 30 * DAY + upkeep.AT_LEAST
        assert (await its.look_after_all()).deleted == Deleted(purged=1)
        assert await its.left("ada") == [second]
        its.now += 11 * DAY
        assert (await its.look_after_all()).deleted == Deleted(purged=1)
        assert await its.fetch("SELECT id FROM task") == [kept.id]

    run_with(url, work)


def test_projects_tags_and_filters_are_purged_like_tasks(url):
    async def work(its: Keeping) -> None:
        mine = its.database.of(Identity("ada"))
        project = await projects.create_project(mine, ProjectCreate(name="secret-of-then"))
        saved = await filters.create_filter(mine, FilterCreate(name="secret-of-then", query={}))
        await tags.create_tag(mine, TagCreate(name="secret-of-then"))
        its.now += DAY
        mine = its.database.of(Identity("ada"))
        await projects.delete_project(mine, project.id, TasksOfDeleted.KEEP)
        await tags.delete_tag(mine, "SECRET-of-then")
        await filters.delete_filter(mine, saved.id)
        its.now += 30 * DAY - timedelta(microseconds=1)
        assert (await its.look_after_all()).deleted == Deleted()
        its.now += upkeep.AT_LEAST
        assert (await its.look_after_all()).deleted == Deleted(purged=3)

    run_with(url, work)
    assert tables_with(url, "secret-of") == set()


def test_a_purge_is_logged_once_and_its_values_are_in_no_table(url):
    async def work(its: Keeping) -> None:
        task_id = await its.trashed("ada", "secret-of-then")
        mine = its.database.of(Identity("ada"))
        await tasks.restore_task(mine, task_id)
        await tasks.update_task(mine, task_id, TaskUpdate(title="secret-of-now"))
        await tasks.delete_task(mine, task_id)
        its.now += 30 * DAY
        await its.look_after_all()
        log = await its.seeing.fetch("SELECT kind, before, origin FROM change ORDER BY number")
        assert [row["kind"] for row in log[-2:]] == ["deleted", "purged"]
        assert {row["before"] for row in log} == {None}
        assert log[-1]["origin"] == upkeep.ORIGIN

    run_with(url, work)
    assert tables_with(url, "secret-of") == set()


def test_the_log_is_pruned_from_its_beginning_and_never_of_its_newest_row(url):
    async def work(its: Keeping) -> None:
        await its.logged("ada", 1, 1_000)
        its.now += 89 * DAY
        await its.logged("ada", 1_001, 1_003)
        assert (await its.look_after_all()).deleted == Deleted()
        its.now = BEGINNING + 90 * DAY + timedelta(seconds=500)
        assert (await its.look_after_all()).deleted == Deleted(changes=500)
        its.now = BEGINNING + 91 * DAY
        assert (await its.look_after_all()).deleted == Deleted(changes=500)
        assert await its.numbers("ada") == [1_001, 1_002, 1_003]
        its.now += 1_000 * DAY
        assert (await its.look_after_all()).deleted == Deleted(changes=2)
        assert await its.numbers("ada") == [1_003]
        # And counting goes on from there.
        await tasks.create_task(its.database.of(Identity("ada")), TaskCreate(title="Go on"))
        assert await its.numbers("ada") == [1_003, 1_004]

    run_with(url, work)


def test_what_is_younger_than_what_follows_it_keeps_both(url):
    """The clocks of instances differ: a log without gaps is worth more than an hour."""

    async def work(its: Keeping) -> None:
        for number in (1, 2):
            its.now += DAY
            await its.logged("ada", number, number)
        its.now -= 2 * DAY
        await its.logged("ada", 3, 4)
        its.now = BEGINNING + 91 * DAY
        assert (await its.look_after_all()).deleted == Deleted()
        its.now += DAY
        await its.look_after_all()
        assert await its.numbers("ada") == [2, 3, 4]

    run_with(url, work)


def test_keys_are_kept_for_a_day(url):
    key = """
    INSERT INTO idempotency_key (user_id, key, fingerprint, result, created_at)
    SELECT 'ada', n, '', '{secret}', $1::timestamptz FROM generate_series(1, 500) AS n
    """

    async def work(its: Keeping) -> None:
        await its.trashed("ada")
        await its.seeing.execute(key, its.now)
        its.now += DAY - timedelta(seconds=1)
        assert (await its.look_after_all()).deleted == Deleted()
        its.now += timedelta(seconds=1)
        assert (await its.look_after_all()).deleted == Deleted(keys=500)

    run_with(url, work)


def test_a_user_is_due_when_the_first_thing_is_old_and_within_a_day(url):
    async def work(its: Keeping) -> None:
        await its.trashed("ada")
        assert await its.due_at("ada") == [BEGINNING + DAY]
        assert (await its.look_after_all()).users == 0
        its.now += DAY
        for days in (2, 3):
            assert (await its.look_after_all()).users == 1
            assert await its.due_at("ada") == [BEGINNING + days * DAY]
            its.now += DAY
        its.now = BEGINNING + 29.5 * DAY
        await its.look_after_all()
        assert await its.due_at("ada") == [BEGINNING + 30 * DAY]

    run_with(url, work)


def test_of_who_has_nothing_any_more_nothing_is_left_until_they_begin_anew(url):
    async def work(its: Keeping) -> None:
        await its.trashed("ada")
        await its.trashed("bob")
        async with its.seeing.transaction():
            await its.seeing.execute("SET LOCAL app.user_id = 'ada'")
            await its.seeing.execute("DELETE FROM task WHERE user_id = 'ada'")
            await its.seeing.execute("DELETE FROM change WHERE user_id = 'ada'")
        its.now += DAY
        assert (await its.look_after_all()).users == 2
        assert await its.fetch("SELECT owner_id FROM upkeep") == ["bob"]
        await its.trashed("ada")
        assert await its.due_at("ada") == [its.now + DAY]

    run_with(url, work)


def test_what_is_pruned_is_what_was_before_the_changes_that_stay(url):
    async def work(its: Keeping) -> None:
        await its.logged("ada", 1, 300)
        befores = "SELECT DISTINCT before FROM change"
        assert [json.loads(b) for b in await its.fetch(befores)] == [{"title": "before"}]
        its.now += 200 * DAY
        await its.look_after_all()
        assert await its.numbers("ada") == [300]

    run_with(url, work)
