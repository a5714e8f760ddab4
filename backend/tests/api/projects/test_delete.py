"""Deleting a project, what becomes of its tasks, and how an undo brings all of it back."""

from typing import Any

import pytest

from tests.api.nouns import listed, made, names, newest_number, path_of, undo_last
from tests.api.trash.bins import in_trash, restore, trashed
from tests.server import User


@pytest.fixture
def project(user):
    return made(user, "projects", name="Household")


def delete(user: User, project: dict[str, Any], **query: str) -> None:
    path = path_of(user, "projects", project["id"])
    response = user.delete(path, params=query)
    assert response.status_code == 204, response.text


def test_its_tasks_stay_without_a_project_those_in_the_trash_too(user, project):
    task, other = user.create(project_id=project["id"]), user.create()
    lost = trashed(user, project_id=project["id"])
    delete(user, project)
    assert listed(user, "projects") == []
    assert user.get(path_of(user, "projects", project["id"])).status_code == 404
    assert [row["project_id"] for row in user.tasks()] == [None, None]
    assert user.task(task["id"]).json()["version"] == 2
    assert user.task(other["id"]).json() == other
    assert [row["project_id"] for row in in_trash(user)] == [None]
    assert restore(user, lost["id"]).status_code == 200


def test_its_tasks_go_to_the_trash_where_that_is_asked_for(user, project):
    parent = user.create("parent", project_id=project["id"])
    part = user.create("part", parent_id=parent["id"])
    lost, other = trashed(user, project_id=project["id"]), user.create("other")
    delete(user, project, tasks="delete")
    assert [row["id"] for row in user.tasks()] == [other["id"]]
    assert {row["id"] for row in in_trash(user)} == {parent["id"], part["id"], lost["id"]}
    assert {row["project_id"] for row in in_trash(user)} == {None}


@pytest.mark.parametrize("tasks", ["keep", "delete"])
def test_one_undo_brings_everything_back_and_one_more_undoes_that(tasks, user, project):
    parent = user.create("parent", project_id=project["id"])
    part = user.create("part", parent_id=parent["id"], project_id=project["id"])
    trashed(user, project_id=project["id"])
    before = (user.tasks(), in_trash(user), listed(user, "projects"))
    delete(user, project, tasks=tasks)
    page = undo_last(user)
    assert {row["id"] for row in page["tasks"]} == {parent["id"], part["id"]}
    assert [row["id"] for row in page["projects"]] == [project["id"]]
    after = (user.tasks(), in_trash(user), listed(user, "projects"))
    moving = ("version", "updated_at", "deleted_at")
    same = [
        [{k: v for k, v in row.items() if k not in moving} for row in rows]
        for rows in (*before, *after)
    ]
    assert same[:3] == same[3:]
    undo_last(user)
    assert names(user, "projects") == []
    assert {row["project_id"] for row in [*user.tasks(), *in_trash(user)]} == {None}
    assert len(user.tasks()) == (2 if tasks == "keep" else 0)


def test_it_is_one_batch_in_the_log(user, project):
    task = user.create(project_id=project["id"])
    delete(user, project, tasks="delete")
    newest, *_ = user.get(f"{user.path}/{task['id']}/history").json()
    assert (newest["kind"], newest["batch"]) == ("deleted", newest_number(user) - 1)


def test_a_refused_deletion_leaves_its_tasks_alone(user, stranger, project):
    task = user.create(project_id=project["id"])
    path = path_of(user, "projects", project["id"])
    number = newest_number(user)
    assert user.delete(path, params={"tasks": "x"}).status_code == 422
    stale = user.delete(path, params={"tasks": "delete"}, headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    theirs = stranger.delete(path_of(stranger, "projects", project["id"]))
    assert theirs.status_code == 404
    assert user.tasks() == [task]
    assert newest_number(user) == number


def test_more_tasks_than_one_statement_changes_all_leave(user, project):
    ids = []
    for _ in range(21):  # more than two thousand
        commands = [{"op": "create", "title": "x", "project_id": project["id"]}] * 100
        response = user.post(f"{user.path}/bulk", json={"commands": commands})
        ids += [each["task"]["id"] for each in response.json()["results"]]
    delete(user, project)
    assert {row["project_id"] for row in user.tasks()} == {None}
    undo_last(user)
    assert [row["tasks"]["total"] for row in listed(user, "projects")] == [len(ids)]


def test_a_project_in_the_trash_or_of_somebody_else_is_none_for_a_task(user, stranger, project):
    theirs = made(stranger, "projects", name="theirs")
    delete(user, project)
    task = user.create()
    for each in (project, theirs):
        for response in (
            user.post(user.path, json={"title": "x", "project_id": each["id"]}),
            user.patch(f"{user.path}/{task['id']}", json={"project_id": each["id"]}),
        ):
            assert response.status_code == 422
            assert response.json()["details"][0]["field"] == "project_id"
    assert user.tasks() == [task]


def test_the_making_of_a_project_that_has_tasks_is_not_undone(user, project):
    number = newest_number(user)
    task = user.create(project_id=project["id"])
    refused = user.post(path_of(user, "changes", str(number), "undo"))
    assert (refused.status_code, refused.json()["error"]) == (409, "already_changed")
    assert names(user, "projects") == ["Household"]
    user.patch(f"{user.path}/{task['id']}", json={"project_id": None})
    assert user.post(path_of(user, "changes", str(number), "undo")).status_code == 200
    assert names(user, "projects") == []


def test_a_task_is_not_put_back_into_a_project_that_is_gone(user, project):
    task = user.create(project_id=project["id"])
    user.patch(f"{user.path}/{task['id']}", json={"project_id": None})
    number = newest_number(user)
    delete(user, project)
    refused = user.post(path_of(user, "changes", str(number), "undo"))
    assert (refused.status_code, refused.json()["error"]) == (409, "already_changed")
    assert refused.json()["details"][0]["field"] == "project_id"
