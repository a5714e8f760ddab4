"""POST /api/{user_id}/trash/{task_id}/restore."""

import uuid

from tests.api.trash.bins import in_trash, restore, trashed
from tests.server import User


def test_a_restored_task_is_as_it_was_and_a_version_on(user: User):
    task = trashed(user, description="More", completed=True)
    response = restore(user, task["id"])
    assert (response.status_code, response.headers["etag"]) == (200, '"3"')
    found = response.json()
    assert found == task | {"version": 3, "updated_at": found["updated_at"]}
    assert found["updated_at"] > task["updated_at"]
    assert user.tasks() == [found]
    assert user.task(task["id"]).json() == found
    assert in_trash(user) == []


def test_what_is_not_in_the_trash_is_404(user: User):
    live = user.create()
    for task_id in (live["id"], str(uuid.uuid4())):
        response = restore(user, task_id)
        assert (response.status_code, response.json()["error"]) == (404, "task_not_found")
    assert user.tasks() == [live]


def test_a_version_that_it_has_no_more_is_412_and_restores_nothing(user: User):
    task = trashed(user)
    response = restore(user, task["id"], **{"If-Match": '"1"'})
    assert (response.status_code, response.json()["error"]) == (412, "version_conflict")
    assert response.json()["current"]["version"] == 2
    assert [each["id"] for each in in_trash(user)] == [task["id"]]
    assert restore(user, task["id"], **{"If-Match": '"2"'}).status_code == 200


def test_it_can_be_deleted_and_restored_again(user: User):
    task = trashed(user)
    for _ in range(3):
        assert restore(user, task["id"]).status_code == 200
        assert user.delete(f"{user.path}/{task['id']}").status_code == 204
    assert [each["version"] for each in in_trash(user)] == [8]


def test_a_stranger_restores_nothing(user: User, stranger: User):
    task = trashed(user)
    assert restore(stranger, task["id"]).status_code == 404
    assert in_trash(stranger) == []
    assert len(in_trash(user)) == 1
