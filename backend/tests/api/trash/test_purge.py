"""DELETE /api/{user_id}/trash/{task_id} and /api/{user_id}/trash."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.trash.bins import in_trash, purge, restore, trash_of, trashed
from tests.api.trash.test_list import MANY
from tests.databases import run
from tests.everywhere import tables_with
from tests.server import User

LOG = "SELECT kind, before FROM change WHERE user_id = $1 ORDER BY number"


def test_a_purged_task_is_gone_for_good(user: User):
    task, other = trashed(user), trashed(user)
    response = purge(user, task["id"])
    assert (response.status_code, response.content) == (204, b"")
    assert [each["id"] for each in in_trash(user)] == [other["id"]]
    assert restore(user, task["id"]).status_code == 404
    assert purge(user, task["id"]).status_code == 404


def test_what_is_not_in_the_trash_cannot_be_purged(user: User):
    task = user.create()
    assert purge(user, task["id"]).status_code == 404
    assert purge(user, str(uuid.uuid4())).status_code == 404
    assert user.tasks() == [task]


def test_a_version_that_it_has_no_more_is_412_and_purges_nothing(user: User):
    task = trashed(user)
    response = purge(user, task["id"], **{"If-Match": '"1"'})
    assert (response.status_code, response.json()["error"]) == (412, "version_conflict")
    current = response.json()["current"]
    assert (current["id"], current["version"]) == (task["id"], 2)
    assert len(in_trash(user)) == 1
    assert purge(user, task["id"], **{"If-Match": '"1", "2"'}).status_code == 204
    assert purge(user, task["id"], **{"If-Match": '"2"'}).status_code == 404


def test_a_purge_is_in_the_log_and_its_values_are_nowhere(user: User, database_url: str):
    secret, later = (f"secret-{uuid.uuid4().hex}" for _ in range(2))
    task = user.create(secret, description=secret)
    user.put(f"{user.path}/{task['id']}", json={"title": later, "description": later})
    user.delete(f"{user.path}/{task['id']}")
    assert tables_with(database_url, secret) == {"change"}
    assert tables_with(database_url, later) == {"task"}
    assert purge(user, task["id"]).status_code == 204
    assert tables_with(database_url, secret) == tables_with(database_url, later) == set()
    log = run(database_url, LOG, user.id)
    assert [row["kind"] for row in log] == ["created", "updated", "deleted", "purged"]
    assert {row["before"] for row in log} == {None}


def test_purging_one_leaves_the_values_of_others_in_the_log(user: User, database_url: str):
    kept, gone = (user.create(title) for title in ("kept", "gone"))
    for task in (kept, gone):
        user.put(f"{user.path}/{task['id']}", json={"title": "changed"})
        user.delete(f"{user.path}/{task['id']}")
    purge(user, gone["id"])
    befores = [row["before"] for row in run(database_url, LOG, user.id) if row["before"]]
    assert [json.loads(before) for before in befores] == [{"title": "kept"}, {"deleted_at": None}]


def test_emptying_purges_all_that_is_in_the_trash_and_nothing_else(
    user: User, stranger: User, database_url: str
):
    kept, theirs = user.create(), trashed(stranger)
    titles = [f"secret-{uuid.uuid4().hex}" for _ in range(5)]
    for title in titles:
        trashed(user, title)
    response = user.delete(trash_of(user))
    assert (response.status_code, response.content) == (204, b"")
    assert in_trash(user) == []
    assert user.tasks() == [kept]
    assert [task["id"] for task in in_trash(stranger)] == [theirs["id"]]
    assert not any(tables_with(database_url, title) for title in titles)
    assert user.delete(trash_of(user)).status_code == 204


def test_a_trash_of_many_is_emptied_and_its_owner_goes_on_meanwhile(user: User, database_url: str):
    run(database_url, MANY, 20_000, 1, user.id)
    with ThreadPoolExecutor(1) as pool:
        emptied = pool.submit(user.delete, trash_of(user))
        # Each would be 503 if it waited for a lock for two seconds.
        made = [user.create(str(number)) for number in range(20)]
        assert emptied.result(60).status_code == 204
    assert in_trash(user, limit=1) == []
    assert user.tasks() == made[::-1]
    numbers = "SELECT count(*), max(number) FROM change WHERE user_id = $1"
    ((count, last),) = run(database_url, numbers, user.id)
    assert count == last == 20_000 * 2 + 20


@pytest.mark.parametrize("path", ["", "/00000000-0000-7000-8000-000000000000"])
def test_the_trash_of_another_is_403(path: str, user: User, stranger: User):
    trashed(user)
    assert stranger.delete(trash_of(user) + path).status_code == 403
    assert len(in_trash(user)) == 1
