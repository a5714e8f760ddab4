"""Requests that are given up leave no transaction, and no identity, to the next."""

import asyncio

import httpx
import pytest

from tests.database.trouble import (
    NEXT,
    OWNER,
    WAITING,
    WHOSE,
    a_task,
    complete_and_delete,
    in_no_transaction,
    is_back,
    serving,
)
from tests.databases import run, transaction
from tests.waiting import until
from todo_server.database import Database
from todo_server.domain.task_query import TaskQuery
from todo_server.models import Completion, TaskCreate, TaskUpdate
from todo_server.services import tasks


@pytest.mark.parametrize(
    ("use", "where", "arrives"),
    [
        *(
            (use, b"the owner", True)
            for use in (
                lambda db, _: tasks.list_tasks(db.of(OWNER), TaskQuery()),
                lambda db, i: tasks.get_task(db.of(OWNER), i),
                lambda db, _: tasks.create_task(db.of(OWNER), TaskCreate(title="new")),
                lambda db, i: tasks.update_task(db.of(OWNER), i, TaskUpdate(completed=True)),
                lambda db, i: tasks.complete_task(db.of(OWNER), i, Completion()),
                lambda db, i: tasks.delete_task(db.of(OWNER), i),
            )
        ),
        *(
            (lambda db, i: complete_and_delete(db, OWNER, i), where, where == b"COMMIT")
            for where in (b"BEGIN", b"the owner", b"COMMIT")
        ),
    ],
)
def test_a_cancelled_request_leaves_no_transaction_and_no_identity(
    use, where, arrives, proxy, database_url
):
    async def give_up() -> None:
        database = Database(proxy.url, pool_size=1)
        try:
            task_id = (await tasks.create_task(database.of(OWNER), TaskCreate(title="old"))).id
            proxy.expect(where, "freeze")
            request = asyncio.ensure_future(use(database, task_id))
            assert await asyncio.to_thread(proxy.happened.wait, 30)
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
            proxy.thaw()
            assert await database.of(NEXT).run(WHOSE) == "0"
            if not arrives:
                task = (await tasks.get_task(database.of(OWNER), task_id)).body
                assert b'"completed":false' in task
        finally:
            await database.close()

    asyncio.run(give_up())
    until(lambda: in_no_transaction(database_url), "the end of the transaction")


def test_a_client_that_hangs_up_leaves_no_transaction(url):
    with serving(url, database_pool_size=1) as user:
        path = a_task(user)
        with transaction(url, "LOCK TABLE task"):
            with (
                httpx.Client(base_url=user.base_url, headers=user.headers) as other,
                pytest.raises(httpx.ReadTimeout),
            ):
                other.put(path, json={"title": "changed"}, timeout=0.3)
            assert len(run(url, WAITING)) == 1
        until(lambda: in_no_transaction(url), "the end of the transaction")
        assert user.get(path).json()["title"] in {"changed", "Buy milk"}
        is_back(user)
