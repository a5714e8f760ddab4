"""Saving, changing and running filters."""

import uuid

import pytest

from tests.api.nouns import listed, made, names, newest_number, path_of, undo_last
from todo_server.models import FilterCreate

PENDING = {"status": "pending", "sort": "title"}


def test_a_filter_is_a_name_and_a_query(user):
    saved = {"name": "To do", "query": PENDING}
    response = user.post(path_of(user, "filters"), json=saved)
    found = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == path_of(user, "filters", found["id"])
    assert found.items() >= saved.items()
    assert user.get(response.headers["location"]).json() == found
    assert listed(user, "filters") == [found]


def test_a_value_is_what_the_url_would_have_and_pages_are_left_out(user):
    query = {"sort": ["title"], "order": None, "limit": 20, "cursor": "x", "page": 2}
    assert made(user, "filters", name="one", query=query)["query"] == {"sort": "title"}


@pytest.mark.parametrize(
    "query", ['{"search": "\\ud83d"}', '{"tags": ["home", "\\udc00"]}', '{"search": "a\\udfffb"}']
)
def test_half_a_character_is_422_and_no_error_of_the_server(query, user):
    saved = made(user, "filters", name="one", query=PENDING)
    body = f'{{"name": "two", "query": {query}}}'
    json_type = {"Content-Type": "application/json"}
    for response in (
        user.post(path_of(user, "filters"), content=body, headers=json_type),
        user.put(path_of(user, "filters", saved["id"]), content=body, headers=json_type),
    ):
        assert response.status_code == 422
        (wrong,) = response.json()["details"]
        assert (wrong["field"], wrong["code"]) == ("query", "string_unicode")
    assert listed(user, "filters") == [saved]


def test_numbers_booleans_and_lists_become_texts():
    sent = {"a": "x y", "b": False, "c": 3, "d": ["high", 1, True], "e": [], "f": ""}
    read = FilterCreate.model_validate({"name": "one", "query": sent})
    assert read.query == {"a": "x y", "b": "false", "c": "3", "d": "high,1,true", "f": ""}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"color": "red"}, "query.color"),
        ({"status": "nothing"}, "query.status"),
        ({"sort": "title", "sort_by": "title"}, "query.sort_by"),
        ({"status": {"a": "b"}}, "query"),
        ({"status": [["pending"]]}, "query"),
        ({"status": "pending\0"}, "query"),
        ({"status": "x" * 4001}, "query"),
        ("status=pending", "query"),
        (None, "query"),
    ],
)
def test_what_a_listing_would_refuse_or_ignore_is_422(query, field, user):
    saved = made(user, "filters", name="one", query=PENDING)
    path = path_of(user, "filters", saved["id"])
    for response in (
        user.post(path_of(user, "filters"), json={"name": "two", "query": query}),
        user.patch(path, json={"query": query}),
    ):
        assert response.status_code == 422
        assert response.json()["details"][0]["field"] == field
    assert listed(user, "filters") == [saved]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_is_absent_stays_and_a_query_is_replaced_as_a_whole(method, user):
    saved = made(user, "filters", name="one", query=PENDING)
    path = path_of(user, "filters", saved["id"])
    assert user.request(method, path, json={"name": "two"}).json()["query"] == PENDING
    changed = user.request(method, path, json={"query": {"status": "all"}}).json()
    assert (changed["name"], changed["query"], changed["version"]) == ("two", {"status": "all"}, 3)
    assert user.request(method, path, json=changed).json() == changed


def test_a_filter_lists_what_its_query_finds_page_by_page(user):
    saved = made(user, "filters", name="one", query=PENDING)
    for title in "cab":
        user.create(title)
    user.create("d", completed=True)
    path = path_of(user, "filters", saved["id"], "tasks")
    whole = user.get(path)
    assert whole.json() == user.tasks(**PENDING)
    assert user.get(path, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    page = user.get(path, params={"limit": 2})
    assert [row["title"] for row in page.json()] == ["a", "b"]
    rest = user.get(page.links["next"]["url"])
    assert [row["title"] for row in rest.json()] == ["c"]
    assert "next" not in rest.links


def test_a_cursor_is_good_as_long_as_the_query_is_the_same(user):
    saved = made(user, "filters", name="one", query=PENDING)
    for title in "ab":
        user.create(title)
    path = path_of(user, "filters", saved["id"])
    following = user.get(f"{path}/tasks", params={"limit": 1}).links["next"]["url"]
    user.patch(path, json={"query": {}})
    assert user.get(following).status_code == 400


def test_no_filter_has_this_id(user):
    path = path_of(user, "filters", str(uuid.uuid4()))
    for response in (
        user.get(path),
        user.get(f"{path}/tasks"),
        user.put(path, json={"name": "x"}),
        user.delete(path),
    ):
        assert (response.status_code, response.json()["error"]) == (404, "filter_not_found")


def test_a_change_of_another_version_than_was_read_is_412(user):
    saved = made(user, "filters", name="one", query=PENDING)
    path, stale = path_of(user, "filters", saved["id"]), {"If-Match": '"9"'}
    for response in (
        user.patch(path, json={"name": "two"}, headers=stale),
        user.delete(path, headers=stale),
    ):
        assert response.status_code == 412
        assert response.json()["current"] == saved
    assert user.get(path, headers={"If-None-Match": '"1"'}).status_code == 304


def test_a_deleted_filter_comes_back_by_an_undo(user):
    saved = made(user, "filters", name="one", query=PENDING)
    made(user, "filters", name="two", query={}, move={"first": True})
    assert names(user, "filters") == ["two", "one"]
    assert user.delete(path_of(user, "filters", saved["id"])).status_code == 204
    assert names(user, "filters") == ["two"]
    undo_last(user)
    assert names(user, "filters") == ["two", "one"]
    assert listed(user, "filters")[1]["query"] == PENDING


def test_filters_are_followed_like_tasks(user):
    saved = made(user, "filters", name="one", query=PENDING)
    number = newest_number(user)
    user.delete(path_of(user, "filters", saved["id"]))
    page = user.get(path_of(user, "changes"), params={"since": number}).json()
    assert (page["filters"], page["removed"]) == ([], [saved["id"]])


def test_a_user_has_200_filters_at_most(user):
    for number in range(200):
        made(user, "filters", name=str(number), query={})
    refused = user.post(path_of(user, "filters"), json={"name": "one more", "query": {}})
    assert (refused.status_code, refused.json()["error"]) == (409, "limit_reached")
