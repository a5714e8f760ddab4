"""Tasks that are parts of others: one level deep, counted, and in the trash together."""

from typing import Any

import pytest

from tests.api.trash.bins import in_trash, restore
from tests.server import User


@pytest.fixture
def parent(user: User) -> dict[str, Any]:
    return user.create("parent")


def part_of(user: User, parent: dict[str, Any], **members: Any) -> dict[str, Any]:
    return user.create("part", parent_id=parent["id"], **members)


def delete(user: User, task: dict[str, Any]) -> None:
    assert user.delete(f"{user.path}/{task['id']}").status_code == 204


def now(user: User, task: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = user.task(task["id"]).json()
    return found


def test_a_parent_counts_its_parts_and_has_another_version_for_it(user: User, parent: Any):
    part = part_of(user, parent)
    part_of(user, parent, completed=True)
    counted = now(user, parent)
    assert counted["subtasks"] == {"total": 2, "completed": 1}
    assert counted["version"] == 3
    assert counted["updated_at"] > parent["updated_at"]
    user.patch(f"{user.path}/{part['id']}", json={"title": "another"})
    assert now(user, parent) == counted


def test_a_part_has_no_parts(user: User, parent: Any):
    part = part_of(user, parent)
    for task, other in (({}, part), (parent, user.create()), (part, part)):
        body = {"title": "x", "parent_id": other["id"]}
        if not task:
            answer = user.post(user.path, json=body)
        else:
            answer = user.patch(f"{user.path}/{task['id']}", json=body)
        assert answer.status_code == 422
        (detail,) = answer.json()["details"]
        assert detail["field"] == "parent_id"
        assert detail["code"] == ("inconsistent" if task == other else "too_deep")


def test_parts_go_to_the_trash_with_their_parent_and_come_back_with_it(user: User, parent: Any):
    before, part = part_of(user, parent), part_of(user, parent)
    delete(user, before)
    delete(user, parent)
    assert {task["id"] for task in in_trash(user)} == {parent["id"], part["id"], before["id"]}
    answer = restore(user, parent["id"])
    assert answer.json()["subtasks"] == {"total": 1, "completed": 0}
    assert answer.json() == now(user, parent)
    assert now(user, part)["parent_id"] == parent["id"]
    assert [task["id"] for task in in_trash(user)] == [before["id"]]


def test_each_of_these_changes_moves_updated_at_forwards(user: User, parent: Any):
    part = part_of(user, parent)
    seen = [part["updated_at"]]
    for _ in range(2):
        delete(user, parent)
        seen += [task["updated_at"] for task in in_trash(user) if task["id"] == part["id"]]
        restore(user, parent["id"])
        seen.append(now(user, part)["updated_at"])
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("how", ["in the trash", "a part itself"])
def test_a_part_restored_to_no_parent_is_answered_without_one(how: str, user: User, parent: Any):
    part = part_of(user, parent)
    delete(user, part)
    if how == "in the trash":
        delete(user, parent)
    else:
        body = {"parent_id": user.create()["id"]}
        assert user.patch(f"{user.path}/{parent['id']}", json=body).is_success
    answer = restore(user, part["id"])
    assert answer.json()["parent_id"] is None
    assert answer.json() == now(user, part)
    assert answer.headers["etag"] == f'"{now(user, part)["version"]}"'
    (newest, *_) = user.get(f"{user.path}/{part['id']}/history").json()
    assert newest["kind"] == "restored"
    assert newest["changes"] == {"parent_id": {"from": parent["id"], "to": None}}


def test_a_part_comes_back_to_its_own_parent_and_not_to_that_of_another(user: User, parent: Any):
    other = user.create("other")
    part, others = part_of(user, parent), part_of(user, other)
    alone = user.create("alone")
    for task in (part, others, alone):
        delete(user, task)
    assert restore(user, part["id"]).json()["parent_id"] == parent["id"]
    assert restore(user, alone["id"]).json()["parent_id"] is None
    assert restore(user, others["id"]).json()["parent_id"] == other["id"]


def test_a_purge_takes_the_parts_along(user: User, parent: Any):
    part = part_of(user, parent)
    delete(user, parent)
    assert user.delete(f"/api/{user.id}/trash/{parent['id']}").status_code == 204
    assert in_trash(user) == []
    assert restore(user, part["id"]).status_code == 404
