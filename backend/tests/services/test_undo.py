"""Whatever was done, undoing it from the newest change to the oldest goes through all that was."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties import PROPERTY
from todo_server.database import Database, Handle
from todo_server.domain.changes_query import ChangesQuery, HistoryQuery
from todo_server.domain.identity import Identity
from todo_server.domain.task_query import TaskQuery
from todo_server.errors import TaskNotFoundError
from todo_server.models import Completion, Task, TaskCreate, TaskRead, TaskUpdate
from todo_server.models.change import logged_members
from todo_server.services import changes, tasks

State = dict[str, tuple[object, ...]]
MEMBERS = [name for name in TaskRead.model_fields if name in logged_members(Task.__table__)]  # type: ignore[attr-defined]

words = st.sampled_from(["a", "b", "'", "ß\u20ac", '{"title": null}'])
updates = st.fixed_dictionaries(
    {}, optional={"title": words, "description": st.none() | words, "completed": st.booleans()}
).map(TaskUpdate.model_validate)
steps = st.lists(
    st.tuples(
        st.sampled_from(["update", "update", "flip", "delete", "restore"]),
        st.integers(0, 1),
        updates,
    ),
    max_size=12,
)


def hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


async def state(mine: Handle) -> State:
    """All tasks that are not in the trash."""
    listed = json.loads((await tasks.list_tasks(mine, TaskQuery())).body)
    return {task["id"]: tuple(hashable(task[name]) for name in MEMBERS) for task in listed}


async def newest(mine: Handle) -> int:
    number: int = json.loads((await changes.list_changes(mine, ChangesQuery())).body)["number"]
    return number


async def done(mine: Handle, way: str, task_id: UUID, update: TaskUpdate) -> None:
    ways: dict[str, Callable[[], Awaitable[Any]]] = {
        "update": lambda: tasks.update_task(mine, task_id, update),
        "flip": lambda: tasks.complete_task(mine, task_id, Completion()),
        "delete": lambda: tasks.delete_task(mine, task_id),
        "restore": lambda: tasks.restore_task(mine, task_id),
    }
    with suppress(TaskNotFoundError):
        await ways[way]()


async def check_history(mine: Handle, task_id: UUID) -> None:
    """From nothing, its changes lead to what the task is, each from where the one before ended."""
    page = await changes.list_task_history(mine, task_id, HistoryQuery(limit=200))
    now: dict[str, Any] = dict.fromkeys(MEMBERS)
    for version, entry in enumerate(reversed(json.loads(page.body)), start=1):
        assert entry["version"] == version
        for member, change in entry["changes"].items():
            assert change["from"] == now[member]
            assert change["to"] != now[member]
            now[member] = change["to"]
    shown = (await state(mine)).get(str(task_id))
    assert shown in (None, tuple(map(hashable, now.values())))


@given(plan=steps)
@settings(PROPERTY, max_examples=25)
def test_undoing_everything_and_then_the_undos_goes_through_all_that_was(plan, database_url):
    async def do_and_undo() -> None:
        async with Database(database_url, pool_size=2) as database:
            owner = Identity(f"undoing {uuid.uuid4().hex}")

            def mine() -> Handle:
                return database.of(owner)  # each request has its own

            was = [await state(mine())]
            ids = []
            for title in ("first", "second"):
                ids.append((await tasks.create_task(mine(), TaskCreate(title=title))).id)
                was.append(await state(mine()))
            for way, which, update in plan:
                await done(mine(), way, ids[which], update)
                if await newest(mine()) == len(was):
                    was.append(await state(mine()))
            last = len(was) - 1
            assert await newest(mine()) == last
            for number in range(last, 0, -1):
                await changes.undo_change(mine(), number)
                assert await state(mine()) == was[number - 1]
            for number in range(1, last + 1):
                await changes.undo_change(mine(), 2 * last + 1 - number)
                assert await state(mine()) == was[number]
            for task_id in ids:
                await check_history(mine(), task_id)

    asyncio.run(do_and_undo())
