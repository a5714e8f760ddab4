"""GET /api/{user_id}/stats."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.databases import run_as
from tests.server import User


def stats(user: User) -> dict[str, Any]:
    response = user.get(f"/api/{user.id}/stats")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_nobody_has_done_anything_at_first(user: User, stranger: User):
    stranger.create(tags=["x"], completed=True)
    found = stats(user)
    assert (found["total"], found["streak"]) == (0, 0)
    assert found["by_status"] == {"pending": 0, "completed": 0}
    assert (found["by_tag"], found["by_project"]) == ([], [])
    words = ["none", "low", "medium", "high", "urgent"]
    assert found["by_priority"] == {word: {"total": 0, "completed": 0} for word in words}
    assert len(found["done_per_day"]) == 30
    assert {day["completed"] for day in found["done_per_day"]} == {0}


def test_tasks_are_counted_in_every_way(user: User):
    user.create(tags=["Home", "x"], completed=True, priority="high")
    user.create(tags=["home"], priority="high")
    user.create()
    gone = user.create(tags=["gone"], completed=True)
    user.delete(f"{user.path}/{gone['id']}")
    found = stats(user)
    assert (found["total"], found["by_status"]) == (3, {"pending": 2, "completed": 1})
    assert found["by_priority"]["high"] == {"total": 2, "completed": 1}
    assert found["by_priority"]["medium"] == {"total": 1, "completed": 0}
    assert found["by_tag"] == [
        {"name": "Home", "total": 2, "completed": 1},
        {"name": "x", "total": 1, "completed": 1},
    ]
    none = {"project_id": None, "name": None, "total": 3, "completed": 1}
    assert found["by_project"] == [none]
    assert sum(day["completed"] for day in found["done_per_day"]) == 1


@pytest.mark.parametrize(
    ("days_ago", "streak"),
    [
        ([0], 1),
        ([1], 1),
        ([2], 0),
        ([0, 1, 2, 4], 3),
        ([1, 2, 2, 3, 40], 3),
        (list(range(1, 50)), 49),
    ],
)
def test_a_streak_goes_up_to_today_or_yesterday(
    user: User, database_url: str, days_ago: list[int], streak: int
):
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for ago in days_ago:
        task = user.create(completed=True)
        sql = "UPDATE task SET completed_at = $2 WHERE user_id = $3 AND id = $1"
        run_as(database_url, user.id, sql, task["id"], noon - timedelta(days=ago), user.id)
    found = stats(user)
    # Unless midnight has passed meanwhile.
    today = datetime.fromisoformat(found["done_per_day"][-1]["day"]).date()
    assert today != noon.date() or found["streak"] == streak
    assert sum(day["completed"] for day in found["done_per_day"]) == sum(a < 30 for a in days_ago)
    days = [day["day"] for day in found["done_per_day"]]
    assert days == sorted(days)
