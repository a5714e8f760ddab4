"""Following the changes: all there is at first, and then what is different since a number."""

import uuid
from typing import Any

import pytest

from tests.api.changes.log import purge
from tests.databases import run
from tests.server import User

NO_OTHERS: dict[str, list[Any]] = {"projects": [], "tags": [], "filters": []}


def follow(user: User, **query: Any) -> dict[str, Any]:
    response = user.get(f"/api/{user.id}/changes", params=query)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def refused(user: User, **query: Any) -> tuple[int, str]:
    response = user.get(f"/api/{user.id}/changes", params=query)
    return response.status_code, response.json()["error"]


def test_without_a_number_all_there_is_comes_and_the_number_to_go_on_with(user):
    first, second = user.create("first"), user.create("second")
    user.delete(f"{user.path}/{user.create('third')['id']}")
    expected = {
        "number": 4,
        "more": False,
        "cursor": None,
        "tasks": [first, second],
        **NO_OTHERS,
        "removed": [],
    }
    assert follow(user) == expected


def test_somebody_without_tasks_begins_at_0(user):
    nothing: dict[str, Any] = {"more": False, "cursor": None, "tasks": [], **NO_OTHERS}
    nothing["removed"] = []
    assert follow(user) == {"number": 0, **nothing}
    assert follow(user, since=0) == {"number": 0, **nothing}


def test_a_poll_with_nothing_new_is_tiny(user):
    user.create()
    response = user.get(f"/api/{user.id}/changes", params={"since": 1})
    assert response.json()["number"] == 1
    assert len(response.content) < 120
    assert "link" not in response.headers


def test_a_row_that_changed_often_comes_once_and_whole_as_it_is_now(user):
    task = user.create()
    for title in ("a", "b", "c"):
        user.patch(f"{user.path}/{task['id']}", json={"title": title})
    answer = follow(user, since=1)
    assert answer["tasks"] == [user.task(task["id"]).json()]
    assert (answer["number"], answer["removed"]) == (4, [])


def test_what_is_in_the_trash_is_removed_and_comes_back_by_an_undo(user):
    task = user.create()
    user.delete(f"{user.path}/{task['id']}")
    assert follow(user, since=1) | {"cursor": None} == {
        "number": 2,
        "more": False,
        "cursor": None,
        "tasks": [],
        **NO_OTHERS,
        "removed": [task["id"]],
    }
    assert user.post(f"/api/{user.id}/changes/2/undo").is_success
    again = follow(user, since=2)
    assert (again["removed"], [t["id"] for t in again["tasks"]]) == ([], [task["id"]])


def test_what_was_purged_is_removed(user, database_url):
    task = user.create()
    user.delete(f"{user.path}/{task['id']}")
    purge(database_url, user)
    answer = follow(user, since=2)
    assert (answer["number"], answer["removed"]) == (3, [task["id"]])


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_pages_of_changes_lead_to_what_is_there(limit, user):
    tasks = [user.create(str(number)) for number in range(4)]
    for task in tasks[:2]:
        user.patch(f"{user.path}/{task['id']}", json={"completed": True})
    user.delete(f"{user.path}/{tasks[0]['id']}")
    store: dict[str, Any] = {}
    url: str | None = f"/api/{user.id}/changes?since=0&limit={limit}"
    numbers = []
    while url is not None:
        response = user.get(url)
        answer = response.json()
        assert answer["more"] is ("next" in response.links)
        numbers.append(answer["number"])
        assert len(answer["tasks"]) + len(answer["removed"]) <= limit
        store.update({task["id"]: task for task in answer["tasks"]})
        for gone in answer["removed"]:
            store.pop(gone, None)
        url = response.links["next"]["url"] if answer["more"] else None
    assert numbers[-1] == 7
    assert numbers == sorted(set(numbers))
    assert store == {task["id"]: task for task in user.tasks()}


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_what_changes_while_the_first_pages_are_read_comes_afterwards(limit, user):
    tasks = [user.create(str(number)) for number in range(6)]
    store: dict[str, Any] = {}
    response = user.get(f"/api/{user.id}/changes", params={"limit": limit})
    changes = iter(
        [
            lambda: user.delete(f"{user.path}/{tasks[0]['id']}"),
            lambda: user.patch(f"{user.path}/{tasks[1]['id']}", json={"title": "new"}),
            lambda: user.create("another"),
            lambda: user.delete(f"{user.path}/{tasks[5]['id']}"),
        ]
    )
    while True:
        answer = response.json()
        store.update({task["id"]: task for task in answer["tasks"]})
        for gone in answer["removed"]:
            store.pop(gone, None)
        if answer["cursor"] is not None:
            assert answer["number"] == 6, "that of the first page"
            next(changes, lambda: None)()
        if "next" not in response.links:
            break
        response = user.get(response.links["next"]["url"])
    assert not answer["more"]
    assert store == {task["id"]: task for task in user.tasks()}


def test_the_cursor_in_the_body_is_that_of_the_link(user):
    user.create()
    user.create()
    response = user.get(f"/api/{user.id}/changes", params={"limit": 1})
    link = response.links["next"]["url"]
    assert link == f"/api/{user.id}/changes?limit=1&cursor={response.json()['cursor']}"


def test_a_number_that_the_log_does_not_reach_is_gone(user, database_url):
    task = user.create()
    for title in ("a", "b", "c"):
        user.patch(f"{user.path}/{task['id']}", json={"title": title})
    cursor = first_cursor(user)
    assert refused(user, since=6) == (410, "number_too_old")
    run(database_url, "DELETE FROM change WHERE user_id = $1 AND number < 3", user.id)
    assert refused(user, since=0) == refused(user, since=1) == (410, "number_too_old")
    assert follow(user, since=2)["number"] == 5
    run(database_url, "DELETE FROM change WHERE user_id = $1 AND number > 3", user.id)
    assert refused(user, since=4) == (410, "number_too_old")
    assert refused(user, cursor=cursor, limit=1) == (410, "number_too_old")
    assert "without 'since'" in user.get(f"/api/{user.id}/changes?since=4").json()["detail"]


def first_cursor(user: User) -> str:
    user.create()
    cursor: str = follow(user, limit=1)["cursor"]
    return cursor


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"since": "-1"}, (422, "validation_failed")),
        ({"since": "1.5"}, (422, "validation_failed")),
        ({"since": str(2**53)}, (422, "validation_failed")),
        ({"since": str(2**53 - 1)}, (410, "number_too_old")),
        ({"limit": "0"}, (422, "validation_failed")),
        ({"limit": "1001"}, (422, "validation_failed")),
        ({"cursor": "x"}, (400, "invalid_cursor")),
    ],
)
def test_what_no_answer_has_is_refused(query, expected, user):
    assert refused(user, **query) == expected


def test_a_cursor_is_good_for_its_owner_and_for_no_number(user, stranger):
    user.create()
    cursor = first_cursor(user)
    assert refused(stranger, cursor=cursor) == (400, "invalid_cursor")
    assert refused(user, cursor=cursor, since=1) == (400, "invalid_cursor")
    listing = user.get(user.path, params={"limit": 1}).links["next"]["url"].partition("cursor=")[2]
    assert refused(user, cursor=listing) == (400, "invalid_cursor")


def test_a_long_page_ends_early_and_misses_nothing(user):
    long = {"description": "\u20ac" * 5000, "title": "x" * 500}
    made = [user.create(**long)["id"] for _ in range(300)]
    pages = []
    number, more = 0, True
    while more:
        answer = follow(user, since=number, limit=1000)
        pages.append([task["id"] for task in answer["tasks"]])
        number, more = answer["number"], answer["more"]
    assert len(pages) == 2
    assert pages[0] + pages[1] == made
    first = follow(user, limit=1000)
    assert len(first["tasks"]) < 300
    rest = follow(user, limit=1000, cursor=first["cursor"])
    assert [t["id"] for t in first["tasks"] + rest["tasks"]] == made


def test_nobody_sees_the_changes_of_another(user, stranger):
    user.create("secret")
    assert follow(stranger)["tasks"] == []
    assert refused(stranger, since=1) == (410, "number_too_old")
    assert stranger.get(f"/api/{user.id}/changes").status_code == 403
    assert follow(stranger, since=0, user_id=user.id, noun=str(uuid.uuid4()))["tasks"] == []
