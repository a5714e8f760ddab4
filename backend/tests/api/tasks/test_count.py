"""GET /api/{user_id}/tasks/count."""

import pytest

from tests.server import User


def test_it_counts_what_would_be_listed(user: User, stranger: User):
    stranger.create("milk")
    user.create("Buy milk", tags=["home"], completed=True)
    user.create("Buy bread", priority="urgent")
    gone = user.create("Buy milk again")
    user.delete(f"{user.path}/{gone['id']}")
    for query, count in {
        "": 2,
        "status=done": 1,
        "q=MILK": 1,
        "priority=urgent,high": 1,
        "tag=HOME": 1,
        "project_id=none": 2,
        "completed_since=2100-01-01T00:00:00Z": 0,
        "sort=nonsense&limit=0": 2,
    }.items():
        response = user.get(f"{user.path}/count?{query}")
        assert (response.status_code, response.json()) == (200, {"count": count}), query


def test_a_bad_filter_is_422_as_in_a_list(user: User):
    response = user.get(f"{user.path}/count?project_id=1&status=later")
    assert response.status_code == 422
    assert [detail["field"] for detail in response.json()["details"]] == ["project_id", "status"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_count_is_no_id_of_a_task(user: User, method: str):
    response = user.request(method, f"{user.path}/count", json={"title": "x"})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"


def test_the_tasks_of_somebody_else_are_not_counted_for_a_stranger(user: User, stranger: User):
    assert user.get(f"{stranger.path}/count").status_code == 403
