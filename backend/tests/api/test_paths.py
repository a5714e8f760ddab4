"""What separates in a path, and what is part of a name: routes match the path as it was sent."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute

from tests.server import RunningServer, User, settings
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.path import decoded

IDS = ["a/b", "/", "a//b", "a/tasks", "a\nb", "a\n", "50%", "a%2Fb", "a%252Fb", "ü/ß", "a b?c#d"]


def path_of(user_id: str) -> str:
    return f"/api/{quote(user_id, safe='')}/tasks"


@pytest.fixture(scope="module")
def trusting(database_url: str) -> Iterator[RunningServer]:
    with RunningServer(settings(database_url, auth_mode="none")) as server:
        yield server


@pytest.mark.parametrize("user_id", IDS)
def test_an_id_is_whatever_its_segment_says(new_user: Callable[..., User], user_id: str):
    user = new_user(user_id)
    created = user.post(path_of(user_id), json={"title": "x"})
    assert created.status_code == 201
    assert created.json()["user_id"] == user_id
    assert created.headers["location"] == f"{path_of(user_id)}/{created.json()['id']}"
    for path in (created.headers["location"], f"/api/me/tasks/{created.json()['id']}"):
        assert user.get(path).json() == created.json()


def test_pages_are_followed_on_the_path_of_an_id_with_a_slash(new_user: Callable[..., User]):
    user = new_user("pages/of 100%")
    tasks = [user.post(path_of(user.id), json={"title": "x"}).json() for _ in range(3)]
    page = user.get(path_of(user.id), params={"limit": 2})
    found = page.json() + user.get(page.links["next"]["url"]).json()
    assert found == tasks[::-1]


@pytest.mark.parametrize(("asker", "asked"), [("a", "a/b"), ("a/b", "a"), ("a%2Fb", "a/b")])
def test_the_path_of_another_id_is_403_though_one_begins_like_the_other(
    new_user: Callable[..., User], asker: str, asked: str
):
    assert new_user(asker).get(path_of(asked)).status_code == 403


def test_a_bare_slash_in_an_id_is_404(new_user: Callable[..., User]):
    assert new_user("a/b").get("/api/a/b/tasks").status_code == 404


def test_without_tokens_ids_with_a_slash_are_kept_apart(trusting: RunningServer):
    with httpx.Client(base_url=trusting.url) as client:
        for user_id in IDS:
            client.post(path_of(user_id), json={"title": user_id}).raise_for_status()
        for user_id in IDS:
            tasks = client.get(path_of(user_id)).json()
            assert {(task["user_id"], task["title"].strip()) for task in tasks} >= {
                (user_id, user_id.strip())
            }
            assert {task["user_id"] for task in tasks} == {user_id}


@pytest.mark.parametrize(
    ("raw_path", "path"),
    [
        (b"/api/%6De/tasks", "/api/me/tasks"),
        (b"/api/a%2fb/tasks", "/api/a%2Fb/tasks"),
        (b"/api/a%252fb/tasks", "/api/a%252fb/tasks"),
        (b"/livez%0A", "/livez%0A"),
        (b"/%%32F", "/%252F"),
        (b"/%zz", "/%25zz"),
        (b"/%", "/%25"),
        (b"/%C3%BC", "/ü"),
        (b"/%ff", "/\ufffd"),
    ],
)
def test_a_path_is_decoded_but_for_what_would_read_as_another(raw_path: bytes, path: str):
    assert decoded(raw_path) == path


def test_only_routes_that_decode_have_names_in_their_paths(server: RunningServer):
    named = [r for r in server.app.routes if isinstance(r, APIRoute) and "{" in r.path]
    # A secret has no character that is encoded: what is, is none.
    named = [route for route in named if route.path != "/api/calendar/{secret}.ics"]
    assert named
    assert all(isinstance(route, OwnerRoute) for route in named)
