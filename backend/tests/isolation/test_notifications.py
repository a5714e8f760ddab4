"""Notifications of another user: by path and by body, as if they had never been."""

import uuid

import pytest

from tests.notified import told
from tests.server import User


def _of(user: User) -> list[dict[str, object]]:
    response = user.get(f"/api/{user.id}/notifications")
    assert response.status_code == 200
    found: list[dict[str, object]] = response.json()
    return found


def test_that_of_another_user_is_404_like_one_that_never_was(user: User, stranger: User):
    theirs, own = told(user), told(stranger)
    before = _of(user), _of(stranger)
    problems = []
    for its in (theirs, str(uuid.uuid4())):
        url = f"/api/me/notifications/{its}"
        response = stranger.patch(url, json={"read": True})
        problem = response.json()
        assert (response.status_code, problem.pop("instance")) == (404, url)
        del problem["request_id"]
        problems.append(problem)
    assert problems[0] == problems[1]
    assert (_of(user), _of(stranger)) == before
    assert stranger.patch(f"/api/me/notifications/{own}", json={"read": True}).status_code == 200


@pytest.mark.parametrize("member", ["ids", "up_to"])
def test_what_is_told_to_another_user_is_marked_by_nobody_else(
    member: str, user: User, stranger: User
):
    theirs, before = told(user), _of(user)
    for its in (theirs, str(uuid.uuid4())):
        body = {member: [its] if member == "ids" else its}
        response = stranger.post("/api/me/notifications/read", json=body)
        assert response.json() == {"marked": 0, "unread": 0}
    assert _of(user) == before
