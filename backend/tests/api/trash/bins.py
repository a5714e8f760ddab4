"""A user's trash, as they fill it and look into it."""

from typing import Any

import httpx

from tests.server import User


def trash_of(user: User) -> str:
    return f"/api/{user.id}/trash"


def trashed(user: User, title: str = "Lose", **members: Any) -> dict[str, Any]:
    """Make a task and delete it; gives it as it was."""
    task = user.create(title, **members)
    assert user.delete(f"{user.path}/{task['id']}").status_code == 204
    return task


def in_trash(user: User, **query: Any) -> list[dict[str, Any]]:
    response = user.get(trash_of(user), params=query)
    assert response.status_code == 200, response.text
    listed: list[dict[str, Any]] = response.json()
    return listed


def restore(user: User, task_id: str, **headers: str) -> httpx.Response:
    return user.post(f"{trash_of(user)}/{task_id}/restore", headers=headers)


def purge(user: User, task_id: str, **headers: str) -> httpx.Response:
    return user.delete(f"{trash_of(user)}/{task_id}", headers=headers)
