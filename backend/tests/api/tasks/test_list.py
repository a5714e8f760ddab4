"""GET /api/{user_id}/tasks."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.databases import seed
from tests.server import User
from todo_server.domain.task_query import Sort


def pages(user: User, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """Follow `rel=next` to the end."""
    response: httpx.Response = user.get(user.path, params=query)
    while True:
        assert response.status_code == 200, response.text
        yield response.json()
        if "next" not in response.links:
            return
        response = user.get(response.links["next"]["url"])


@pytest.fixture
def tasks(user: User) -> list[dict[str, Any]]:
    """Seven tasks, oldest first; some completed, titles in another order than the instants."""
    made = [user.create(title, completed=n % 3 == 0) for n, title in enumerate("dBaCbAe")]
    changed = user.put(f"{user.path}/{made[2]['id']}", json={"description": "changed last"})
    made[2] = changed.json()
    return made


def test_nobody_has_tasks_at_first(user: User):
    response = user.get(user.path)
    assert (response.status_code, response.content) == (200, b"[]")
    assert "link" not in response.headers


def test_all_tasks_come_newest_first(user: User, tasks: list[dict[str, Any]], stranger: User):
    stranger.create()
    assert user.tasks() == tasks[::-1]
    assert user.get("/api/me/tasks").json() == tasks[::-1]


@pytest.mark.parametrize(
    ("status", "completed"),
    [("completed", {True}), ("pending", {False}), ("incomplete", {False}), ("all", {True, False})],
)
def test_a_status_narrows_the_list(
    user: User, tasks: list[dict[str, Any]], status: str, completed: set[bool]
):
    expected = [task for task in tasks[::-1] if task["completed"] in completed]
    assert user.tasks(status=status) == expected
    assert [task for page in pages(user, status=status, limit=2) for task in page] == expected


RANKS = ["none", "low", "medium", "high", "urgent"]
SORTS = {
    "created_at": lambda task: task["created_at"],
    "created": lambda task: task["created_at"],
    "updated_at": lambda task: task["updated_at"],
    "updated": lambda task: task["updated_at"],
    "title": lambda task: (task["title"].lower(), task["id"]),
    "priority": lambda task: (RANKS.index(task["priority"]), task["id"]),
    "position": lambda task: (task["position"], task["id"]),
    "relevance": lambda task: task["id"],
}
ELSEWHERE = {"completed_at", "due_date"}
"""What nulls come last in, in both directions: tests/services/test_found_tasks.py."""


def test_every_sort_is_tried():
    assert set(SORTS) | ELSEWHERE >= set(Sort)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_join_to_the_whole_list(
    user: User, tasks: list[dict[str, Any]], sort: str, order: str, limit: int
):
    expected = sorted(tasks, key=SORTS[sort], reverse=order == "desc")
    assert user.tasks(sort=sort, order=order) == expected
    got = list(pages(user, sort_by=sort, sort_order=order, limit=limit))
    assert [task for page in got for task in page] == expected
    assert all(len(page) == limit for page in got[:-1])
    assert 0 < len(got[-1]) <= limit


def test_titles_go_from_a_to_z_unless_told_otherwise(user: User, tasks: list[dict[str, Any]]):
    assert user.tasks(sort="title") == user.tasks(sort="title", order="asc")


def test_pages_stay_whole_while_tasks_come_and_go(user: User, tasks: list[dict[str, Any]]):
    reading = pages(user, limit=3)
    first = next(reading)
    user.create("Newer than the cursor")
    user.delete(f"{user.path}/{first[-1]['id']}")
    rest = [task for page in reading for task in page]
    assert first + rest == tasks[::-1]


def test_unknown_parameters_are_ignored_and_kept_in_the_link(
    user: User, tasks: list[dict[str, Any]]
):
    response = user.get(f"{user.path}?find=%3E%22x&limit=3&utm=é")
    assert response.json() == tasks[::-1][:3]
    following = user.get(response.links["next"]["url"])
    assert following.json() == tasks[::-1][3:6]
    assert following.request.url.params["find"] == '>"x'


def test_ten_thousand_tasks_come_at_once_and_the_rest_by_link(user: User, database_url: str):
    seed(
        database_url,
        "INSERT INTO task (user_id, id, title, created_at, updated_at)"
        " SELECT $1, gen_random_uuid(), n::text, now(), now() FROM generate_series(1, 10005) n",
        user.id,
    )
    first, rest = list(pages(user))
    assert (len(first), len(rest)) == (10_000, 5)
    assert len({task["title"] for task in first + rest}) == 10_005
