"""GET /api/{user_id}/tasks by the number of a page, and lists as objects."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.tasks.test_long_lists import fill
from tests.server import RunningServer, User, settings

TITLES = "abcdefg"


@pytest.fixture
def made(user: User) -> list[dict[str, Any]]:
    """Seven tasks, newest first."""
    return [user.create(title) for title in TITLES][::-1]


def test_a_page_is_an_object_that_says_how_many_there_are(user: User, made: list[dict[str, Any]]):
    for query in ("page=2&page_size=3", "page=2&per_page=3", "page=2&limit=3", "skip=3&limit=3"):
        response = user.get(f"{user.path}?{query}")
        assert response.json() == {
            "tasks": made[3:6],
            "total": 7,
            "page": 2,
            "page_size": 3,
            "pages": 3,
            "has_more": True,
        }


@pytest.mark.parametrize("query", ["page_size=3", "page=1&limit=3", "skip=0&limit=3", "offset=1"])
def test_the_link_leads_from_page_to_page_to_the_end(
    user: User, made: list[dict[str, Any]], query: str
):
    found: list[dict[str, Any]] = []
    response = user.get(f"{user.path}?{query}&status=all")
    while True:
        found += response.json()["tasks"]
        assert ("next" in response.links) == response.json()["has_more"]
        if "next" not in response.links:
            break
        response = user.get(response.links["next"]["url"])
    assert found == (made[1:] if query == "offset=1" else made)


@pytest.mark.parametrize(
    ("query", "first", "answered"),
    [
        ("page=1", 0, (1, 20, 1, False)),
        ("page_size=7", 0, (1, 7, 1, False)),
        ("page_size=6", 0, (1, 6, 2, True)),
        ("page=3&page_size=3", 6, (3, 3, 3, False)),
        ("page=4&page_size=3", 9, (4, 3, 3, False)),
        ("offset=0", 0, (1, 20, 1, False)),
        ("offset=2&limit=5", 2, (1, 5, 2, False)),
        ("offset=6&page_size=5", 6, (2, 5, 2, False)),
        ("page=1000000&page_size=200", 199_999_800, (1_000_000, 200, 1, False)),
    ],
)
def test_pages_are_counted_from_one_and_end(
    user: User, made: list[dict[str, Any]], query: str, first: int, answered: tuple[Any, ...]
):
    about = dict(zip(("page", "page_size", "pages", "has_more"), answered, strict=True))
    found = user.get(f"{user.path}?{query}").json()
    assert found.pop("tasks") == made[first : first + about["page_size"]]
    assert found == {"total": 7} | about


def test_nobodys_page_is_empty(user: User):
    expected = {"tasks": [], "total": 0, "page": 1, "page_size": 20, "pages": 0, "has_more": False}
    assert user.get(f"{user.path}?page=1").json() == expected


def test_a_page_has_the_filters_and_the_order_that_were_asked_for(
    user: User, made: list[dict[str, Any]]
):
    user.patch(f"{user.path}/{made[0]['id']}/complete")
    found = user.get(f"{user.path}?page=1&page_size=2&status=pending&sort=-title").json()
    assert ([task["title"] for task in found["tasks"]], found["total"]) == (["f", "e"], 6)


def test_a_page_that_is_known_is_304_until_something_changes_the_total(
    user: User, made: list[dict[str, Any]]
):
    first = user.get(f"{user.path}?page=1&page_size=2")
    known = {"If-None-Match": first.headers["etag"]}
    assert user.get(f"{user.path}?page=1&page_size=2", headers=known).status_code == 304
    user.delete(f"{user.path}/{made[-1]['id']}")
    again = user.get(f"{user.path}?page=1&page_size=2", headers=known)
    assert (again.status_code, again.json()["total"]) == (200, 6)
    assert again.json()["tasks"] == first.json()["tasks"]


@pytest.fixture(scope="module")
def of_objects(database_url: str) -> Iterator[RunningServer]:
    """A server that answers lists as objects."""
    with RunningServer(settings(database_url, list_envelope="object")) as running:
        yield running


def test_where_lists_are_objects_all_of_them_are(of_objects: RunningServer):
    with User(of_objects) as user:
        made = [user.create(title) for title in TITLES][::-1]
        assert user.get(user.path).json() == {"tasks": made, "total": 7}
        first = user.get(f"{user.path}?limit=5&sort=-title")
        assert first.json() == {"tasks": made[:5], "total": 7}
        following = user.get(first.links["next"]["url"])
        assert following.json() == {"tasks": made[5:], "total": 7}
        assert "next" not in following.links
        assert user.get(f"{user.path}?search=g").json() == {"tasks": made[:1], "total": 1}
        known = {"If-None-Match": first.headers["etag"]}
        assert user.get(f"{user.path}?limit=5&sort=-title", headers=known).status_code == 304
        user.delete(f"{user.path}/{made[0]['id']}")
        trash = user.get(f"/api/{user.id}/trash").json()
        assert ([task["title"] for task in trash["tasks"]], trash["total"]) == (["g"], 1)
        assert user.get(f"{user.path}?page=1").json()["pages"] == 1


def test_a_long_list_in_pieces_is_an_object_as_well(of_objects: RunningServer, database_url: str):
    with User(of_objects) as user:
        fill(database_url, user.id)
        whole = user.get(user.path)
        assert whole.headers["transfer-encoding"] == "chunked"
        answer = json.loads(whole.content)
        assert (len(answer["tasks"]), answer["total"]) == (2_000, 2_000)
        assert list(answer) == ["tasks", "total"]
