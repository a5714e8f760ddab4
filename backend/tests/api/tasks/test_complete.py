"""PATCH /api/{user_id}/tasks/{task_id}/complete."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.server import User
from tests.tasks import after


@pytest.mark.parametrize(
    "options", [{}, {"json": {}}, {"headers": {"content-type": "application/json"}}]
)
def test_without_a_state_it_flips(user: User, options: dict[str, Any]):
    task = user.create(description="Two litres")
    once = user.patch(f"{user.path}/{task['id']}/complete", **options).json()
    twice = user.patch(f"{user.path}/{task['id']}/complete", **options).json()
    assert once == after(task, once, completed=True)
    assert twice == after(once, twice, completed=False)
    assert task["updated_at"] < once["updated_at"] < twice["updated_at"]


@pytest.mark.parametrize("state", [True, False])
def test_with_a_state_it_sets_it_and_may_be_retried(user: User, state: bool):
    task = user.create(completed=not state)
    first = user.patch(f"{user.path}/{task['id']}/complete", json={"completed": state}).json()
    again = user.patch(f"{user.path}/{task['id']}/complete", json={"completed": state}).json()
    assert first["completed"] is state
    assert first["updated_at"] > task["updated_at"]
    assert again == first


@pytest.mark.parametrize("flips", [20, 21])
def test_flips_at_the_same_time_all_count(user: User, flips: int):
    task = user.create()
    with ThreadPoolExecutor(flips) as threads:
        path = f"{user.path}/{task['id']}/complete"
        answers = list(threads.map(lambda _: user.patch(path), range(flips)))
    assert {answer.status_code for answer in answers} == {200}
    assert user.task(task["id"]).json()["completed"] is (flips % 2 == 1)


@pytest.mark.parametrize("body", [{"completed": None}, {"completed": 1}, {"done": True}])
def test_anything_else_is_422_and_flips_nothing(user: User, body: dict[str, Any]):
    task = user.create()
    assert user.patch(f"{user.path}/{task['id']}/complete", json=body).status_code == 422
    assert user.task(task["id"]).json() == task


def test_completing_a_strangers_task_is_404(user: User, stranger: User):
    theirs = stranger.create()
    assert user.patch(f"{user.path}/{theirs['id']}/complete").status_code == 404
    assert stranger.task(theirs["id"]).json() == theirs
