"""Bodies for every operation that reads one."""

import json
from typing import Any

from tests.server import User

JSON = {"Content-Type": "application/json"}


def in_json(value: Any, *, escaped: bool = True) -> bytes:
    return json.dumps(value, ensure_ascii=escaped).encode()


def writings(user: User, task_id: str) -> list[tuple[str, str]]:
    """All operations that read a body."""
    return [
        ("POST", user.path),
        ("PUT", f"{user.path}/{task_id}"),
        ("PATCH", f"{user.path}/{task_id}"),
        ("PATCH", f"{user.path}/{task_id}/complete"),
    ]


def check_refused(user: User, body: bytes, status: int, code: str) -> None:
    """Send a body to every operation that reads one; it must change nothing anywhere."""
    task = user.create("Unchanged", description="as it was")
    before = user.tasks()
    for method, path in writings(user, task["id"]):
        response = user.request(method, path, content=body, headers=JSON)
        assert (response.status_code, response.json()["error"]) == (status, code), (method, path)
    assert user.tasks() == before
