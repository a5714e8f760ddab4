"""PUT and PATCH /api/{user_id}/tasks/{task_id}: the same merge."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract import contract
from tests.server import User
from tests.tasks import REFERRING, after
from todo_server.models import TaskUpdate

PROPERTIES = contract()["components"]["schemas"]["TaskUpdate"]["properties"]
MEMBERS = {name: PROPERTIES[name] for name in TaskUpdate.model_fields}


@pytest.fixture(params=["PUT", "PATCH"])
def method(request: pytest.FixtureRequest) -> Any:
    return request.param


def change(user: User, method: str, task_id: str, **members: Any) -> httpx.Response:
    return user.request(method, f"{user.path}/{task_id}", json=members)


@pytest.mark.parametrize(
    "members",
    [{"title": "Buy bread"}, {"description": "Three"}, {"completed": True}, {"description": None}],
)
def test_only_what_is_named_changes(user: User, method: str, members: dict[str, Any]):
    task = user.create(description="Two litres")
    changed = change(user, method, task["id"], **members).json()
    assert changed["updated_at"] > task["updated_at"]
    assert changed == after(task, changed, **members)
    assert user.task(task["id"]).json() == changed


def test_what_changes_nothing_leaves_the_instant(user: User, method: str):
    task = user.create(description="Two litres")
    for members in ({}, task, {"title": " Buy milk "}, {"completed": False}):
        response = change(user, method, task["id"], **members)
        assert response.status_code == 200
        assert response.json() == task


def test_an_empty_description_becomes_null(user: User, method: str):
    task = user.create(description="Two litres")
    assert change(user, method, task["id"], description="").json()["description"] is None


@pytest.mark.parametrize("name", sorted(MEMBERS.keys() - REFERRING))
def test_every_member_takes_its_example_and_no_other_changes(user: User, method: str, name: str):
    task = user.create("Call Bob", completed=True)
    example = MEMBERS[name]["examples"][0]
    changed = change(user, method, task["id"], **{name: example}).json()
    assert changed == after(task, changed, **{name: example})


NEVER_NULL = ("title", "completed", "move")


@pytest.mark.parametrize("members", [*({name: None} for name in NEVER_NULL), {"user_id2": "x"}])
def test_null_where_nothing_can_be_cleared_is_422(user: User, method: str, members: dict[str, Any]):
    task = user.create()
    assert change(user, method, task["id"], **members).status_code == 422
    assert user.task(task["id"]).json() == task


def test_a_whole_task_can_be_sent_back(user: User, stranger: User, method: str):
    task = user.create()
    sent = {**task, "user_id": stranger.id, "id": str(uuid4()), "title": "Buy bread"}
    assert change(user, method, task["id"], **sent).json()["title"] == "Buy bread"
    assert user.task(task["id"]).json()["user_id"] == user.id
    assert stranger.tasks() == []


def test_changing_a_strangers_task_is_404_and_changes_nothing(
    user: User, stranger: User, method: str
):
    theirs = stranger.create()
    assert change(user, method, theirs["id"], title="Mine now").status_code == 404
    assert stranger.task(theirs["id"]).json() == theirs


def test_every_change_moves_the_instant_forward(user: User, method: str):
    task = user.create()
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda n: change(user, method, task["id"], title=f"{n}").json(), range(24))
        )
    instants = [answer["updated_at"] for answer in answers]
    assert len(set(instants)) == 24
    assert user.task(task["id"]).json()["updated_at"] == max(instants)
