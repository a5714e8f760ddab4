"""Other names of the due date, and what counts where they disagree."""

from typing import Any
from uuid import uuid4

import pytest

from tests.server import User


def due(user: User, **sent: Any) -> Any:
    return user.create(**sent)["due_date"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"dueDate": "2026-11-30"}, "2026-11-30"),
        ({"due": "2026-11-30T09:00"}, "2026-11-30T09:00:00"),
        ({"due": ""}, None),
        ({"due_date": ""}, None),
        ({"due_date": "2026-11-30", "dueDate": None}, "2026-11-30"),
        ({"due_date": "2026-11-30T09:00", "dueDate": "2026-11-30T09:00:00"}, "2026-11-30T09:00:00"),
        ({"due_date": "2026-11-30", "due_time": "09:00"}, "2026-11-30T09:00:00"),
        ({"dueDate": "2026-11-30", "due_time": "09:00:30"}, "2026-11-30T09:00:30"),
        ({"due_date": "2026-11-30T09:00", "due_time": "09:00"}, "2026-11-30T09:00:00"),
        ({"due_date": "2026-11-30", "due_time": ""}, "2026-11-30"),
        ({"due_date": "2026-11-30", "due_time": None}, "2026-11-30"),
        ({"due_date": None, "due_time": "09:00"}, None),
    ],
)
def test_other_names_of_the_due_date(user: User, sent: dict[str, Any], kept: str | None):
    assert due(user, **sent) == kept
    task = user.create(due_date="2020-02-29")
    changed = user.patch(f"{user.path}/{task['id']}", json=sent)
    assert changed.json()["due_date"] == kept


def test_of_a_new_task_the_name_that_says_something_counts(user: User):
    assert due(user, due_date=None, dueDate="2026-11-30") == "2026-11-30"


@pytest.mark.parametrize("present", [None, "2026-11-30", "2026-11-30T09:00:00Z"])
@pytest.mark.parametrize("name", ["dueDate", "due"])
def test_the_name_that_differs_from_the_task_counts(user: User, name: str, present: str | None):
    task = user.create(due_date=present)
    path = f"{user.path}/{task['id']}"
    new = "2027-01-01T10:00:00"
    for sent in ({"due_date": present, name: new}, {"due_date": new, name: present or ""}):
        changed = user.put(path, json={**task, **sent})
        assert changed.json()["due_date"] == new, sent
        user.patch(path, json={"due_date": present})
    assert user.patch(path, json={name: None}).json()["due_date"] is None


def test_two_that_both_differ_are_refused_and_change_nothing(user: User):
    task = user.create(due_date="2026-11-30")
    path = f"{user.path}/{task['id']}"
    sent = {"title": "Other", "due_date": "2026-12-01", "dueDate": "2026-12-02"}
    refused = user.patch(path, json=sent)
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["details"]] == ["due_date"]
    assert user.task(task["id"]).json() == task
    assert user.post(user.path, json=sent).status_code == 422
    missing = user.patch(f"{user.path}/{uuid4()}", json=sent)
    assert missing.status_code == 404
    stale = user.patch(path, json=sent, headers={"If-Match": '"7"'})
    assert stale.status_code == 412


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"dueDate": "tomorrow"}, "dueDate"),
        ({"due": 5}, "due"),
        ({"due_time": "09:00"}, "due_time"),
        ({"due_date": "2026-11-30", "due_time": "25:00"}, "due_time"),
        ({"due_date": "2026-11-30", "due_time": 9}, "due_time"),
        ({"due_date": "2026-11-30T09:00", "due_time": "10:00"}, "due_time"),
        ({"due_date": "2026-02-30", "due_time": "10:00"}, "due_date"),
    ],
)
def test_what_is_no_date_by_another_name_is_refused_by_that_name(
    user: User, sent: dict[str, Any], field: str
):
    refused = user.post(user.path, json={"title": "Buy milk", **sent})
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["details"]] == [field]


def test_names_that_disagree_in_a_bulk_are_settled_as_alone(user: User):
    task = user.create(due_date="2026-11-30")
    update = {"op": "update", "id": task["id"], "due_date": "2026-11-30", "due": "2026-12-01"}
    answer = user.post(f"{user.path}/bulk", json={"commands": [update]}).json()
    assert answer["results"][0]["task"]["due_date"] == "2026-12-01"
