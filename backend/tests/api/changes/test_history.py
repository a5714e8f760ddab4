"""The history of a task: what each change made of what, and who asked for it."""

import uuid
from typing import Any

import httpx
import pytest

from tests.api.changes.log import change, purge
from tests.server import User


def history(user: User, task_id: str, **query: Any) -> list[dict[str, Any]]:
    response = asked(user, task_id, **query)
    assert response.status_code == 200, response.text
    listed: list[dict[str, Any]] = response.json()
    return listed


def asked(user: User, task_id: str, **query: Any) -> httpx.Response:
    return user.get(f"{user.path}/{task_id}/history", params=query)


FIRST = ("title", "description", "completed")


def test_each_change_has_the_values_before_and_after_the_newest_first(user):
    task = user.create("a", description="x")
    path = f"{user.path}/{task['id']}"
    user.patch(path, json={"title": "b"})
    user.patch(path, json={"title": "c", "description": None})
    user.patch(f"{path}/complete", json={"completed": True})
    user.patch(path, json={"description": "y"})
    listed = history(user, task["id"])
    done = listed[1]["at"]
    whole = [entry["changes"] for entry in listed]
    others = {name: each["to"] for name, each in whole[-1].items() if name not in FIRST}
    assert others == {name: task[name] for name in others}
    assert [*whole[:-1], {name: whole[-1][name] for name in FIRST}] == [
        {"description": {"from": None, "to": "y"}},
        {
            "completed": {"from": False, "to": True},
            "completed_at": {"from": None, "to": done},
        },
        {"title": {"from": "b", "to": "c"}, "description": {"from": "x", "to": None}},
        {"title": {"from": "a", "to": "b"}},
        {
            "title": {"from": None, "to": "a"},
            "description": {"from": None, "to": "x"},
            "completed": {"from": None, "to": False},
        },
    ]
    assert [entry["number"] for entry in listed] == [5, 4, 3, 2, 1]
    assert [entry["version"] for entry in listed] == [5, 4, 3, 2, 1]
    assert [entry["kind"] for entry in listed] == [*["updated"] * 4, "created"]
    assert listed[0]["at"] == user.task(task["id"]).json()["updated_at"]
    assert listed[-1]["at"] == task["created_at"]
    assert {(entry["batch"], entry["undoes"]) for entry in listed} == {(None, None)}


def test_a_change_names_its_request_and_the_client(user):
    headers = {"X-Request-ID": "my-request", "User-Agent": "a phone (of mine) 1.4"}
    task = user.post(user.path, json={"title": "a"}, headers=headers).json()
    (entry,) = history(user, task["id"])
    assert (entry["request_id"], entry["client"]) == ("my-request", "a phone (of mine) 1.4")
    user.delete(f"{user.path}/{task['id']}", headers={"User-Agent": ""})
    assert history(user, task["id"])[0]["client"] is None


def test_what_was_done_behind_the_servers_back_has_no_client(user, database_url):
    task = user.create("a")
    change(database_url, user, "UPDATE my_task SET title = 'b' WHERE user_id = $1")
    newest, _ = history(user, task["id"])
    assert (newest["request_id"], newest["client"]) == (None, None)
    assert newest["changes"] == {"title": {"from": "a", "to": "b"}}


def test_a_request_that_changes_nothing_is_no_part_of_it(user):
    task = user.create("a")
    user.patch(f"{user.path}/{task['id']}", json={"title": "a"})
    assert len(history(user, task["id"])) == 1


def test_a_task_in_the_trash_has_a_history_and_a_purged_one_has_none(user, database_url):
    task = user.create("a")
    user.delete(f"{user.path}/{task['id']}")
    deleted, created = history(user, task["id"])
    assert (deleted["kind"], deleted["changes"], deleted["version"]) == ("deleted", {}, 2)
    assert created["changes"]["title"] == {"from": None, "to": "a"}
    purge(database_url, user)
    assert asked(user, task["id"]).json()["error"] == "task_not_found"


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_pages_are_the_whole_cut_while_it_changes(limit, user):
    task = user.create("0")
    user.create("another")
    path = f"{user.path}/{task['id']}"
    for number in range(1, 7):
        user.patch(path, json={"title": str(number), "completed": number % 3 == 0})
    whole = history(user, task["id"])
    turned = []
    url: str | None = f"{path}/history?limit={limit}"
    while url is not None:
        response = user.get(url)
        turned += response.json()
        url = response.links["next"]["url"] if "next" in response.links else None
        user.patch(path, json={"description": str(len(turned))})
    assert turned == whole


def test_the_history_of_what_the_log_does_not_have_is_empty_or_cut(user, database_url):
    task = user.create("a")
    user.patch(f"{user.path}/{task['id']}", json={"title": "b"})
    change(database_url, user, "DELETE FROM my_change WHERE user_id = $1 AND number = 1")
    (entry,) = history(user, task["id"])
    assert (entry["version"], entry["changes"]) == (2, {"title": {"from": "a", "to": "b"}})
    change(database_url, user, "DELETE FROM my_change WHERE user_id = $1")
    assert history(user, task["id"]) == []


def test_a_cursor_belongs_to_one_task_and_one_user(user, stranger):
    tasks = [user.create("a"), user.create("b")]
    for task in tasks:
        user.patch(f"{user.path}/{task['id']}", json={"title": "c"})
    first = asked(user, tasks[0]["id"], limit=1).links["next"]["url"]
    cursor = first.partition("cursor=")[2]
    assert asked(user, tasks[0]["id"], cursor=cursor).status_code == 200
    assert asked(user, tasks[1]["id"], cursor=cursor).json()["error"] == "invalid_cursor"
    own = stranger.create()["id"]
    assert asked(stranger, own, cursor=cursor).json()["error"] == "invalid_cursor"


@pytest.mark.parametrize("limit", ["0", "201", "x"])
def test_a_limit_is_1_to_200(limit, user):
    assert asked(user, user.create()["id"], limit=limit).status_code == 422


def test_the_history_of_another_user_is_404_like_one_that_never_was(user, stranger):
    task = user.create("secret")
    for task_id in (task["id"], str(uuid.uuid4())):
        answer = asked(stranger, task_id)
        assert (answer.status_code, answer.json()["error"]) == (404, "task_not_found")
