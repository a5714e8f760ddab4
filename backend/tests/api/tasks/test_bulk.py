"""POST /api/{user_id}/tasks/bulk."""

import json
from typing import Any

import httpx
import pytest

from tests.databases import run
from tests.server import User

MISSING = "00000000-0000-7000-8000-000000000000"


def sent(user: User, *commands: dict[str, Any], **members: Any) -> httpx.Response:
    return user.post(f"{user.path}/bulk", json={"commands": commands, **members})


def done(user: User, *commands: dict[str, Any], **members: Any) -> list[dict[str, Any]]:
    answer = sent(user, *commands, **members)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def acted(user: User, action: str, *ids: str, **members: Any) -> httpx.Response:
    return user.post(f"{user.path}/bulk", json={"action": action, "task_ids": ids, **members})


def log_of(user: User, url: str) -> list[tuple[Any, ...]]:
    rows = run(
        url, "SELECT number, kind, batch FROM change WHERE user_id = $1 ORDER BY number", user.id
    )
    return [tuple(row) for row in rows]


def test_all_commands_are_done_in_their_order(user):
    old, other, third = (user.create(title) for title in ("old", "other", "third"))
    results = done(
        user,
        {"op": "create", "title": "new", "description": "x"},
        {"op": "update", "id": old["id"], "title": "changed"},
        {"op": "complete", "id": other["id"], "completed": True},
        {"op": "delete", "id": third["id"]},
        {"op": "restore", "id": third["id"]},
        {"op": "complete", "id": other["id"]},
    )
    assert [result["status"] for result in results] == [201, 200, 200, 204, 200, 200]
    made, changed, completed, deleted, restored, flipped = results
    assert (made["task"]["title"], made["task"]["description"]) == ("new", "x")
    assert changed["task"] == old | {
        "title": "changed",
        "updated_at": changed["task"]["updated_at"],
        "version": 2,
    }
    assert (completed["task"]["completed"], flipped["task"]["completed"]) == (True, False)
    assert deleted == {"status": 204}
    assert restored["task"]["version"] == 3
    listed = {task["id"]: task for task in user.tasks()}
    for result in (made, changed, flipped, restored):
        assert listed.pop(result["task"]["id"]) == result["task"]
    assert not listed


def test_new_tasks_are_answered_and_listed_in_the_order_of_their_commands(user):
    titles = [f"number {n}" for n in range(100)]
    results = done(user, *({"op": "create", "title": title} for title in titles))
    assert [result["task"]["title"] for result in results] == titles
    assert [task["title"] for task in user.tasks()] == titles[::-1]
    assert user.tasks()[::-1] == [result["task"] for result in results]


def test_new_tasks_of_one_request_keep_their_order_whatever_stands_between(user):
    between = {"op": "complete", "id": user.create("first")["id"]}
    done(user, *({"op": "create", "title": f"{n}"} if n % 2 else between for n in range(40)))
    titles = [task["title"] for task in user.tasks()]
    assert titles == [*(f"{n}" for n in reversed(range(40)) if n % 2), "first"]


def test_a_later_command_names_what_an_earlier_one_made(user):
    results = done(
        user,
        {"op": "create", "ref": "a", "title": "first"},
        {"op": "create", "ref": "b", "title": "second"},
        {"op": "update", "id": "#b", "title": "second, changed"},
        {"op": "complete", "id": "#a", "completed": True, "if_version": 1},
        {"op": "delete", "id": "#b"},
    )
    first, second, *_ = (result["task"]["id"] for result in results[:2])
    assert (results[2]["task"]["id"], results[3]["task"]["id"]) == (second, first)
    assert [task["id"] for task in user.tasks()] == [first]


def test_an_update_changes_what_it_names_and_nothing_else(user):
    task = user.create("title", description="text", completed=True)
    (kept,) = done(user, {"op": "update", "id": task["id"], "title": "other"})
    assert (kept["task"]["description"], kept["task"]["completed"]) == ("text", True)
    (cleared,) = done(user, {"op": "update", "id": task["id"], "description": None})
    assert (cleared["task"]["description"], cleared["task"]["title"]) == (None, "other")


def test_what_a_client_echoes_back_is_ignored(user):
    task = user.create()
    (result,) = done(user, {"op": "update", **task, "title": "changed"})
    assert result["task"]["version"] == 2
    (made,) = done(user, {"op": "create", **task})
    assert made["task"]["id"] != task["id"]


FAILURES: dict[str, tuple[dict[str, Any], int, str, str, str]] = {
    "no title": (
        *({"op": "create"}, 422, "validation_failed"),
        *("commands.3.title", "missing"),
    ),
    "an unknown member": (
        *({"op": "create", "title": "x", "colour": "red"}, 422, "validation_failed"),
        *("commands.3.colour", "extra_forbidden"),
    ),
    "an unknown command": (
        *({"op": "paint", "id": MISSING}, 422, "validation_failed"),
        *("commands.3.op", "invalid"),
    ),
    "to move, and not where to": (
        *({"op": "move", "id": MISSING}, 422, "validation_failed"),
        *("commands.3", "invalid"),
    ),
    "to move beside what there is not": (
        *({"op": "create", "title": "x", "move": {"after": MISSING}}, 422, "validation_failed"),
        *("commands.3.move.after", "not_found"),
    ),
    "a move beside what there is not": (
        *({"op": "move", "id": "{id}", "after": MISSING}, 422, "validation_failed"),
        *("commands.3.after", "not_found"),
    ),
    "a move beside what nothing has made": (
        *({"op": "move", "id": "{id}", "before": "#z"}, 422, "validation_failed"),
        *("commands.3.before", "unknown_ref"),
    ),
    "a part of what there is not": (
        *({"op": "create", "title": "x", "parent_id": MISSING}, 422, "validation_failed"),
        *("commands.3.parent_id", "not_found"),
    ),
    "a part of what a later command makes": (
        *({"op": "create", "title": "x", "parent_id": "#later"}, 422, "validation_failed"),
        *("commands.3.parent_id", "unknown_ref"),
    ),
    "in a project that there is not": (
        *({"op": "create", "title": "x", "project_id": MISSING}, 422, "validation_failed"),
        *("commands.3.project_id", "not_found"),
    ),
    "no id": (
        *({"op": "delete"}, 422, "validation_failed"),
        *("commands.3.id", "missing"),
    ),
    "no id at all": (
        *({"op": "delete", "id": "5"}, 422, "validation_failed"),
        *("commands.3.id", "uuid_parsing"),
    ),
    "a task that is not there": (
        *({"op": "update", "id": MISSING, "title": "x"}, 404, "task_not_found"),
        *("commands.3.id", "task_not_found"),
    ),
    "a task that is not in the trash": (
        *({"op": "restore", "id": "{id}"}, 404, "task_not_found"),
        *("commands.3.id", "task_not_found"),
    ),
    "another version": (
        *({"op": "complete", "id": "{id}", "if_version": 9}, 412, "version_conflict"),
        *("commands.3.if_version", "version_conflict"),
    ),
    "a ref that nothing has": (
        *({"op": "delete", "id": "#z"}, 404, "task_not_found"),
        *("commands.3.id", "unknown_ref"),
    ),
    "a ref of a later command": (
        *({"op": "delete", "id": "#later"}, 404, "task_not_found"),
        *("commands.3.id", "unknown_ref"),
    ),
    "a ref that is taken": (
        *({"op": "create", "title": "x", "ref": "a"}, 422, "validation_failed"),
        *("commands.3.ref", "repeated"),
    ),
}
every_failure = pytest.mark.parametrize("failure", FAILURES)


def around(wrong: dict[str, Any], task_id: str) -> list[dict[str, Any]]:
    """The wrong command as the fourth of five that are good."""
    wrong = {name: task_id if value == "{id}" else value for name, value in wrong.items()}
    return [
        {"op": "create", "title": "before", "ref": "a"},
        {"op": "complete", "id": task_id, "completed": True},
        {"op": "create", "title": "before, too"},
        wrong,
        {"op": "create", "title": "after", "ref": "later"},
        {"op": "update", "id": "#later", "title": "after, changed"},
    ]


@every_failure
def test_the_first_that_fails_is_named_and_nothing_is_done(failure, user, database_url):
    wrong, status, code, field, reason = FAILURES[failure]
    task = user.create()
    before = log_of(user, database_url)
    answer = sent(user, *around(wrong, task["id"]))
    problem = answer.json()
    assert (answer.status_code, problem["error"]) == (status, code)
    (detail,) = problem["details"]
    assert (detail["field"], detail["code"]) == (field, reason)
    assert problem["detail"].startswith("commands.3")
    assert user.tasks() == [task]
    assert log_of(user, database_url) == before


@every_failure
def test_what_is_not_atomic_does_all_that_can_be_done(failure, user):
    wrong, status, code, field, reason = FAILURES[failure]
    task = user.create()
    results = done(user, *around(wrong, task["id"]), atomic=False)
    assert [result["status"] for result in results] == [201, 200, 201, status, 201, 200]
    refused = results[3]
    assert refused["error"] == code
    assert (refused["details"][0]["field"], refused["details"][0]["code"]) == (field, reason)
    titles = [task["title"] for task in user.tasks()]
    assert titles == ["after, changed", "before, too", "before", "Buy milk"]


def test_a_conflict_shows_the_task_as_it_is_within_the_request(user):
    task = user.create()
    commands: list[dict[str, Any]] = [
        {"op": "update", "id": task["id"], "title": "changed", "if_version": 1},
        {"op": "delete", "id": task["id"], "if_version": 1},
    ]
    refused = sent(user, *commands).json()
    assert (refused["current"]["title"], refused["current"]["version"]) == ("changed", 2)
    changed, conflict = done(user, *commands, atomic=False)
    assert conflict["current"] == changed["task"]


def test_a_ref_to_what_was_not_made_is_refused_alone(user):
    results = done(
        user,
        {"op": "create", "title": "", "ref": "a"},
        {"op": "update", "id": "#a", "title": "x"},
        {"op": "create", "title": "x", "ref": "a"},
        {"op": "delete", "id": "#a"},
        atomic=False,
    )
    assert [result["status"] for result in results] == [422, 404, 201, 204]


@pytest.mark.parametrize(
    ("action", "status"), [("complete", 200), ("reopen", 200), ("delete", 204), ("restore", 200)]
)
def test_one_action_is_done_with_several_tasks(action, status, user):
    tasks = [user.create(f"{n}", completed=action == "reopen") for n in range(3)]
    ids = [task["id"] for task in tasks]
    if action == "restore":
        assert acted(user, "delete", *ids).is_success
    answer = acted(user, action, *ids)
    assert [result["status"] for result in answer.json()["results"]] == [status] * 3
    left = [task["completed"] for task in user.tasks()]
    assert left == ([] if action == "delete" else [action == "complete"] * 3)


def test_of_an_action_the_id_that_fails_is_named(user):
    task = user.create()
    refused = acted(user, "complete", task["id"], MISSING)
    assert refused.status_code == 404
    assert refused.json()["details"][0]["field"] == "task_ids.1"
    assert user.tasks() == [task]
    results = acted(user, "complete", task["id"], MISSING, atomic=False).json()["results"]
    assert [result["status"] for result in results] == [200, 404]
    assert results[1]["details"][0]["field"] == "task_ids.1"


def test_all_changes_of_a_request_are_one_batch(user, database_url):
    ids = [user.create()["id"] for _ in range(2)]
    commands: list[dict[str, Any]] = [
        {"op": "create", "title": "a", "ref": "a"},
        {"op": "create", "title": "b"},
        {"op": "complete", "id": ids[0]},
        {"op": "delete", "id": "#a"},
        {"op": "update", "id": ids[1], "title": "Buy milk"},  # which it has
    ]
    done(user, *commands)
    done(user, {"op": "delete", "id": ids[1]})
    user.create()
    kinds = ["created", "created", "created", "created", "updated", "deleted", "deleted", "created"]
    batches = [None, None, 3, 3, 3, 3, 7, None]
    assert log_of(user, database_url) == [
        (number + 1, kind, batch)
        for number, (kind, batch) in enumerate(zip(kinds, batches, strict=True))
    ]


def test_a_hundred_tasks_of_the_greatest_length_fit(user):
    task = {"op": "create", "title": "😀" * 500, "description": "😀" * 5000}
    body = json.dumps({"commands": [task] * 100}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    answer = user.post(f"{user.path}/bulk", content=body, headers=headers)
    assert answer.status_code == 200, answer.text[:500]
    assert len(user.tasks()) == 100


def test_every_member_may_be_sent_in_a_hundred_commands(user):
    task = user.create()
    command = {"op": "update", "if_version": 1, **task}
    results = done(user, *[command] * 100, atomic=True)
    assert {result["task"]["version"] for result in results} == {1}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "commands"),
        ({"commands": []}, "commands"),
        ({"commands": {}}, "commands"),
        ({"commands": [{"op": "create", "title": "x"}] * 101}, "commands"),
        ({"commands": [5]}, "commands.0"),
        ({"commands": [{}]}, "commands.0.op"),
        ({"commands": [{"op": "create", "title": "x"}], "atomic": 1}, "atomic"),
        ({"commands": [{"op": "create", "title": "x"}], "atomic": None}, "atomic"),
        ({"commands": [{"op": "create", "title": "x", "ref": "#"}]}, "commands.0.ref"),
        (
            {"commands": [{"op": "delete", "id": MISSING, "if_version": "1"}]},
            "commands.0.if_version",
        ),
        ({"commands": [{"op": "delete", "id": MISSING, "if_version": 0}]}, "commands.0.if_version"),
        (
            {"commands": [{"op": "delete", "id": MISSING, "if_version": 2**63}]},
            "commands.0.if_version",
        ),
        ({"commands": [{"op": "create", "title": "x"}], "task_ids": [MISSING]}, "task_ids"),
        ({"task_ids": [MISSING]}, "action"),
        ({"task_ids": [MISSING], "action": "paint"}, "action"),
        ({"commands": [{"op": "create", "title": "x", "parent_id": {}}]}, "commands.0.parent_id"),
        ({"commands": [{"op": "create", "title": "x", "parent_id": 0}]}, "commands.0.parent_id"),
        ({"task_ids": [], "action": "delete"}, "task_ids"),
        ({"task_ids": [MISSING] * 101, "action": "delete"}, "task_ids"),
        ({"task_ids": ["#a"], "action": "delete"}, "task_ids.0"),
        ({"task_ids": [None], "action": "delete"}, "task_ids.0"),
    ],
    ids=str,
)
def test_what_is_no_bulk_is_422_and_names_the_field(body, field, user):
    answer = user.post(f"{user.path}/bulk", json=body)
    assert answer.status_code == 422, answer.text
    assert field in [detail["field"] for detail in answer.json()["details"]]
    assert user.tasks() == []


def test_no_body_is_422(user):
    assert user.post(f"{user.path}/bulk").status_code == 422


def test_what_is_larger_than_a_hundred_tasks_can_be_is_413(user):
    body = b'{"commands": [' + b" " * 3 * 1024 * 1024 + b"]}"
    headers = {"Content-Type": "application/json"}
    answer = user.post(f"{user.path}/bulk", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")
    assert "3 MiB" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_its_path_is_not_that_of_a_task(user, method):
    answer = user.request(method, f"{user.path}/bulk")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_tag_too_many_is_refused_alone_where_the_others_are_done(user):
    """As more than a thousand there may not be."""
    full = [[f"tag {first + at}" for at in range(20)] for first in range(0, 1000, 20)]
    done(user, *({"op": "create", "title": "x", "tags": tags} for tags in full))
    task = user.create("Buy milk")
    results = done(
        user,
        {"op": "create", "title": "before", "tags": ["tag 1"]},
        {"op": "create", "title": "one too many", "tags": ["new"]},
        {"op": "update", "id": task["id"], "tags": ["new"]},
        {"op": "create", "title": "after"},
        atomic=False,
    )
    assert [result["status"] for result in results] == [201, 422, 422, 201]
    assert [each["field"] for each in results[1]["details"]] == ["commands.1.tags"]
    assert user.task(task["id"]).json() == task


def test_a_tag_too_many_is_named_by_its_command_where_all_is_done_or_nothing(user):
    full = [[f"tag {first + at}" for at in range(20)] for first in range(0, 1000, 20)]
    done(user, *({"op": "create", "title": "x", "tags": tags} for tags in full))
    commands: list[dict[str, Any]] = [
        {"op": "create", "title": "before", "tags": ["tag 1"]},
        {"op": "create", "title": "no tag", "ref": "a"},
        {"op": "create", "title": "one too many", "tags": ["new"]},
        {"op": "create", "title": "another", "tags": ["newer"]},
    ]
    before = user.tasks()
    for headers in ({}, {"Idempotency-Key": "again"}):
        answer = user.post(f"{user.path}/bulk", json={"commands": commands}, headers=headers)
        assert answer.status_code == 422
        (wrong,) = answer.json()["details"]
        assert (wrong["field"], wrong["code"]) == ("commands.2.tags", "too_many")
        assert answer.json()["detail"].startswith("commands.2: tags: ")
    assert user.tasks() == before
    done(user, commands[0], commands[1], {"op": "update", "id": "#a", "title": "made"})
    assert [task["title"] for task in user.tasks()[:2]] == ["made", "before"]
