"""Skipping an occurrence, and the dates that will come."""

import pytest

from tests.api.repeating.tasks import (
    complete,
    in_days,
    newest_change,
    now,
    path_of,
    reopen,
    series,
    undo,
)
from tests.server import User


def test_skipping_moves_the_same_row_on_without_completing(user: User):
    task = user.create(
        due_date=in_days(-1) + "T09:00:00",
        start_date=in_days(-2),
        recurrence="weekly",
        reminders=[{"at": in_days(-1) + "T08:00:00"}, {"minutes_before": 5}],
    )

    skipped = user.post(f"{path_of(user, task)}/skip").json()

    assert skipped == now(user, task)
    changed = {name: value for name, value in skipped.items() if value != task[name]}
    assert {name: changed.get(name) for name in ("due_date", "start_date", "reminders")} == {
        "due_date": in_days(6) + "T09:00:00",
        "start_date": in_days(5),
        "reminders": [{"at": in_days(6) + "T08:00:00"}, {"minutes_before": 5}],
    }
    assert "completed" not in changed
    assert series(user, task) == [skipped]
    undo(user, newest_change(user))
    again = now(user, task)
    assert again["due_date"] == task["due_date"]
    assert complete(user, task)["next_task"]["due_date"] == in_days(6) + "T09:00:00"


def test_skipping_goes_on_from_a_moved_date_and_keeps_the_weeks(user: User):
    task = user.create(due_date=in_days(0), recurrence="FREQ=WEEKLY;INTERVAL=2")
    user.patch(path_of(user, task), json={"due_date": in_days(3)})
    skip = f"{path_of(user, task)}/skip"
    assert user.post(skip).json()["due_date"] == in_days(14)
    assert user.post(skip).json()["due_date"] == in_days(28)
    assert complete(user, task)["next_task"]["due_date"] == in_days(42)


@pytest.mark.parametrize("rule", [None, "FREQ=DAILY;COUNT=1"])
def test_without_a_date_to_come_nothing_is_skipped(user: User, rule: str | None):
    task = user.create(due_date=in_days(0), recurrence=rule)
    refused = user.post(f"{path_of(user, task)}/skip")
    assert (refused.status_code, refused.json()["error"]) == (409, "no_next_occurrence")
    assert now(user, task) == task
    assert user.get(f"{path_of(user, task)}/occurrences").json() == []


def test_what_is_completed_is_not_skipped(user: User):
    task = user.create(due_date=in_days(0), recurrence="daily")
    complete(user, task)
    assert user.post(f"{path_of(user, task)}/skip").status_code == 409
    assert user.get(f"{path_of(user, task)}/occurrences").json() == []


def test_what_has_its_successor_already_is_not_skipped(user: User):
    task = user.create(due_date=in_days(0), recurrence="weekly")
    successor = complete(user, task)["next_task"]
    user.patch(path_of(user, successor), json={"title": "Other"})
    reopen(user, task)
    refused = user.post(f"{path_of(user, task)}/skip")
    assert (refused.status_code, refused.json()["error"]) == (409, "no_next_occurrence")
    assert user.get(f"{path_of(user, task)}/occurrences").json() == []
    assert complete(user, task)["next_task"]["id"] == successor["id"]


def test_another_version_is_not_skipped(user: User):
    task = user.create(due_date=in_days(0), recurrence="daily")
    path = f"{path_of(user, task)}/skip"
    refused = user.post(path, headers={"If-Match": '"2"'})
    assert (refused.status_code, refused.json()["current"]) == (412, task)
    assert user.post(path, headers={"If-Match": '"1"'}).status_code == 200


def test_the_preview_begins_with_what_completing_gives(user: User):
    for members in (
        {"due_date": in_days(-40), "recurrence": "FREQ=WEEKLY;INTERVAL=2;COUNT=9"},
        {"due_date": in_days(4) + "T09:00:00Z", "recurrence": "monthly", "start_date": in_days(1)},
        {"recurrence": "FREQ=DAILY;INTERVAL=3", "recurrence_basis": "completed"},
    ):
        task = user.create(**members)
        coming = user.get(f"{path_of(user, task)}/occurrences", params={"count": 3}).json()
        assert len(coming) == 3
        assert coming == sorted(coming, key=lambda each: each["due_date"])
        successor = complete(user, task)["next_task"]
        assert coming[0] == {name: successor[name] for name in ("due_date", "start_date")}


def test_the_preview_shows_ten_or_as_many_as_there_are(user: User):
    path = path_of(user, user.create(due_date=in_days(0), recurrence="daily")) + "/occurrences"
    assert len(user.get(path).json()) == 10
    assert len(user.get(path, params={"count": 100}).json()) == 100
    for wrong in (0, 101, -1, "x"):
        assert user.get(path, params={"count": wrong}).status_code == 422
    short = user.create(due_date=in_days(0), recurrence="FREQ=DAILY;COUNT=4")
    assert len(user.get(f"{path_of(user, short)}/occurrences").json()) == 3
