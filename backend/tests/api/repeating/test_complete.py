"""Completing a repeating task makes its successor; reopening takes away what nobody touched."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
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


@pytest.fixture
def weekly(user: User) -> dict[str, Any]:
    return user.create("Water the plants", due_date=in_days(-1), recurrence="FREQ=WEEKLY")


_WAYS: dict[str, Callable[[User, str], httpx.Response]] = {
    "complete": lambda user, path: user.patch(f"{path}/complete", json={"completed": True}),
    "flip": lambda user, path: user.patch(f"{path}/complete"),
    "patch": lambda user, path: user.patch(path, json={"completed": True}),
    "put": lambda user, path: user.put(path, json={"title": "Done", "completed": True}),
    "an alias": lambda user, path: user.patch(path, json={"status": "done"}),
    "another alias": lambda user, path: user.patch(path, json={"is_completed": True}),
    "with a move": lambda user, path: user.patch(
        path, json={"completed": True, "move": {"last": True}}
    ),
    "with a member": lambda user, path: user.patch(path, json={"completed": True, "tags": ["a"]}),
}


@pytest.mark.parametrize("way", _WAYS)
def test_completing_in_any_way_answers_the_task_and_makes_its_successor(
    user: User, weekly: dict[str, Any], way: str
):
    answer = _WAYS[way](user, path_of(user, weekly))

    assert answer.status_code == 200, answer.text
    done = answer.json()
    successor = done.pop("next_task")
    assert (done["id"], done["completed"]) == (weekly["id"], True)
    assert done["completed_at"] is not None
    assert done == now(user, weekly)
    assert successor == now(user, successor)
    assert (successor["due_date"], successor["completed"]) == (in_days(6), False)
    assert successor["series_id"] == done["series_id"] == weekly["id"]
    assert [each["id"] for each in series(user, weekly)] == [successor["id"], weekly["id"]]


_BULKS: dict[str, Callable[[str], dict[str, Any]]] = {
    "complete": lambda its: {"commands": [{"op": "complete", "id": its, "completed": True}]},
    "flip": lambda its: {"commands": [{"op": "complete", "id": its}]},
    "update": lambda its: {"commands": [{"op": "update", "id": its, "completed": True}]},
    "action": lambda its: {"task_ids": [its], "action": "complete"},
    "not atomic": lambda its: {
        "atomic": False,
        "commands": [
            {"op": "update", "id": str(uuid4()), "completed": True},
            {"op": "complete", "id": its},
        ],
    },
    "upper case": lambda its: {"task_ids": [its.upper()], "action": "complete"},
}


@pytest.mark.parametrize("way", _BULKS)
def test_a_bulk_completes_as_the_operation_does(user: User, weekly: dict[str, Any], way: str):
    answer = user.post(f"{user.path}/bulk", json=_BULKS[way](weekly["id"]))

    assert answer.status_code == 200, answer.text
    done = answer.json()["results"][-1]["task"]
    assert done["completed"]
    assert done["next_task"]["due_date"] == in_days(6)
    undo(user, newest_change(user))
    assert series(user, weekly) == [now(user, weekly)]
    assert not now(user, weekly)["completed"]


def test_a_bulk_may_give_the_rule_and_complete_and_is_done_whole_or_not_at_all(user: User):
    create = {"op": "create", "ref": "a", "title": "T", "recurrence": "daily"}
    done = {"op": "complete", "id": "#a", "completed": True}
    plain = user.create("plain")
    given = {"op": "update", "id": plain["id"], "recurrence": "weekly", "completed": True}
    answer = user.post(f"{user.path}/bulk", json={"commands": [create, done, given]})
    assert answer.status_code == 200, answer.text
    made = [result["task"] for result in answer.json()["results"]]
    assert [each["next_task"]["due_date"] for each in made[1:]] == [in_days(1), in_days(7)]

    before = user.tasks()
    wrong = {"op": "complete", "id": str(uuid4())}
    refused = user.post(f"{user.path}/bulk", json={"commands": [create, done, wrong]})
    assert refused.status_code == 404
    assert user.tasks() == before


def test_a_bulk_restores_what_repeats_and_completes_it(user: User, weekly: dict[str, Any]):
    user.delete(path_of(user, weekly))
    its = {"id": weekly["id"]}
    bulk = {"commands": [{"op": "restore", **its}, {"op": "complete", **its}]}
    answer = user.post(f"{user.path}/bulk", json=bulk)
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"][1]["task"]["next_task"] is not None


def test_completing_again_does_nothing(user: User, weekly: dict[str, Any]):
    first = complete(user, weekly)
    number = newest_change(user)

    assert complete(user, weekly) == first
    assert user.patch(path_of(user, weekly), json={"status": "completed"}).json() == first
    assert newest_change(user) == number
    user.delete(path_of(user, first["next_task"]))
    assert complete(user, weekly)["next_task"] is None
    assert len(series(user, weekly)) == 1


def test_reopening_takes_away_the_successor_that_nobody_touched(user: User, weekly: dict[str, Any]):
    part = user.create("part", parent_id=weekly["id"])
    successor = complete(user, weekly)["next_task"]
    assert successor["subtasks"] == {"total": 1, "completed": 0}

    reopened = reopen(user, weekly)

    assert "next_task" not in reopened
    assert (reopened["completed"], reopened["completed_at"]) == (False, None)
    assert {each["id"] for each in user.tasks()} == {weekly["id"], part["id"]}
    assert complete(user, weekly)["next_task"]["due_date"] == successor["due_date"]


@pytest.mark.parametrize("of_itself", ["zone", "tag", "tag gone", "undone twice"])
def test_what_changes_of_itself_nobody_touched(user: User, weekly: dict[str, Any], of_itself: str):
    user.patch(path_of(user, weekly), json={"tags": ["home"]})
    successor = complete(user, weekly)["next_task"]
    match of_itself:
        case "zone":
            user.patch(f"/api/{user.id}/settings", json={"time_zone": "Pacific/Apia"})
            assert now(user, successor)["due_at"] != successor["due_at"]
        case "tag":
            user.patch(f"/api/{user.id}/tags/home", json={"name": "house"})
            assert now(user, successor)["tags"] == ["house"]
        case "tag gone":
            user.delete(f"/api/{user.id}/tags/home")
            assert now(user, successor)["tags"] == []
        case _:
            undo(user, newest_change(user))
            assert user.task(successor["id"]).status_code == 404
            undo(user, newest_change(user))
            assert now(user, successor)["title"] == successor["title"]

    reopen(user, weekly)

    assert [each["id"] for each in series(user, weekly)] == [weekly["id"]]


@pytest.mark.parametrize("touched", ["title", "part", "new part", "moved", "renamed part"])
def test_reopening_leaves_the_successor_that_somebody_touched(
    user: User, weekly: dict[str, Any], touched: str
):
    part = user.create("part", parent_id=weekly["id"])
    successor = complete(user, weekly)["next_task"]
    (its_part,) = (each for each in user.tasks(parent_id=successor["id"]))
    assert its_part["id"] != part["id"]
    match touched:
        case "title":
            user.patch(path_of(user, successor), json={"title": "Other"})
        case "part":
            complete(user, its_part)
        case "new part":
            user.create("another", parent_id=successor["id"])
        case "moved":
            user.patch(path_of(user, successor), json={"move": {"first": True}})
        case _:
            user.patch(path_of(user, its_part), json={"title": "Other"})

    reopen(user, weekly)

    assert {each["id"] for each in series(user, weekly)} == {weekly["id"], successor["id"]}
    again = complete(user, weekly)
    assert again["next_task"]["id"] == successor["id"]
    assert len(series(user, weekly)) == 2


def test_a_series_goes_on_from_the_successor(user: User, weekly: dict[str, Any]):
    task, dates = weekly, []
    for _ in range(4):
        task = complete(user, task)["next_task"]
        dates.append(task["due_date"])

    assert dates == [in_days(6), in_days(13), in_days(20), in_days(27)]
    assert [each["completed"] for each in series(user, weekly)] == [False, True, True, True, True]
    assert {each["series_id"] for each in series(user, weekly)} == {weekly["id"]}
    assert len(series(user, weekly, status="completed")) == 4
    assert series(user, weekly, limit=2) == series(user, weekly)[:2]


def test_the_successor_takes_what_the_task_had_and_its_parts_unticked(user: User):
    project = user.post(f"/api/{user.id}/projects", json={"name": "Home"}).json()
    members = {
        "description": "All of them",
        "priority": "high",
        "tags": ["home", "Plants"],
        "category": "chores",
        "project_id": project["id"],
        "time_zone": "Europe/Berlin",
        "recurrence": "FREQ=DAILY;INTERVAL=3",
        "recurrence_basis": "due",
        "due_date": in_days(0) + "T09:00:00",
        "start_date": in_days(-1),
        "reminders": [{"minutes_before": 30}],
    }
    task = user.create("Water", **members)
    done = user.create("done", parent_id=task["id"], due_date=in_days(-1), completed=True)
    user.create("open", parent_id=task["id"], start_date=in_days(-2) + "T10:00:00Z")

    successor = complete(user, task)["next_task"]

    same = members | {"position": task["position"], "title": "Water"}
    same |= {"due_date": in_days(3) + "T09:00:00", "start_date": in_days(2)}
    assert {name: successor[name] for name in same} == same
    assert successor["subtasks"] == {"total": 2, "completed": 0}
    parts = {each["title"]: each for each in user.tasks(parent_id=successor["id"])}
    assert parts["done"]["due_date"] == in_days(2)
    assert parts["open"]["start_date"] == in_days(1) + "T10:00:00Z"
    assert not any(each["completed"] for each in parts.values())
    assert now(user, done)["completed"]


def test_an_absolute_reminder_moves_by_the_same_distance(user: User):
    task = user.create(
        due_date=in_days(0),
        recurrence="weekly",
        reminders=[{"at": in_days(-1) + "T09:00:00"}, {"minutes_before": 5}],
    )
    successor = complete(user, task)["next_task"]
    assert successor["reminders"] == [{"at": in_days(6) + "T09:00:00"}, {"minutes_before": 5}]


def test_a_part_may_repeat_and_its_parent_copies_the_open_one_as_a_series_of_its_own(user: User):
    parent = user.create("parent", due_date=in_days(0), recurrence="weekly")
    part = user.create("part", parent_id=parent["id"], due_date=in_days(0), recurrence="daily")
    open_part = complete(user, part)["next_task"]
    assert open_part["parent_id"] == parent["id"]
    assert now(user, parent)["subtasks"] == {"total": 2, "completed": 1}

    successor = complete(user, parent)["next_task"]

    (copy,) = user.tasks(parent_id=successor["id"])
    assert copy["due_date"] == in_days(8)
    assert copy["series_id"] == copy["id"]


def test_count_and_until_end_the_series_with_no_next_task(user: User):
    for rule in ("FREQ=DAILY;COUNT=2", f"FREQ=DAILY;UNTIL={in_days(1).replace('-', '')}"):
        task = user.create(due_date=in_days(0), recurrence=rule)
        last = complete(user, task)["next_task"]
        assert last["due_date"] == in_days(1)
        assert complete(user, last)["next_task"] is None
        assert len(series(user, task)) == 2


def test_only_the_end_of_the_rule_ends_the_series(user: User, weekly: dict[str, Any]):
    moved = user.patch(path_of(user, weekly), json={"due_date": in_days(2)}).json()
    assert moved["recurrence"] == "FREQ=WEEKLY"
    successor = complete(user, weekly)["next_task"]
    assert successor["due_date"] == in_days(6)

    ended = user.patch(path_of(user, successor), json={"recurrence": None}).json()
    assert (ended["is_recurring"], ended["series_id"]) == (False, weekly["id"])
    done = complete(user, successor)
    assert done["completed"]
    assert "next_task" not in done


def test_one_undo_undoes_both_and_another_brings_both_back(user: User, weekly: dict[str, Any]):
    before = now(user, weekly)
    part = user.create("part", parent_id=weekly["id"])
    done = complete(user, weekly)
    number = newest_change(user)

    undo(user, number)

    assert {each["id"] for each in user.tasks()} == {weekly["id"], part["id"]}
    assert not now(user, weekly)["completed"]
    assert now(user, weekly)["due_date"] == before["due_date"]
    undo(user, newest_change(user))
    assert now(user, weekly)["completed"]
    assert [each["id"] for each in series(user, weekly)] == [done["next_task"]["id"], weekly["id"]]


def test_what_comes_back_beside_another_one_does_not_repeat_any_more(
    user: User, weekly: dict[str, Any]
):
    first = complete(user, weekly)["next_task"]
    user.delete(path_of(user, first))
    reopen(user, weekly)
    second = complete(user, weekly)["next_task"]
    assert second["id"] != first["id"]

    back = user.post(f"/api/{user.id}/trash/{first['id']}/restore").json()

    assert (back["recurrence"], back["series_id"]) == (None, None)
    assert {each["id"] for each in series(user, weekly)} == {weekly["id"], second["id"]}
    again = user.patch(path_of(user, back), json={"recurrence": "daily"}).json()
    assert again["series_id"] == back["id"]


def test_a_condition_holds_for_what_follows_too(user: User, weekly: dict[str, Any]):
    path = f"{path_of(user, weekly)}/complete"
    refused = user.patch(path, json={"completed": True}, headers={"If-Match": '"7"'})
    assert refused.status_code == 412
    assert len(user.tasks()) == 1
    done = user.patch(path, json={"completed": True}, headers={"If-Match": '"1-overdue"'})
    assert done.status_code == 200
    assert done.json()["next_task"] is not None


def test_a_key_completes_once(user: User, weekly: dict[str, Any]):
    for path, body in (("/complete", None), ("", {"completed": True})):
        task = user.create(due_date=in_days(0), recurrence="daily")
        key = {"Idempotency-Key": str(uuid4())}
        first, second = (
            user.patch(path_of(user, task) + path, json=body, headers=key) for _ in range(2)
        )
        assert first.json() == second.json()
        assert first.json()["next_task"] is not None
        assert second.headers["Idempotency-Replayed"] == "true"
        assert len(series(user, task)) == 2
    skip = path_of(user, weekly) + "/skip"
    key = {"Idempotency-Key": str(uuid4())}
    first, second = (user.post(skip, headers=key) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"


def test_fifty_at_once_make_one_successor(user: User, weekly: dict[str, Any]):
    def finish(_: int) -> Any:
        return complete(user, weekly)["next_task"]["id"]

    with ThreadPoolExecutor(10) as pool:
        made = set(pool.map(finish, range(50)))

    assert len(made) == 1
    assert len(series(user, weekly)) == 2


def test_by_completion_it_is_counted_from_today(user: User):
    task = user.create(
        due_date=in_days(-10) + "T18:30:00",
        recurrence="FREQ=DAILY;INTERVAL=3",
        recurrence_basis="completed",
    )
    assert complete(user, task)["next_task"]["due_date"] == in_days(3) + "T18:30:00"


def test_without_a_due_date_it_is_as_if_it_were_due_today(user: User):
    task = user.create(recurrence="FREQ=WEEKLY;INTERVAL=2", start_date=in_days(1))
    successor = complete(user, task)["next_task"]
    assert (successor["due_date"], successor["start_date"]) == (in_days(14), in_days(15))
    assert complete(user, successor)["next_task"]["due_date"] == in_days(28)


def test_a_rule_that_is_edited_is_counted_from_the_due_date_of_then(user: User):
    task = user.create(due_date=in_days(-30), recurrence="FREQ=DAILY;COUNT=3")
    user.patch(path_of(user, task), json={"due_date": in_days(0)})
    user.patch(path_of(user, task), json={"recurrence": "FREQ=DAILY;INTERVAL=2;COUNT=3"})
    second = complete(user, task)["next_task"]
    third = complete(user, second)["next_task"]
    assert [second["due_date"], third["due_date"]] == [in_days(2), in_days(4)]
    assert complete(user, third)["next_task"] is None


def test_the_kind_of_a_date_may_change_and_the_series_goes_on_in_it(user: User):
    task = user.create(due_date=in_days(0), recurrence="daily")
    for due in (in_days(0) + "T09:00:00", in_days(0) + "T09:00:00Z", in_days(0)):
        user.patch(path_of(user, task), json={"due_date": due})
        task = complete(user, task)["next_task"]
        assert task["due_date"][10:] == due[10:]
        assert task["recurrence"] == "FREQ=DAILY"


def test_a_stranger_sees_neither_dates_nor_series(
    user: User, stranger: User, weekly: dict[str, Any]
):
    for path in (f"tasks/{weekly['id']}/occurrences", f"series/{weekly['id']}"):
        assert stranger.get(f"/api/{stranger.id}/{path}").status_code == 404
        assert stranger.get(f"/api/{user.id}/{path}").status_code == 403
    assert stranger.post(f"{stranger.path}/{weekly['id']}/skip").status_code == 404
