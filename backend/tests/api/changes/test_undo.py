"""Undoing: what a change touched comes back, unless it was changed again; also of an undo."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.changes.log import as_batch, change, purge
from tests.server import User


def undo(user: User, number: int) -> httpx.Response:
    return user.post(f"/api/{user.id}/changes/{number}/undo")


def undone(user: User, number: int) -> dict[str, Any]:
    response = undo(user, number)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def refused(user: User, number: int) -> tuple[int, str]:
    response = undo(user, number)
    return response.status_code, response.json()["error"]


def state(user: User) -> list[dict[str, Any]]:
    """All but what moves with every change."""
    moving = ("updated_at", "version")
    return [{k: v for k, v in task.items() if k not in moving} for task in user.tasks()]


def test_the_members_of_a_change_come_back_and_no_others(user):
    task = user.create("a", description="x")
    path = f"{user.path}/{task['id']}"
    user.patch(path, json={"title": "b", "description": None})  # 2
    user.patch(f"{path}/complete", json={"completed": True})  # 3
    answer = undone(user, 2)
    now = user.task(task["id"]).json()
    assert answer == {
        "number": 4,
        "more": False,
        "cursor": None,
        "tasks": [now],
        **{noun: [] for noun in ("projects", "tags", "filters")},
        "removed": [],
    }
    assert (now["title"], now["description"], now["completed"]) == ("a", "x", True)
    assert now["version"] == 4
    newest = user.get(f"{path}/history").json()[0]
    assert (newest["number"], newest["undoes"], newest["kind"]) == (4, 2, "updated")
    assert newest["batch"] is None


def test_an_undo_of_an_undo_brings_the_change_back(user):
    task = user.create("a")
    user.patch(f"{user.path}/{task['id']}", json={"title": "b"})
    titles = [undone(user, number)["tasks"][0]["title"] for number in (2, 3, 4, 5)]
    assert titles == ["a", "b", "a", "b"]


def test_what_was_made_goes_to_the_trash_and_comes_back_as_it_was(user):
    task = user.create("a", description="x")
    assert undone(user, 1)["removed"] == [task["id"]]
    assert user.tasks() == []
    assert undone(user, 2)["tasks"] == user.tasks()
    assert user.tasks()[0]["description"] == "x"


def test_what_was_deleted_is_restored_and_what_was_restored_goes_to_the_trash(user):
    task = user.create("a")
    user.delete(f"{user.path}/{task['id']}")  # 2
    assert [t["id"] for t in undone(user, 2)["tasks"]] == [task["id"]]
    assert undone(user, 3)["removed"] == [task["id"]]
    history = user.get(f"{user.path}/{task['id']}/history").json()
    assert [e["kind"] for e in history] == ["deleted", "restored", "deleted", "created"]
    assert [e["undoes"] for e in history] == [3, 2, None, None]


def test_what_is_in_the_trash_again_is_as_its_deletion_left_it(user):
    task = user.create("a")
    user.delete(f"{user.path}/{task['id']}")  # 2
    undone(user, 2)  # 3
    undone(user, 3)  # 4
    assert [t["id"] for t in undone(user, 2)["tasks"]] == [task["id"]]


def test_undoing_a_restoration_puts_it_into_the_trash_as_of_now(user, database_url):
    task = user.create("a")
    user.delete(f"{user.path}/{task['id']}")
    old = "UPDATE my_trashed_task SET deleted_at = '2020-01-01Z' WHERE user_id = $1"
    change(database_url, user, old)  # 3
    change(database_url, user, "UPDATE my_trashed_task SET deleted_at = NULL WHERE user_id = $1")
    assert undone(user, 4)["removed"] == [task["id"]]
    young = (
        "UPDATE my_trashed_task SET title = 'x' WHERE user_id = $1 AND deleted_at > '2026-01-01Z'"
    )
    change(database_url, user, young)
    assert user.get(f"/api/{user.id}/changes?since=5").json()["number"] == 6


def test_a_task_in_the_trash_gets_its_members_back_there(user):
    task = user.create("a")
    user.patch(f"{user.path}/{task['id']}", json={"title": "b"})  # 2
    user.delete(f"{user.path}/{task['id']}")  # 3
    assert undone(user, 2)["removed"] == [task["id"]]
    assert undone(user, 3)["tasks"][0]["title"] == "a"


def test_what_was_changed_again_is_named_and_nothing_is_done(user):
    task = user.create("a", description="x")
    path = f"{user.path}/{task['id']}"
    user.patch(path, json={"title": "b", "description": "y", "completed": True})  # 2
    user.patch(path, json={"description": "z"})  # 3
    user.patch(path, json={"title": "c"})  # 4
    before = user.tasks()
    problem = undo(user, 2)
    assert problem.status_code == 409
    body = problem.json()
    assert body["error"] == "already_changed"
    assert body["details"] == [
        {"field": name, "code": "already_changed", "message": f"Changed again by change {number}"}
        for name, number in (("description", 3), ("title", 4))
    ]
    assert "description, title" in body["detail"]
    assert user.tasks() == before
    assert user.get(f"/api/{user.id}/changes?since=4").json()["number"] == 4


def test_changes_of_one_member_are_undone_one_after_the_other(user):
    task = user.create("a")
    for title in ("b", "c", "d"):
        user.patch(f"{user.path}/{task['id']}", json={"title": title})
    titles = [undone(user, number)["tasks"][0]["title"] for number in (4, 3, 2)]
    assert titles == ["c", "b", "a"]
    titles = [undone(user, number)["tasks"][0]["title"] for number in (7, 6, 5)]
    assert titles == ["b", "c", "d"]


def test_a_member_that_is_as_the_change_left_it_was_not_changed_again(user):
    task = user.create("a")
    for title in ("b", "c", "b"):
        user.patch(f"{user.path}/{task['id']}", json={"title": title})
    assert refused(user, 3) == (409, "already_changed")
    assert undone(user, 2)["tasks"][0]["title"] == "a"


def test_a_second_undo_of_one_change_is_refused(user):
    task = user.create("a")
    user.patch(f"{user.path}/{task['id']}", json={"title": "b"})
    undone(user, 2)
    assert refused(user, 2) == (409, "already_changed")


@pytest.mark.parametrize("number", [1, 2])
def test_of_two_undos_at_once_one_is_done(number, user, new_user):
    task = user.create("a")
    user.patch(f"{user.path}/{task['id']}", json={"title": "b"})
    devices = [new_user(user.id) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(undo, device, number) for device in devices]
        statuses = sorted(answer.result(60).status_code for answer in answers)
    assert statuses == [200, *[409] * 7]
    assert user.get(f"/api/{user.id}/changes?since=2").json()["number"] == 3


def test_an_undo_and_a_change_at_once_both_count(user, new_user):
    task = user.create("a")
    path = f"{user.path}/{task['id']}"
    user.patch(path, json={"title": "b"})  # 2
    other = new_user(user.id)
    with ThreadPoolExecutor(2) as pool:
        undoing = pool.submit(undo, user, 2)
        changing = pool.submit(other.patch, path, json={"description": "new"})
        assert (undoing.result(60).status_code, changing.result(60).status_code) == (200, 200)
    now = user.task(task["id"]).json()
    assert (now["title"], now["description"], now["version"]) == ("a", "new", 4)


def test_no_change_no_undo(user, database_url):
    assert refused(user, 1) == (404, "change_not_found")
    task = user.create("a")
    assert refused(user, 2) == (404, "change_not_found")
    for title in ("b", "c"):
        user.patch(f"{user.path}/{task['id']}", json={"title": title})
    change(database_url, user, "DELETE FROM my_change WHERE user_id = $1 AND number < 3")
    assert refused(user, 2) == refused(user, 1) == (410, "number_too_old")
    assert undone(user, 3)["tasks"][0]["title"] == "b"


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.0", "+1", "1_0", str(2**53), "9" * 30])
def test_what_is_no_number_is_422(number, user):
    user.create()
    response = user.post(f"/api/{user.id}/changes/{number}/undo")
    assert (response.status_code, response.json()["details"][0]["field"]) == (422, "number")


def test_what_was_purged_cannot_be_put_back(user, database_url):
    task = user.create("a")
    user.patch(f"{user.path}/{task['id']}", json={"title": "b"})
    user.delete(f"{user.path}/{task['id']}")
    purge(database_url, user)  # 4
    numbers = [refused(user, number) for number in (1, 2, 3, 4)]
    assert numbers == [(409, "already_purged")] * 4
    assert user.get(f"/api/{user.id}/changes?since=4").json()["number"] == 4


def test_the_number_of_another_user_leads_to_ones_own_changes_alone(user, stranger):
    for title in ("a", "b", "c"):
        user.create(title)
    before = user.tasks()
    assert refused(stranger, 1) == (404, "change_not_found")
    own = stranger.create("own")
    assert undone(stranger, 1)["removed"] == [own["id"]]
    assert undo(stranger, 3).json()["error"] == "change_not_found"
    assert stranger.post(f"/api/{user.id}/changes/1/undo").status_code == 403
    assert user.tasks() == before


BATCH = (
    "UPDATE my_task SET title = 'x ' || title WHERE user_id = $1",
    "UPDATE my_task SET completed = true, title = title || '!' WHERE user_id = $1",
    "UPDATE my_task SET deleted_at = now() WHERE user_id = $1 AND title LIKE '%b!'",
    """INSERT INTO my_task (user_id, id, title, created_at, updated_at)
       SELECT $1, gen_random_uuid(), 'new', now(), now()""",
)


@pytest.mark.parametrize("number", [4, 6, 11])
def test_a_batch_is_undone_as_a_whole_and_so_is_its_undo(number, user, database_url):
    for title in ("a", "b", "c"):
        user.create(title)
    before = state(user)
    as_batch(database_url, user, *BATCH)  # 4 to 11
    after = state(user)
    user.create("later")
    answer = undone(user, number)
    assert [t for t in state(user) if t["title"] != "later"] == before
    assert (len(answer["tasks"]), len(answer["removed"])) == (3, 1)
    assert (answer["number"], answer["more"]) == (16, False)
    entries = user.get(f"{user.path}/{before[0]['id']}/history").json()
    assert (entries[0]["undoes"], entries[0]["batch"]) == (4, 13)
    undone(user, 14)
    assert [t for t in state(user) if t["title"] != "later"] == after


def test_a_conflict_of_a_batch_names_the_task_and_nothing_is_done(user, database_url):
    tasks = [user.create(title) for title in ("a", "b")]
    as_batch(database_url, user, BATCH[0])  # 3, 4
    user.patch(f"{user.path}/{tasks[1]['id']}", json={"title": "y"})  # 5
    before = user.tasks()
    body = undo(user, 3).json()
    assert body["error"] == "already_changed"
    assert [d["field"] for d in body["details"]] == [f"{tasks[1]['id']}.title"]
    assert user.tasks() == before
    undone(user, 5)
    assert sorted(task["title"] for task in undone(user, 3)["tasks"]) == ["a", "b"]


def test_a_batch_of_which_the_log_lacks_a_part_is_too_old(user, database_url):
    for title in ("a", "b"):
        user.create(title)
    as_batch(database_url, user, BATCH[0])  # 3, 4
    change(database_url, user, "DELETE FROM my_change WHERE user_id = $1 AND number < 4")
    assert refused(user, 4) == (410, "number_too_old")


def test_a_batch_that_came_to_nothing_is_undone_without_a_change(user, database_url):
    user.create("a")
    back = "UPDATE my_task SET title = 'a' WHERE user_id = $1"
    as_batch(database_url, user, BATCH[0], back)  # 2, 3
    before = user.tasks()
    answer = undone(user, 2)
    assert (answer["number"], answer["tasks"], answer["removed"]) == (3, [], [])
    assert user.tasks() == before


def test_a_bulk_is_undone_as_a_whole_and_so_is_its_undo(user):
    first, second, third = (user.create(title)["id"] for title in ("a", "b", "c"))
    before = state(user)
    commands: list[dict[str, Any]] = [
        {"op": "create", "title": "new", "ref": "n"},
        {"op": "update", "id": "#n", "title": "newer"},
        {"op": "update", "id": first, "title": "x"},
        {"op": "complete", "id": first, "completed": True},
        {"op": "delete", "id": second},
        {"op": "update", "id": third, "description": "y"},
    ]
    response = user.post(f"{user.path}/bulk", json={"commands": commands})
    assert response.is_success, response.text
    after = state(user)
    answer = undone(user, 6)
    assert state(user) == before
    assert len(answer["removed"]) == 1
    undone(user, answer["number"])
    assert state(user) == after


def test_an_undo_with_a_key_is_done_once(user):
    task = user.create("a")
    user.patch(f"{user.path}/{task['id']}", json={"title": "b"})
    url, headers = f"/api/{user.id}/changes/2/undo", {"Idempotency-Key": "a-key"}
    first, again = (user.post(url, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert refused(user, 2) == (409, "already_changed")
