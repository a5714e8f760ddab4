"""The operations on notifications: list, mark one, mark several."""

import uuid
from typing import Any

import pytest

from tests.databases import run_as
from tests.server import User

MAKE = """
INSERT INTO my_notification (user_id, id, kind, title, created_at)
SELECT $1, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'reminder', n, now()
FROM generate_series(1, $2::int) AS n
"""


@pytest.fixture
def told(user: User, database_url: str) -> list[dict[str, Any]]:
    """Seven notifications of the user's, the newest first."""
    run_as(database_url, user.id, MAKE, user.id, 7)
    return listed(user)


def listed(user: User, **query: Any) -> list[dict[str, Any]]:
    response = user.get(f"/api/{user.id}/notifications", params=query)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()
    return found


def titles(user: User, **query: Any) -> str:
    return "".join(each["title"] for each in listed(user, **query))


def mark(user: User, **which: Any) -> tuple[int, int]:
    response = user.post(f"/api/{user.id}/notifications/read", json=which)
    assert response.status_code == 200, response.text
    return response.json()["marked"], response.json()["unread"]


def test_who_was_told_nothing_has_an_empty_list(user: User):
    assert listed(user) == []


def test_the_newest_comes_first_and_pages_are_the_whole_in_pieces(user: User, told):
    assert [each["title"] for each in told] == list("7654321")
    pages, url = [], f"/api/{user.id}/notifications?limit=3"
    while url:
        response = user.get(url)
        assert 0 < len(response.json()) <= 3
        pages += response.json()
        url = response.links.get("next", {}).get("url", "")
    assert pages == told


def test_a_list_that_is_the_same_again_is_304(user: User, told):
    path = f"/api/{user.id}/notifications"
    tag = user.get(path).headers["ETag"]
    assert user.get(path, headers={"If-None-Match": tag}).status_code == 304
    mark(user)
    assert user.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_one_is_marked_as_read_and_as_unread_again(user: User, told):
    path = f"/api/{user.id}/notifications/{told[0]['id']}"
    read = user.patch(path, json={"read": True}).json()
    assert read == told[0] | {"read_at": read["read_at"]}
    assert read["read_at"].endswith("Z")
    assert user.patch(path, json={"read": True}).json() == read, "the instant stays"
    assert titles(user, unread="true") == "654321"
    assert titles(user, unread="false") == "7"
    assert titles(user, unread="all") == titles(user, unread="") == "7654321"
    assert user.patch(path, json={"read": False}).json() == told[0]
    assert titles(user, unread="true") == "7654321"


def test_several_are_marked_some_or_up_to_one_or_all(user: User, told):
    ids = [each["id"] for each in told]
    assert mark(user, ids=[ids[1], ids[1], str(uuid.uuid4())]) == (1, 6)
    assert mark(user, up_to=ids[4]) == (3, 3)
    assert titles(user, unread="true") == "754"
    assert mark(user, ids=[]) == (0, 3)
    response = user.post(f"/api/{user.id}/notifications/read")
    assert response.json() == {"marked": 3, "unread": 0}
    assert mark(user) == (0, 0)


def test_a_cursor_goes_on_where_it_was_while_others_are_marked(user: User, told):
    first = user.get(f"/api/{user.id}/notifications", params={"unread": "true", "limit": 2})
    mark(user, ids=[each["id"] for each in first.json()])
    following = user.get(first.links["next"]["url"])
    assert [each["title"] for each in following.json()] == ["5", "4"]


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [], "up_to": str(uuid.UUID(int=1))},
        {"ids": ["x"]},
        {"up_to": None},
        {"before": "x"},
        [],
    ],
    ids=str,
)
def test_what_says_not_which_is_422(body, user: User, told):
    response = user.post(f"/api/{user.id}/notifications/read", json=body)
    assert response.status_code == 422
    assert listed(user) == told


@pytest.mark.parametrize("body", [{}, {"read": None}, {"read": "yes"}, {"read_at": None}])
def test_a_change_without_a_truth_is_422(body, user: User, told):
    path = f"/api/{user.id}/notifications/{told[0]['id']}"
    assert user.patch(path, json=body).status_code == 422


def test_those_of_somebody_else_are_as_if_they_had_never_been(user: User, told, stranger: User):
    for its in (told[0]["id"], str(uuid.uuid4())):
        response = stranger.patch(f"/api/{stranger.id}/notifications/{its}", json={"read": True})
        assert response.status_code == 404
        assert response.json()["error"] == "notification_not_found"
    assert mark(stranger, ids=[each["id"] for each in told]) == (0, 0)
    assert mark(stranger) == (0, 0)
    for response in (
        stranger.get(f"/api/{user.id}/notifications"),
        stranger.post(f"/api/{user.id}/notifications/read"),
        stranger.patch(f"/api/{user.id}/notifications/{told[0]['id']}", json={"read": True}),
    ):
        assert response.status_code == 403
    assert listed(user) == told


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"unread": "yes"}])
def test_a_query_that_is_not_known_is_422(query, user: User):
    assert user.get(f"/api/{user.id}/notifications", params=query).status_code == 422


def test_a_cursor_of_another_list_is_refused(user: User, told):
    cursor = user.get(f"/api/{user.id}/notifications?limit=2").links["next"]["url"]
    response = user.get(cursor + "&unread=true")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_the_word_for_several_is_no_id_of_one(user: User, method: str):
    response = user.request(method, f"/api/{user.id}/notifications/read", json={"read": True})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
