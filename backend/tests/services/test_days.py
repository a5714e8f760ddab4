"""Days and weeks as the user has them: what is found by them under a clock that stands still."""

import asyncio
import json
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from todo_server.database import Database, Handle
from todo_server.domain.identity import Identity
from todo_server.domain.task_query import TaskQuery
from todo_server.models import SettingsUpdate, TaskCreate
from todo_server.services import settings, tasks

MONDAY, SUNDAY, SATURDAY = "monday", "sunday", "saturday"
CASES = [
    # Now in UTC, the zone, what day it is there, and how many days are left of the week.
    ("2026-12-31T11:30", "Pacific/Tongatapu", MONDAY, "2027-01-01", 2),
    ("2026-12-31T11:30", "Pacific/Tongatapu", SUNDAY, "2027-01-01", 1),
    ("2026-12-31T11:30", "Pacific/Tongatapu", SATURDAY, "2027-01-01", 0),
    ("2027-01-01T10:30", "Pacific/Pago_Pago", MONDAY, "2026-12-31", 3),
    ("2027-01-01T10:30", "Pacific/Pago_Pago", SUNDAY, "2026-12-31", 2),
    ("2027-01-03T12:00", "UTC", MONDAY, "2027-01-03", 0),
    ("2027-01-03T12:00", "UTC", SUNDAY, "2027-01-03", 6),
    ("2028-02-29T18:00", "Asia/Kathmandu", MONDAY, "2028-02-29", 5),
    ("2026-04-04T14:45", "Australia/Lord_Howe", SUNDAY, "2026-04-05", 6),
    ("2026-10-03T15:45", "Australia/Lord_Howe", SATURDAY, "2026-10-04", 5),
    ("2018-11-04T03:10", "America/Sao_Paulo", MONDAY, "2018-11-04", 0),
    ("2018-02-18T02:30", "America/Sao_Paulo", SUNDAY, "2018-02-17", 0),
    ("2026-11-30T11:30", "Pacific/Apia", MONDAY, "2026-12-01", 5),
    ("2024-03-10T01:30", "Africa/Casablanca", MONDAY, "2024-03-10", 0),
    ("2026-03-29T00:30", "Europe/Dublin", MONDAY, "2026-03-29", 0),
    ("2026-10-25T23:30", "Europe/Dublin", MONDAY, "2026-10-25", 0),
]
AROUND = range(-8, 9)


async def titles(mine: Handle, **asked: str) -> set[str]:
    found = json.loads((await tasks.list_tasks(mine, TaskQuery(**asked))).body)
    return {task["title"] for task in found}


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(map(str, case)))
def test_days_begin_and_end_where_the_user_is(
    database_url: str, case: tuple[str, str, str, str, int]
):
    """Of each day around today: the day, and its first and its last second."""
    now, zone, week_start, today, left = case
    first = date.fromisoformat(today)
    clock = datetime.fromisoformat(now).replace(tzinfo=UTC)

    def days(*numbers: int) -> set[str]:
        return {(first + timedelta(days=number)).isoformat() for number in numbers}

    async def ask() -> None:
        async with Database(database_url, pool_size=1, clock=lambda: clock) as database:
            mine = database.of(Identity(uuid.uuid4().hex))
            own = SettingsUpdate.model_validate({"time_zone": zone, "week_start": week_start})
            await settings.update_settings(mine, own)
            for day in sorted(days(*AROUND)):
                for due in (day, f"{day}T00:00:00", f"{day}T23:59:59"):
                    await tasks.create_task(mine, TaskCreate(title=day, due_date=due))
            assert await titles(mine, due="today") == days(0)
            assert await titles(mine, due="tomorrow") == days(1)
            assert await titles(mine, due="week") == days(*range(left + 1))
            after, before = (min(days(number)) for number in (2, 4))
            assert await titles(mine, due_after=after, due_before=before) == days(2, 3, 4)
            assert (
                days(*range(-8, 0)) <= await titles(mine, status="overdue") <= days(*range(-8, 1))
            )
            counted = await tasks.count_tasks(mine, TaskQuery(due="today"))
            assert counted == 3

    asyncio.run(ask())


def test_a_day_that_never_was_is_over_when_the_next_one_begins(database_url: str):
    clock = datetime(2011, 12, 30, 9, 30, tzinfo=UTC)

    async def ask() -> None:
        async with Database(database_url, pool_size=1, clock=lambda: clock) as database:
            mine = database.of(Identity(uuid.uuid4().hex))
            own = SettingsUpdate.model_validate({"time_zone": "Pacific/Apia"})
            await settings.update_settings(mine, own)
            for day in ("2011-12-29", "2011-12-30", "2011-12-31"):
                await tasks.create_task(mine, TaskCreate(title=day, due_date=day))
            assert await titles(mine, due="today") == {"2011-12-29", "2011-12-30"}
            assert await titles(mine, due="tomorrow") == set()
            assert await titles(mine, due_after="2011-12-31") == {"2011-12-31"}

    asyncio.run(ask())


def test_a_task_becomes_overdue_by_itself_and_its_tag_says_so(database_url: str):
    clock = [datetime(2026, 11, 30, 8, 59, 59, tzinfo=UTC)]

    async def ask() -> None:
        async with Database(database_url, pool_size=1, clock=lambda: clock[0]) as database:
            owner = Identity(uuid.uuid4().hex)
            new = TaskCreate(title="x", due_date="2026-11-30T09:00:00Z")
            made = await tasks.create_task(database.of(owner), new)
            for second, late in ((0, False), (1, False), (2, True)):
                clock[0] = datetime(2026, 11, 30, 8, 59, 59, tzinfo=UTC) + timedelta(seconds=second)
                found = await tasks.get_task(database.of(owner), made.id)
                assert json.loads(found.body)["overdue"] is late
                assert (found.version, found.number) == ("1-overdue" if late else "1", 1)
                assert bool(await titles(database.of(owner), status="overdue")) is late

    asyncio.run(ask())
