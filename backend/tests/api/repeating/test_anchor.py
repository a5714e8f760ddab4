"""What a rule is counted from stays what it is, through edits, exports and imports."""

from typing import Any

import pytest

from tests.api.everything.documents import exported, imported
from tests.api.repeating.tasks import complete, path_of, reopen, series
from tests.server import User

JANUARY = {"due_date": "2030-01-31", "recurrence": "monthly"}


def coming(user: User, task: Any, count: int = 3) -> list[str]:
    answer = user.get(f"{path_of(user, task)}/occurrences", params={"count": count})
    assert answer.status_code == 200, answer.text
    return [each["due_date"] for each in answer.json()]


def in_february(user: User, **members: Any) -> Any:
    return complete(user, user.create(**JANUARY | members))["next_task"]


def skipped(user: User) -> Any:
    task = user.create(**JANUARY | {"recurrence": "FREQ=MONTHLY;COUNT=4"})
    return user.post(f"{path_of(user, task)}/skip").json()


def moved(user: User) -> Any:
    task = user.create(due_date="2030-01-10", recurrence="FREQ=WEEKLY;INTERVAL=2")
    return user.patch(path_of(user, task), json={"due_date": "2030-01-15"}).json()


def by_completion(user: User) -> Any:
    members = {"recurrence": "FREQ=DAILY;COUNT=3", "recurrence_basis": "completed"}
    return complete(user, user.create(**members))["next_task"]


OPEN = [
    in_february,
    lambda user: in_february(user, recurrence="FREQ=MONTHLY;COUNT=5"),
    lambda user: in_february(user, due_date="2032-02-29T09:00:00Z", recurrence="yearly"),
    skipped,
    moved,
    by_completion,
]


@pytest.mark.parametrize("begun", OPEN)
def test_an_import_goes_on_from_where_the_export_was(user: User, stranger: User, begun: Any):
    task = begun(user)
    expected = coming(user, task, 10)
    document = exported(user)
    imported(stranger, document)
    assert coming(stranger, task, 10) == expected
    ids = [each["id"] for each in user.tasks(limit=200)]
    assert user.post(f"{user.path}/bulk", json={"task_ids": ids, "action": "delete"}).is_success
    assert user.delete(f"/api/{user.id}/trash").is_success
    imported(user, document)
    assert coming(user, task, 10) == expected
    assert exported(user)["tasks"] == [
        each | {"version": again["version"]}
        for each, again in zip(document["tasks"], exported(user)["tasks"], strict=True)
    ]


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        ({"occurs_on": "2030-02-28T09:00:00"}, "occurs_on"),
        ({"rule_start": "2030-01-31T09:00:00Z"}, "rule_start"),
        ({"rule_start": "2030-02-30"}, "rule_start"),
        ({"occurrence": 0}, "occurrence"),
        ({"occurrence": 1, "rule_first": 2}, "occurrence"),
        ({"occurrence": 2**31}, "occurrence"),
        ({"rule_first": "1"}, "rule_first"),
    ],
)
def test_where_a_series_stands_is_checked(
    user: User, stranger: User, wrong: dict[str, Any], member: str
):
    task = in_february(user)
    document = exported(user)
    (row,) = (each for each in document["tasks"] if each["id"] == task["id"])
    row.update(wrong)
    refused = stranger.post(f"/api/{stranger.id}/import", json=document)
    assert refused.status_code == 422, refused.text
    assert refused.json()["details"][0]["field"].endswith(f".{member}")
    assert stranger.tasks() == []


@pytest.mark.parametrize("absent", ["rule_first", "occurrence", "occurs_on", "rule_start"])
def test_what_an_export_of_before_did_not_have_is_counted_anew(
    user: User, stranger: User, absent: str
):
    task = in_february(user)
    document = exported(user)
    for row in document["tasks"]:
        row[absent] = None
    assert imported(stranger, document) == (2, 0)
    assert len(coming(stranger, task)) == 3
    assert complete(stranger, task)["next_task"]["due_date"][:7] == "2030-03"


def test_of_one_occurrence_that_comes_in_twice_one_repeats(user: User, stranger: User):
    task = in_february(user)
    document = exported(user)
    imported(stranger, document)
    (row,) = (each for each in document["tasks"] if each["id"] == task["id"])
    row["id"] = "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"
    assert imported(stranger, document) == (1, 1)
    other = stranger.task(row["id"]).json()
    assert (other["recurrence"], other["series_id"]) == (None, None)


def test_a_successor_that_was_taken_in_is_left_as_somebody_may_have_changed_it(
    user: User, stranger: User
):
    task = user.create(**JANUARY)
    successor = complete(user, task)["next_task"]
    user.patch(path_of(user, successor), json={"title": "Other"})
    imported(stranger, exported(user))
    reopen(stranger, task)
    assert len(series(stranger, task)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"recurrence_end_date": "2030-12-31"},
        {"recurrence": "FREQ=MONTHLY;UNTIL=20301231"},
        {"title": "Other"},
    ],
)
def test_another_end_keeps_the_wanted_day(user: User, change: dict[str, Any]):
    task = in_february(user)
    user.patch(path_of(user, task), json=change)
    assert coming(user, task) == ["2030-03-31", "2030-04-30", "2030-05-31"]


def test_an_end_that_is_taken_away_keeps_it_too_and_a_count_begins_anew(user: User):
    task = in_february(user, recurrence="FREQ=MONTHLY;COUNT=5")
    user.patch(path_of(user, task), json={"recurrence": "monthly"})
    assert coming(user, task) == ["2030-03-31", "2030-04-30", "2030-05-31"]
    user.patch(path_of(user, task), json={"recurrence": "FREQ=MONTHLY;COUNT=3"})
    assert coming(user, task) == ["2030-03-28", "2030-04-28"]


def test_another_basis_there_and_back_changes_nothing(user: User):
    task = in_february(user, recurrence="FREQ=MONTHLY;COUNT=3")
    for basis in ("completed", "due"):
        user.patch(path_of(user, task), json={"recurrence_basis": basis})
    assert coming(user, task) == ["2030-03-31"]


def test_what_was_counted_from_completion_goes_on_from_there_by_its_due_date(user: User):
    task = by_completion(user)
    user.patch(
        path_of(user, task), json={"recurrence": "FREQ=DAILY;INTERVAL=5", "recurrence_basis": "due"}
    )
    (first, *_) = coming(user, task)
    assert first > task["due_date"]


@pytest.mark.parametrize(
    "end",
    [
        *("2030-02-30", "0001-01-01", "1900-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999Z"),
        *("9998-12-31T23:00:00-05:00", "2030-12-31T24:00:00", "2030-12-31T09:60"),
    ],
)
def test_an_end_that_is_no_date_is_refused_and_changes_nothing(user: User, end: str):
    task = user.create(**JANUARY)
    for more in ({}, {"recurrence_pattern": "weekly"}, {"recurrence_interval": 2}):
        refused = user.patch(path_of(user, task), json={"recurrence_end_date": end, **more})
        assert refused.status_code == 422, refused.text
    created = user.post(user.path, json={"title": "x", **JANUARY, "recurrence_end_date": end})
    assert created.status_code == 422
    assert user.task(task["id"]).json() == task


@pytest.mark.parametrize("way", ["put", "patch"])
def test_what_completing_answers_can_be_sent_back(user: User, way: str):
    task = user.create(**JANUARY)
    done = complete(user, task)
    answer = user.request(way, path_of(user, task), json=done)
    assert answer.status_code == 200, answer.text
    assert answer.json() == done
    bulk = {"op": "update", **done}
    assert user.post(f"{user.path}/bulk", json={"commands": [bulk]}).status_code == 200
    user.delete(path_of(user, task))
    (trashed,) = user.get(f"/api/{user.id}/trash").json()
    assert user.post(f"/api/{user.id}/trash/{task['id']}/restore").is_success
    assert user.request(way, path_of(user, task), json=trashed).status_code == 200
