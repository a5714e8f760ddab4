"""Commands of a stranger, which name what is another user's, wherever a command can name a task."""

from typing import Any

import pytest

from tests.contract import contract
from tests.server import User
from todo_server.domain.aliases import ALIASES, DUE_TIME
from todo_server.domain.recurrence import RULE_NAME_SCHEMAS
from todo_server.models import TaskUpdate

MISSING = "00000000-0000-7000-8000-000000000000"
COMMANDS: dict[str, list[dict[str, Any]]] = {
    "CreateCommand": [{"op": "create", "title": "x", "ref": "a"}],
    "UpdateCommand": [{"op": "update", "title": "mine"}, {"op": "update", "description": None}],
    "CompleteCommand": [{"op": "complete"}, {"op": "complete", "completed": True}],
    "MoveCommand": [{"op": "move", "first": True}, {"op": "move", "last": True}],
    "DeleteCommand": [{"op": "delete"}],
    "RestoreCommand": [{"op": "restore"}],
}
REFERRING = {"project_id", "parent_id", "move", "after", "before"}
"""What names other rows: `test_references.py`."""

ACTIONS = ["complete", "reopen", "delete", "restore"]
ON_TASKS = [command for kind in COMMANDS for command in COMMANDS[kind] if kind != "CreateCommand"]
either = pytest.mark.parametrize("atomic", [True, False], ids=["atomic", "one by one"])


def test_every_member_of_every_command_is_tried_below():
    schemas = contract()["components"]["schemas"]
    commands = schemas["BulkCommands"]["properties"]["commands"]["items"]["oneOf"]
    assert {each["$ref"].rpartition("/")[2] for each in commands} == set(COMMANDS)
    for kind, sent in COMMANDS.items():
        members = schemas[kind]["properties"].items()
        names = {name for name, schema in members if not schema.get("readOnly")}
        tried = {name for command in sent for name in command} | {"id", "if_version"}
        plain = set(TaskUpdate.model_fields) | {*ALIASES, DUE_TIME, *RULE_NAME_SCHEMAS}
        assert names <= tried | plain | REFERRING, kind
    assert schemas["BulkAction"]["properties"]["action"]["enum"] == ACTIONS


def results_of(user: User, body: dict[str, Any]) -> tuple[int, Any]:
    answer = user.post(f"{user.path}/bulk", json=body)
    shown = answer.json()
    return answer.status_code, shown | {"request_id": "", "instance": ""}


@either
@pytest.mark.parametrize("version", [{}, {"if_version": 1}, {"if_version": 2}], ids=str)
@pytest.mark.parametrize("command", ON_TASKS, ids=str)
def test_a_command_finds_the_tasks_of_another_user_no_more_than_such_that_never_were(
    command, version, atomic, user, stranger
):
    theirs, trashed = user.create("theirs"), user.create("trashed")
    assert user.delete(f"{user.path}/{trashed['id']}").is_success
    status, never = results_of(
        stranger, {"atomic": atomic, "commands": [command | version | {"id": MISSING}]}
    )
    assert status == (404 if atomic else 200)
    for task in (theirs, trashed):
        sent = {"atomic": atomic, "commands": [command | version | {"id": task["id"]}]}
        assert results_of(stranger, sent) == (status, never)
    assert user.tasks() == [theirs]
    assert user.delete(f"{user.path}/{trashed['id']}").status_code == 404  # still in the trash
    assert stranger.tasks() == []


@either
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_finds_the_tasks_of_another_user_no_more_than_such_that_never_were(
    action, atomic, user, stranger
):
    theirs, trashed = user.create("theirs"), user.create("trashed")
    assert user.delete(f"{user.path}/{trashed['id']}").is_success
    never = results_of(stranger, {"atomic": atomic, "action": action, "task_ids": [MISSING] * 2})
    ids = [theirs["id"], trashed["id"]]
    found = results_of(stranger, {"atomic": atomic, "action": action, "task_ids": ids})
    assert found == never
    assert found[0] == (404 if atomic else 200)
    assert user.tasks() == [theirs]


def test_a_new_task_of_a_stranger_is_theirs_whatever_it_says(user, stranger):
    task = user.create("theirs")
    answer = stranger.post(
        f"{stranger.path}/bulk", json={"commands": [{"op": "create", "ref": "a", **task}]}
    )
    (made,) = answer.json()["results"]
    assert made["task"]["user_id"] == stranger.id
    assert made["task"]["id"] != task["id"]
    assert user.tasks() == [task]


def test_a_ref_of_another_users_request_names_nothing(user, stranger):
    made = user.post(
        f"{user.path}/bulk", json={"commands": [{"op": "create", "title": "x", "ref": "a"}]}
    )
    assert made.is_success
    answer = stranger.post(
        f"{stranger.path}/bulk", json={"commands": [{"op": "delete", "id": "#a"}]}
    )
    assert answer.status_code == 404
    assert len(user.tasks()) == 1
