"""The members `reminders` and `remind_at`, and the other names that clients have for them."""

from typing import Any

import pytest

from tests.server import User

AT = [{"at": "2030-11-30T09:00:00Z"}]
BEFORE = [{"minutes_before": 30}]
DUE = "2030-11-30T10:00:00Z"


def changed(user: User, task: dict[str, Any], **members: Any) -> dict[str, Any]:
    response = user.put(f"{user.path}/{task['id']}", json=members)
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()
    return row


def test_reminders_are_answered_as_they_were_sent_in_their_order(user: User):
    sent = [{"minutes_before": 0}, {"at": "2030-11-30T09:00:00"}, {"minutes_before": 525_600}]
    task = user.create(reminders=[*sent, sent[0]])
    assert task["reminders"] == sent
    (listed,) = user.tasks()
    assert listed == user.task(task["id"]).json() == task
    assert changed(user, task, reminders=None)["reminders"] == []


@pytest.mark.parametrize(
    ("members", "remind_at"),
    [
        ({"reminders": []}, None),
        ({"reminders": BEFORE}, None),  # of a task without a date
        ({"reminders": AT}, "2030-11-30T09:00:00Z"),
        ({"reminders": [{"at": "2030-11-30T09:00"}]}, "2030-11-30T09:00:00"),
        ({"reminders": [{"at": "2030-11-30T09:00:00.5+01:00"}]}, "2030-11-30T08:00:00Z"),
        ({"reminders": [*BEFORE, *AT], "due_date": DUE}, "2030-11-30T09:30:00Z"),
        ({"reminders": BEFORE, "due_date": "2030-11-30T10:00"}, "2030-11-30T09:30:00"),
        ({"reminders": BEFORE, "due_date": "2030-11-30"}, "2030-11-30T08:30:00"),
    ],
)
def test_remind_at_is_the_first_one_in_the_kind_of_the_due_date_or_as_it_was_sent(
    members, remind_at, user: User
):
    task = user.create(**members)
    assert task["remind_at"] == remind_at
    assert [each["remind_at"] for each in user.tasks()] == [remind_at]


@pytest.mark.parametrize(
    ("name", "value", "reminders"),
    [
        ("remind_at", "2030-11-30T09:00:00Z", AT),
        ("reminder_at", "2030-11-30T10:00:00+01:00", AT),
        ("reminder_time", "2030-11-30T09:00", [{"at": "2030-11-30T09:00:00"}]),
        ("reminder_minutes", 30, BEFORE),
        ("reminder_offset_minutes", 30, BEFORE),
    ],
)
def test_another_name_gives_one_reminder(name, value, reminders, user: User):
    task = user.create(**{name: value})
    assert task["reminders"] == reminders
    other = changed(user, user.create(reminders=[{"minutes_before": 5}]), **{name: value})
    assert other["reminders"] == reminders


@pytest.mark.parametrize("reminders", [[], AT, BEFORE, [*BEFORE, *AT]])
def test_what_was_answered_can_be_sent_back_and_changes_nothing(reminders, user: User):
    task = user.create(reminders=reminders, due_date="2030-11-30")
    assert changed(user, task, **task) == task
    without = {name: value for name, value in task.items() if name != "reminders"}
    assert changed(user, task, **without) == task
    copy = user.create(**{k: v for k, v in task.items() if k != "title"})
    assert copy["reminders"] == reminders


def test_of_the_two_the_one_counts_that_is_not_what_the_task_has(user: User):
    task = user.create(reminders=BEFORE, due_date=DUE)
    echo = {name: task[name] for name in ("reminders", "remind_at")}
    moved = changed(user, task, **echo | {"remind_at": "2030-11-30T09:00:00Z"})
    assert moved["reminders"] == AT
    moved = changed(user, moved, **moved | {"reminders": [{"minutes_before": 5}]})
    assert moved["reminders"] == [{"minutes_before": 5}]
    cleared = changed(user, moved, **moved | {"remind_at": None})
    assert cleared["reminders"] == []


def test_a_new_due_date_moves_a_reminder_whose_old_instant_comes_back_with_it(user: User):
    """As a form sends it that shows both."""
    task = user.create(reminders=BEFORE, due_date=DUE)
    moved = changed(user, task, **task | {"due_date": "2030-12-01T10:00:00Z"})
    assert moved["reminders"] == BEFORE
    assert moved["remind_at"] == "2030-12-01T09:30:00Z"


@pytest.mark.parametrize("name", ["reminder_at", "reminder_time", "reminder_minutes"])
def test_null_by_a_name_that_no_answer_has_says_nothing(name, user: User):
    task = user.create(reminders=BEFORE)
    assert changed(user, task, **{name: None}) == task


def test_two_that_are_both_new_are_422(user: User):
    task = user.create(reminders=BEFORE)
    body = {"reminders": AT, "remind_at": "2031-01-01T00:00:00"}
    response = user.put(f"{user.path}/{task['id']}", json=body)
    assert response.status_code == 422
    (detail,) = response.json()["details"]
    assert (detail["field"], detail["code"]) == ("reminders", "inconsistent")
    new = {"title": "new", "reminder_minutes": 5, "reminder_at": "2031-01-01T00:00:00"}
    assert user.post(user.path, json=new).status_code == 422
    assert user.task(task["id"]).json() == task


def test_a_whole_number_may_be_written_as_a_fraction(user: User):
    task = user.create(reminder_minutes=30.0)
    assert task["reminders"] == [{"minutes_before": 30}]
    assert "30.0" not in user.get(f"{user.path}/{task['id']}").text


NO_LISTS: list[Any] = ["30", 30, {}, [30], [{}], [None], [[30]], [*range(11)]]
NO_MINUTES: list[Any] = [-1, 525_601, 1.5, "5", True]
NO_TIMES: list[Any] = ["2030-11-30", "09:00", "soon", 5]
WRONG: list[Any] = [
    *({"reminders": each} for each in NO_LISTS),
    *({"reminders": [{"minutes_before": each}]} for each in (*NO_MINUTES, None)),
    *({"reminders": [{"at": each}]} for each in (*NO_TIMES, "", None)),
    {"reminders": [{"minutes_before": 5, "at": "2030-11-30T09:00:00"}]},
    {"reminders": [{"minutes_before": 5, "method": "mail"}]},
    *({"reminder_minutes": each} for each in NO_MINUTES),
    *({name: each} for each in NO_TIMES for name in ("remind_at", "reminder_time")),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_is_no_reminder_is_422_and_names_the_member(wrong, user: User):
    task = user.create()
    (name,) = wrong
    for response in (
        user.post(user.path, json={"title": "new"} | wrong),
        user.patch(f"{user.path}/{task['id']}", json=wrong),
    ):
        assert response.status_code == 422, response.text
        assert [each["field"].partition(".")[0] for each in response.json()["details"]] == [name]
    assert user.tasks() == [task]


def test_undo_puts_reminders_back(user: User):
    task = user.create(reminders=BEFORE, due_date=DUE)
    changed(user, task, reminders=AT)
    assert user.post(f"/api/{user.id}/changes/2/undo").status_code == 200
    assert user.task(task["id"]).json()["reminders"] == BEFORE
