"""If-None-Match: what somebody has is not sent again (RFC 9110, sections 13.1.2 and 15.4.5)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.server import RunningServer, User, settings, token_for

PLACES: dict[str, Callable[[User, str], str]] = {
    "a task": lambda user, task_id: f"{user.path}/{task_id}",
    "the list": lambda user, _: user.path,
    "a page": lambda user, _: f"{user.path}?limit=1",
    "the last page": lambda user, _: f"{user.path}?limit=200&sort=title",
    "an empty list": lambda user, _: f"{user.path}?status=completed",
}
every_place = pytest.mark.parametrize("place", PLACES)


@pytest.fixture
def task(user: User) -> dict[str, Any]:
    user.create("Another")
    return user.create()


def ask(user: User, path: str, condition: str | bytes | tuple[bytes, ...]) -> httpx.Response:
    lines = condition if isinstance(condition, tuple) else (condition,)
    headers = [
        (b"if-none-match", line.encode("latin-1") if isinstance(line, str) else line)
        for line in lines
    ]
    return user.get(path, headers=headers)


KNOWN: dict[str, Callable[[str], str | bytes | tuple[bytes, ...]]] = {
    "its tag": lambda tag: tag,
    "its tag, made weak by a proxy": lambda tag: f"W/{tag}",
    "any": lambda _: "*",
    "several": lambda tag: f'"0", {tag}',
    "several weak ones": lambda tag: f'W/"0",W/{tag} , W/"abc"',
    "several lines": lambda tag: (b'"0"', tag.encode()),
    "foreign bytes besides": lambda tag: b'"\xff", ' + tag.encode(),
}
UNKNOWN = ['"0"', 'W/"0"', '""', '"0", "abc"', '"1,2"', '"' + "9" * 400 + '"']
MALFORMED = ["1", "", ",", '"1', "'1'", 'w/"1"', '"1" "2"', '*, "1"', '"1 "', "**"]


@every_place
@pytest.mark.parametrize("condition", KNOWN)
def test_what_is_known_is_304_without_a_body(
    condition: str, place: str, user: User, task: dict[str, Any]
):
    path = PLACES[place](user, task["id"])
    full = user.get(path)
    answer = ask(user, path, KNOWN[condition](full.headers["etag"]))
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == full.headers["etag"]
    assert answer.headers["vary"] == full.headers["vary"]
    assert answer.headers["x-request-id"] != full.headers["x-request-id"]
    assert not {"content-type", "content-length", "transfer-encoding"} & answer.headers.keys()


@every_place
@pytest.mark.parametrize("condition", UNKNOWN)
def test_what_is_not_known_is_sent(condition: str, place: str, user: User, task: dict[str, Any]):
    path = PLACES[place](user, task["id"])
    full, answer = user.get(path), ask(user, path, condition)
    assert (answer.status_code, answer.content) == (200, full.content)
    assert answer.headers["etag"] == full.headers["etag"]


@every_place
@pytest.mark.parametrize("condition", MALFORMED)
def test_what_is_no_list_of_tags_is_422(
    condition: str, place: str, user: User, task: dict[str, Any]
):
    answer = ask(user, PLACES[place](user, task["id"]), condition)
    assert (answer.status_code, answer.json()["error"]) == (422, "validation_failed")
    assert [detail["field"] for detail in answer.json()["details"]] == ["If-None-Match"]


@every_place
def test_head_says_what_get_says(place: str, user: User, task: dict[str, Any]):
    path = PLACES[place](user, task["id"])
    full = user.head(path)
    assert full.headers["etag"] == user.get(path).headers["etag"]
    known = user.head(path, headers={"If-None-Match": full.headers["etag"]})
    assert (known.status_code, known.headers["etag"]) == (304, full.headers["etag"])
    assert user.head(path, headers={"If-None-Match": '"0"'}).status_code == 200


def test_the_connection_goes_on_after_a_304(user: User, task: dict[str, Any]):
    path = f"{user.path}/{task['id']}"
    for _ in range(3):
        assert ask(user, path, '"1"').status_code == 304
        assert user.get(path).json() == task


CHANGES: dict[str, Callable[[User, str], Any]] = {
    "one that is new": lambda user, _: user.create("New"),
    "one that changed": lambda user, path: user.put(path, json={"description": "Two litres"}),
    "one that is done": lambda user, path: user.patch(f"{path}/complete"),
    "one that is gone": lambda user, path: user.delete(path),
}


@pytest.mark.parametrize("query", ["", "?limit=2", "?sort=title", "?status=pending", "?limit=1"])
@pytest.mark.parametrize("change", CHANGES)
def test_another_list_has_another_tag(change: str, query: str, user: User, task: dict[str, Any]):
    listed = user.get(user.path + query)
    CHANGES[change](user, f"{user.path}/{task['id']}")
    answer = ask(user, user.path + query, listed.headers["etag"])
    assert answer.status_code == 200
    assert answer.content != listed.content
    assert answer.headers["etag"] != listed.headers["etag"]


def test_a_page_that_has_got_a_next_one_is_another(user: User):
    """What is in it is the same; a client that follows the links would miss the rest."""
    path = f"{user.path}?sort=title&limit=2"
    for title in ("a", "b"):
        user.create(title)
    last = user.get(path)
    assert "next" not in last.links
    user.create("c")
    answer = ask(user, path, last.headers["etag"])
    assert (answer.status_code, answer.content) == (200, last.content)
    assert "next" in answer.links
    assert ask(user, path, answer.headers["etag"]).status_code == 304


def test_a_task_that_changed_is_sent(user: User, task: dict[str, Any]):
    path = f"{user.path}/{task['id']}"
    changed = user.patch(f"{path}/complete")
    answer = ask(user, path, '"1"')
    assert (answer.status_code, answer.json()) == (200, changed.json())
    assert ask(user, path, changed.headers["etag"]).status_code == 304


def test_what_is_not_there_is_404_whatever_is_known(user: User, stranger: User):
    theirs, gone = stranger.create(), user.create()
    user.delete(f"{user.path}/{gone['id']}")
    for task_id in (theirs["id"], gone["id"], str(uuid4())):
        for condition in ("*", '"1"', '"0"'):
            assert ask(user, f"{user.path}/{task_id}", condition).status_code == 404


def test_what_is_no_list_of_tags_is_422_before_anything_is_looked_for(user: User):
    assert ask(user, f"{user.path}/{uuid4()}", "1").status_code == 422


def test_nobody_learns_from_a_tag_what_another_has(user: User, stranger: User):
    theirs = stranger.create()
    tag = stranger.get(stranger.path).headers["etag"]
    for path in (stranger.path, f"{stranger.path}/{theirs['id']}"):
        assert ask(user, path, tag).status_code == 403
    assert user.get(user.path).headers["etag"] != tag


def test_a_list_in_pieces_has_no_tag_and_is_always_sent(user: User):
    for _ in range(290):
        user.create("long", description="\N{SNOWMAN}" * 5000)
    for condition in ("*", '"0"'):
        answer = ask(user, user.path, condition)
        assert (answer.status_code, len(answer.json())) == (200, 290)
        assert "etag" not in answer.headers


# Pages in a browser

ORIGIN = "https://app.example.com"


def test_pages_may_send_conditions_and_read_tags(database_url: str):
    with RunningServer(settings(database_url, cors_origins=ORIGIN)) as server, User(server) as user:
        path = f"{user.path}/{user.create()['id']}"
        asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH"}
        asked = "authorization, content-type, if-match, if-none-match"
        preflight = httpx.options(
            f"{server.url}{path}", headers={**asks, "Access-Control-Request-Headers": asked}
        )
        assert preflight.status_code == 200
        allowed = preflight.headers["access-control-allow-headers"].lower()
        assert {"if-match", "if-none-match"} <= set(allowed.split(", "))
        token = {"Authorization": f"Bearer {token_for(user.id)}", "Origin": ORIGIN}
        known = user.get(path, headers={**token, "If-None-Match": '"1"'})
        conflict = user.patch(path, json={}, headers={**token, "If-Match": '"0"'})
        assert (known.status_code, conflict.status_code) == (304, 412)
        for answer in (known, conflict):
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert "Origin" in answer.headers["vary"]
            exposed = answer.headers["access-control-expose-headers"].split(", ")
            assert {"ETag", "X-Request-ID"} <= set(exposed)
            assert answer.headers["etag"] == '"1"'
