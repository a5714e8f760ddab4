"""An id that was purged and comes again with an import is another task."""

from uuid import uuid4

import pytest

from tests.server import User


def the_document(
    task_id: str, title: str, instant: str = "2026-01-01T00:00:00Z"
) -> dict[str, object]:
    task = {"id": task_id, "title": title, "created_at": instant, "updated_at": instant}
    return {"format": "todo-server/1", "tasks": [task]}


@pytest.fixture
def again(user: User) -> dict[str, str]:
    """A task that was made, changed, deleted, purged and imported with another title."""
    url = f"/api/{user.id}"
    task = user.post(f"{url}/tasks", json={"title": "old"}).json()
    user.patch(f"{url}/tasks/{task['id']}", json={"title": "older"})
    user.delete(f"{url}/tasks/{task['id']}")
    user.delete(f"{url}/trash/{task['id']}")
    answer = user.post(f"{url}/import", json=the_document(task["id"], "anew"))
    assert answer.json() == {"created": 1, "left": 0}
    return {"url": url, "task": f"{url}/tasks/{task['id']}"}


def test_its_versions_go_on_so_that_no_condition_meets_what_was(user: User, again: dict[str, str]):
    task = user.get(again["task"])
    assert (task.json()["title"], task.json()["version"]) == ("anew", 5)
    for version in ("1", "2", "3"):
        known = user.get(again["task"], headers={"If-None-Match": f'"{version}"'})
        assert known.status_code == 200
        stale = user.patch(
            again["task"], headers={"If-Match": f'"{version}"'}, json={"title": "lost"}
        )
        assert stale.status_code == 412


def test_its_history_begins_anew(user: User, again: dict[str, str]):
    history = user.get(f"{again['task']}/history").json()
    assert [(each["kind"], each["version"]) for each in history] == [("created", 5)]


def test_what_was_before_cannot_be_undone(user: User, again: dict[str, str]):
    for number in (1, 2, 3):
        answer = user.post(f"{again['url']}/changes/{number}/undo")
        assert (answer.status_code, answer.json()["error"]) == (409, "already_purged")
    assert user.get(again["task"]).json()["title"] == "anew"


@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00Z", "0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.0000001Z"]
)
def test_an_instant_that_postgresql_has_not_is_refused(user: User, instant: str):
    document = the_document(str(uuid4()), "first of all", instant)
    answer = user.post(f"/api/{user.id}/import", json=document)
    assert answer.status_code == 422
    assert answer.json()["details"][0]["field"] == "tasks.0.created_at"
