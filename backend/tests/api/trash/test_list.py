"""GET /api/{user_id}/trash."""

import uuid
from datetime import UTC, datetime

import pytest

from tests.api.trash.bins import in_trash, restore, trash_of, trashed
from tests.databases import run
from tests.server import User

MANY = """
INSERT INTO my_trashed_task
    (user_id, id, title, description, completed, created_at, updated_at, deleted_at)
SELECT user_id, gen_random_uuid(), n, repeat('x', $2::int), false, now(), now(), now()
FROM generate_series(1, $1::int) AS n, set_config('app.user_id', $3, true) AS user_id
"""


def test_what_was_deleted_is_in_the_trash_the_last_one_first(user: User):
    kept = user.create("Keep")
    gone = [trashed(user, title, description="More") for title in "abc"]
    found = in_trash(user)
    assert [task["title"] for task in found] == ["c", "b", "a"]
    assert user.tasks() == [kept]
    for task, before in zip(found, reversed(gone), strict=True):
        deleted_at = task.pop("deleted_at")
        assert deleted_at.endswith("Z")
        assert len(deleted_at) == len(before["created_at"])
        assert datetime.fromisoformat(deleted_at) <= datetime.now(UTC)
        assert task == before | {"version": 2, "updated_at": deleted_at}


def test_an_empty_trash_is_an_empty_list(user: User):
    user.create()
    assert in_trash(user) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_are_the_whole_in_pieces(limit: int, user: User):
    for number in range(7):
        trashed(user, str(number))
    whole, pages, url = in_trash(user), [], f"{trash_of(user)}?limit={limit}"
    while url:
        response = user.get(url)
        assert 0 < len(response.json()) <= limit
        pages += response.json()
        url = response.links.get("next", {}).get("url", "")
    assert pages == whole


def test_tasks_that_were_deleted_in_the_same_instant_are_each_listed_once(
    user: User, database_url: str
):
    run(database_url, MANY, 50, 1, user.id)
    pages, url = [], f"{trash_of(user)}?limit=8"
    while url:
        response = user.get(url)
        pages += response.json()
        url = response.links.get("next", {}).get("url", "")
    assert [task["id"] for task in pages] == [task["id"] for task in in_trash(user)]
    assert len({task["id"] for task in pages}) == 50


def test_a_long_trash_comes_in_pieces_and_is_whole(user: User, database_url: str):
    run(database_url, MANY, 2_000, 5_000, user.id)
    response = user.get(trash_of(user))
    assert "content-length" not in response.headers
    ids = [task["id"] for task in response.json()]
    assert len(set(ids)) == 2_000
    assert ids == sorted(ids, key=uuid.UUID, reverse=True)


def test_more_than_ten_thousand_have_a_next_page(user: User, database_url: str):
    run(database_url, MANY, 10_001, 0 + 1, user.id)
    response = user.get(trash_of(user))
    assert len(response.json()) == 10_000
    (left,) = user.get(response.links["next"]["url"]).json()
    assert left["id"] not in {task["id"] for task in response.json()}


def test_a_list_that_is_known_is_304_until_it_changes(user: User):
    task = trashed(user)
    tag = user.get(trash_of(user)).headers["etag"]
    again = user.get(trash_of(user), headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert restore(user, task["id"]).is_success
    assert user.get(trash_of(user), headers={"If-None-Match": tag}).status_code == 200


def test_a_cursor_of_the_tasks_is_no_cursor_of_the_trash(user: User):
    for title in "ab":
        user.create(title)
        trashed(user, title)
    for path, other in ((user.path, trash_of(user)), (trash_of(user), user.path)):
        following = user.get(path, params={"limit": 1}).links["next"]["url"]
        cursor = following.partition("cursor=")[2]
        response = user.get(other, params={"limit": 1, "cursor": cursor})
        assert (response.status_code, response.json()["error"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("limit", ["0", "201", "x", ""])
def test_a_limit_out_of_its_bounds_is_422(limit: str, user: User):
    assert user.get(trash_of(user), params={"limit": limit}).status_code == 422
