"""Tasks in an order of the user's own: where a move puts one, and what it leaves as it is."""

from typing import Any

import pytest

from tests.server import User

MISSING = "00000000-0000-7000-8000-000000000000"


def order(user: User) -> list[str]:
    return [task["title"] for task in sorted(user.tasks(), key=lambda task: task["position"])]


@pytest.fixture
def tasks(user: User) -> dict[str, dict[str, Any]]:
    return {title: user.create(title) for title in "abcd"}


@pytest.mark.parametrize(
    ("where", "beside", "expected"),
    [
        ("after", "a", "adbc"),
        ("before", "a", "dabc"),
        ("after", "c", "abcd"),
        ("first", None, "dabc"),
        ("last", None, "abcd"),
    ],
)
def test_a_task_is_moved_and_no_other_one(
    where: str, beside: str | None, expected: str, user: User, tasks: Any
):
    move = {where: tasks[beside]["id"] if beside else True}
    moved = user.patch(f"{user.path}/{tasks['d']['id']}", json={"move": move})
    assert moved.is_success
    assert order(user) == [*expected]
    others = [task for task in user.tasks() if task["title"] != "d"]
    assert sorted(others, key=lambda task: task["title"]) == [tasks[each] for each in "abc"]


def test_a_new_task_is_put_where_it_says_and_behind_all_otherwise(user: User, tasks: Any):
    user.create("between", move={"before": tasks["b"]["id"]})
    user.create("behind")
    assert order(user) == ["a", "between", *"bcd", "behind"]


@pytest.mark.parametrize("where", ["after", "before"])
def test_beside_itself_or_what_there_is_not_it_is_not_put(where: str, user: User, tasks: Any):
    task = tasks["a"]
    user.delete(f"{user.path}/{tasks['b']['id']}")
    for beside in (task["id"], tasks["b"]["id"], MISSING):
        answer = user.patch(f"{user.path}/{task['id']}", json={"move": {where: beside}})
        assert answer.status_code == 422
        (detail,) = answer.json()["details"]
        assert (detail["field"], detail["code"]) == (f"move.{where}", "not_found")
    assert user.task(task["id"]).json() == task


def test_that_there_is_no_such_task_or_another_version_is_said_first(user: User, tasks: Any):
    """As with all else that is wrong with a change: a stranger's task is like none."""
    body = {"move": {"after": MISSING}}
    assert user.patch(f"{user.path}/{MISSING}", json=body).status_code == 404
    stale = {"If-Match": '"9"'}
    answer = user.patch(f"{user.path}/{tasks['a']['id']}", json=body, headers=stale)
    assert answer.status_code == 412
    assert answer.json()["current"] == tasks["a"]


def test_tags_stand_in_the_order_in_which_they_were_first_named(user: User):
    for number in range(20):
        user.create(tags=[f"{number} a", f"{number} b"])
    names = [tag["name"] for tag in user.get(f"/api/{user.id}/tags").json()]
    assert names == [f"{number} {each}" for number in range(20) for each in "ab"]
