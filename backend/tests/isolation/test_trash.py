"""What is in the trash is shown by the trash alone, by reflection over every operation."""

import re
import uuid

import pytest

from tests.api.trash.bins import in_trash, trash_of, trashed
from tests.isolation.test_operations import OWNED, Operation
from tests.server import User

# Whoever asks these, asks for what was deleted as well.
HISTORY = "/api/{user_id}/tasks/{task_id}/history"
SHOWING = {"/api/{user_id}/trash", "/api/{user_id}/export", HISTORY}
ASKING = [o for o in OWNED if o.method == "GET" and "user_id" in o.parameters]
ON_ONE = [
    o for o in OWNED if "task_id" in o.parameters and "/trash" not in o.path and o.path != HISTORY
]

QUERIES = ("", "limit=200", "status=all", "status=completed", "sort=updated_at", "sort=title")


def test_there_is_something_to_be_tried():
    assert {o.path for o in ASKING} >= {"/api/{user_id}/tasks", "/api/{user_id}/trash"}
    assert len(ON_ONE) >= 5


@pytest.mark.parametrize("operation", [o for o in ASKING if o.path not in SHOWING], ids=str)
@pytest.mark.parametrize("query", QUERIES)
def test_no_operation_shows_what_is_in_the_trash(operation: Operation, query: str, user: User):
    secret = f"secret-{uuid.uuid4().hex}"
    user.create("Keep")
    gone = trashed(user, secret, description=secret, completed=True)
    url = operation.url(user_id=user.id, task_id=gone["id"], **operation.own(user))
    assert secret not in user.get(f"{url}?{query}").text


@pytest.mark.parametrize("operation", ON_ONE, ids=str)
def test_a_task_in_the_trash_is_404_and_stays_as_it_is(operation: Operation, user: User):
    gone, missing = trashed(user), str(uuid.uuid4())
    before, problems = in_trash(user), []
    for task_id in (gone["id"], missing):
        url = operation.url(user_id=user.id, task_id=task_id)
        response = user.request(operation.method, url, json=operation.body())
        assert response.status_code == 404, response.text
        problems.append(re.sub(f"{task_id}|{response.headers['x-request-id']}", "", response.text))
    assert problems[0] == problems[1]
    assert in_trash(user) == before


def test_nobody_sees_the_trash_of_another(user: User, stranger: User):
    trashed(user, "secret")
    own = trashed(stranger)
    assert [task["id"] for task in in_trash(stranger)] == [own["id"]]
    assert stranger.get(trash_of(user)).status_code == 403
