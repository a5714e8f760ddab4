"""Of many faults, the first in order is answered."""

from typing import Any

import pytest

from tests.api.requests.raw import MIB, TASK
from tests.server import RunningServer, User, nobody

ORDER = {
    "route": 404,
    "method": 405,
    "token": 401,
    "owner": 403,
    "type": 415,
    "size": 413,
    "syntax": 400,
    "rule": 422,
    "task": 404,
    "nothing": 200,
}


@pytest.mark.parametrize("place", range(len(ORDER)), ids=list(ORDER))
def test_of_many_faults_the_first_in_order_is_answered(
    user: User, stranger: User, task: dict[str, Any], place: int
):
    wrong = list(ORDER)[place:]
    task_id = stranger.create()["id"] if "task" in wrong else task["id"]
    path = f"/api/{stranger.id if 'owner' in wrong else user.id}/tasks/{task_id}"
    content = TASK
    if "rule" in wrong:
        content = b'{"title":""}'
    if "syntax" in wrong:
        content = b"{"
    if "size" in wrong:
        content += b" " * MIB
    response = user.request(
        "POST" if "method" in wrong else "PUT",
        path + "/nowhere" * ("route" in wrong),
        content=content,
        headers={
            "Content-Type": "text/plain" if "type" in wrong else "application/json",
            "Authorization": "Bearer x" if "token" in wrong else user.headers["authorization"],
        },
    )
    assert response.status_code == ORDER[wrong[0]]


def test_a_bad_query_and_a_bad_id_come_after_the_token(server: RunningServer, user: User):
    with nobody(server) as client:
        assert client.get("/api/me/tasks?limit=0").status_code == 401
        assert client.get("/api/me/tasks/x").status_code == 401
    assert user.get("/api/else/tasks?limit=0").status_code == 403
    assert user.get("/api/else/tasks/x").status_code == 403
