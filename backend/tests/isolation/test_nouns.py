"""Projects, tags and filters of another user: by path and by body, as if they had never been."""

import secrets
import uuid
from typing import Any

import pytest

from tests.api.nouns import listed, made, path_of
from tests.databases import run_as
from tests.isolation.belongings import NOUNS
from tests.isolation.test_operations import CONDITIONS, OWNED, Operation
from tests.server import User

NAMES = {
    "project_id": "projects",
    "name": "tags",
    "filter_id": "filters",
    "series_id": "tasks",
    "webhook_id": "webhooks",
}
"""What each lies below; a series goes with its first task."""

ON_ONE = [(o, name) for o in OWNED for name in NOUNS if name in o.names("path")]


def belongings(user: User) -> list[Any]:
    return [user.tasks(), *(listed(user, noun) for noun in NAMES.values())]


def test_there_is_something_to_be_tried():
    assert {name for _, name in ON_ONE} == set(NOUNS)
    assert len(ON_ONE) >= 14


@pytest.mark.parametrize(("operation", "name"), ON_ONE, ids=str)
@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda it: it.get("If-Match", "always"))
def test_that_of_another_user_is_404_like_one_that_never_was(
    condition: dict[str, str], operation: Operation, name: str, user: User, stranger: User
):
    its, gone = (NOUNS[name](user) for _ in range(2))
    assert user.delete(path_of(user, NAMES[name], gone)).status_code == 204
    made(stranger, "tags", name="other")
    before, problems = (belongings(user), belongings(stranger)), []
    never = secrets.token_hex(8) if name == "name" else str(uuid.uuid4())
    for value in (its, gone, never):
        url = operation.url(user_id="me", **{name: value})
        response = stranger.request(operation.method, url, json=operation.body(), headers=condition)
        assert response.status_code == 404
        problem = response.json()
        assert problem.pop("instance") == url
        del problem["request_id"]
        problems.append((problem, sorted(response.headers)))
    assert problems[0] == problems[1] == problems[2]
    assert (belongings(user), belongings(stranger)) == before


@pytest.mark.parametrize("name", ["project_id", "filter_id"])
@pytest.mark.parametrize("where", ["after", "before"])
def test_nothing_is_moved_beside_what_is_another_users(where, name, user, stranger):
    theirs, own = NOUNS[name](user), NOUNS[name](stranger)
    before = belongings(stranger)
    path = path_of(stranger, NAMES[name], own)
    responses = [
        stranger.patch(path, json={"move": {where: each}}) for each in (theirs, str(uuid.uuid4()))
    ]
    assert [response.status_code for response in responses] == [422, 422]
    assert responses[0].json()["details"] == responses[1].json()["details"]
    assert belongings(stranger) == before


def test_a_tag_is_not_merged_into_that_of_another_user(user, stranger):
    user.create(tags=["theirs"])
    stranger.create(tags=["own"])
    before = belongings(user), belongings(stranger)
    path = path_of(stranger, "tags", "own", "merge")
    for into in ("theirs", "never"):
        response = stranger.post(path, json={"into": into})
        assert (response.status_code, response.json()["details"][0]["field"]) == (422, "into")
    assert (belongings(user), belongings(stranger)) == before


def test_renaming_merging_and_deleting_leaves_the_same_names_of_others_alone(user, stranger):
    for each in (user, stranger):
        each.create(tags=["home", "work", "car"])
    before = belongings(user)
    stranger.patch(path_of(stranger, "tags", "home"), json={"name": "house"})
    stranger.post(path_of(stranger, "tags", "work", "merge"), json={"into": "car"})
    stranger.delete(path_of(stranger, "tags", "car"))
    assert stranger.tasks()[0]["tags"] == ["house"]
    assert belongings(user) == before


def test_a_filter_on_the_project_of_another_user_finds_nothing(user, stranger):
    user.create("a secret")
    saved = made(stranger, "filters", name="all", query={})
    found = stranger.get(path_of(stranger, "filters", saved["id"], "tasks"))
    assert found.json() == []


_REFER = "UPDATE my_task SET project_id = $2, updated_at = now() WHERE user_id = $1"


def test_the_database_itself_lets_no_task_into_a_project_of_another_or_in_the_trash(
    user, stranger, database_url
):
    theirs, gone, own = NOUNS["project_id"](user), *(NOUNS["project_id"](stranger) for _ in "ab")
    stranger.delete(path_of(stranger, "projects", gone))
    task = stranger.create()
    for refused in (theirs, gone):
        with pytest.raises(Exception, match="task_user_id_project_id_fkey"):
            run_as(database_url, stranger.id, _REFER, stranger.id, uuid.UUID(refused))
    assert stranger.tasks() == [task]
    run_as(database_url, stranger.id, _REFER, stranger.id, uuid.UUID(own))
    assert stranger.tasks()[0]["project_id"] == own
    trash = "UPDATE my_project SET deleted_at = now(), updated_at = now() WHERE user_id = $1"
    with pytest.raises(Exception, match="task_user_id_project_id_fkey"):
        run_as(database_url, stranger.id, trash, stranger.id)
