"""POST /api/{user_id}/tasks."""

import re
from uuid import UUID

import pytest

from tests.contract import contract
from tests.server import User
from tests.tasks import REFERRING
from todo_server.models import TaskCreate, TaskRead

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_a_title_is_enough(user: User):
    response = user.post(user.path, json={"title": "Buy milk"})
    task = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"{user.path}/{task['id']}"
    assert set(task) == set(TaskRead.model_fields)
    known = {
        "user_id": user.id,
        "title": "Buy milk",
        "description": None,
        "completed": False,
        "updated_at": task["created_at"],
    }
    defaults = TaskCreate(title="Buy milk").model_dump(mode="json", exclude={"move"})
    assert task == task | known | defaults
    assert UUID(task["id"]).version == 7
    assert INSTANT.fullmatch(task["created_at"])


def test_the_location_leads_to_the_task(user: User):
    response = user.post("/api/me/tasks", json={"title": "Buy milk"})
    assert response.headers["location"].startswith("/api/me/tasks/")
    assert user.get(response.headers["location"]).json() == response.json()


def test_all_writable_members_are_kept(user: User):
    task = user.create("Buy milk", description="Two litres", completed=True)
    assert (task["description"], task["completed"]) == ("Two litres", True)
    assert user.task(task["id"]).json() == task


def test_every_writable_member_takes_its_example(user: User):
    members = contract()["components"]["schemas"]["TaskCreate"]["properties"]
    names = TaskCreate.model_fields.keys() - REFERRING
    examples = {name: members[name]["examples"][0] for name in names}
    task = user.post(user.path, json=examples).json()
    assert examples.items() <= task.items()
    assert user.task(task["id"]).json() == task


def test_titles_are_trimmed_and_empty_descriptions_are_null(user: User):
    task = user.create("  \t Buy milk \n ", description="")
    assert (task["title"], task["description"]) == ("Buy milk", None)


@pytest.mark.parametrize(
    "text",
    [
        "\u202eright to left",
        "👩\u200d👩\u200d👧",
        "e\u0301",
        'quotes " \\ and / </script>',
        "a\u0001b",
    ],
)
def test_text_is_kept_verbatim(user: User, text: str):
    task = user.create(text, description=text)
    assert (task["title"], task["description"]) == (text, text)
    assert user.tasks()[0] == task


def test_what_a_client_echoes_back_is_ignored_and_never_assigned(user: User, stranger: User):
    theirs = stranger.create()
    mine = user.create(**{k: v for k, v in theirs.items() if k != "title"}, title="Mine")
    assert mine["user_id"] == user.id
    assert mine["id"] != theirs["id"]
    assert mine["created_at"] != theirs["created_at"]
    assert stranger.task(theirs["id"]).json() == theirs


def test_an_unknown_member_is_422_and_creates_nothing(user: User):
    response = user.post(user.path, json={"title": "Buy milk", "colour": "red"})
    assert response.status_code == 422
    assert response.json()["details"] == [
        {
            "field": "colour",
            "code": "extra_forbidden",
            "message": "Extra inputs are not permitted",
        }
    ]
    assert user.tasks() == []
