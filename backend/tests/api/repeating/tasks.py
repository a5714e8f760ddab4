"""Repeating tasks, and what is done with them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.server import User

WEEK = timedelta(days=7)


def today() -> date:
    return datetime.now(UTC).date()


def in_days(days: int) -> str:
    return str(today() + timedelta(days=days))


def path_of(user: User, task: Any) -> str:
    return f"{user.path}/{task['id']}"


def now(user: User, task: Any) -> dict[str, Any]:
    found: dict[str, Any] = user.task(task["id"]).json()
    return found


def complete(user: User, task: Any, *, completed: bool = True) -> dict[str, Any]:
    answer = user.patch(f"{path_of(user, task)}/complete", json={"completed": completed})
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


def reopen(user: User, task: Any) -> dict[str, Any]:
    return complete(user, task, completed=False)


def series(user: User, task: Any, **query: Any) -> list[dict[str, Any]]:
    answer = user.get(f"/api/{user.id}/series/{task['series_id']}", params=query)
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()
    return listed


def newest_change(user: User) -> int:
    number: int = user.get(f"/api/{user.id}/changes").json()["number"]
    return number


def undo(user: User, number: int) -> None:
    answer = user.post(f"/api/{user.id}/changes/{number}/undo")
    assert answer.status_code == 200, answer.text
