"""Every operation that takes a key, as a request that may be sent again."""

import json
import secrets
from typing import Any, NamedTuple

import httpx

from tests.server import User


class Sent(NamedTuple):
    """A request for what is the user's; `{id}` is that of a task that is there."""

    method: str
    path: str = "/tasks/{id}"
    body: dict[str, Any] | None = None
    headers: dict[str, str] = {}  # noqa: RUF012 - of a tuple, which nobody changes

    def a_task(self, user: User) -> str:
        """Make what it needs to be there; gives the task's id."""
        task_id: str = user.create()["id"]
        if "/trash" in self.path:
            assert user.delete(f"{user.path}/{task_id}").is_success
        return task_id

    def by(self, user: User, task_id: str, key: str) -> httpx.Response:
        path = f"/api/{user.id}{self.path}".format(id=task_id)
        headers = {"Idempotency-Key": key, **self.headers}
        return user.request(self.method, path, json=self.written(task_id), headers=headers)

    def written(self, task_id: str) -> Any:
        """The body, with the task's id in it."""
        return json.loads(json.dumps(self.body).replace("{id}", task_id))


def new_key() -> str:
    return secrets.token_urlsafe()


SENT = {
    "create_task": Sent("POST", "/tasks", {"title": "Once"}),
    "update_task_by_put": Sent("PUT", body={"title": "Once"}),
    "update_task_by_patch": Sent("PATCH", body={"title": "Once"}),
    "complete_task": Sent("PATCH", "/tasks/{id}/complete"),
    "delete_task": Sent("DELETE"),
    "undo_change": Sent("POST", "/changes/1/undo"),
    "restore_task": Sent("POST", "/trash/{id}/restore"),
    "purge_task": Sent("DELETE", "/trash/{id}"),
    "empty_trash": Sent("DELETE", "/trash"),
    "change_tasks": Sent(
        "POST",
        "/tasks/bulk",
        {
            "commands": [
                {"op": "create", "title": "Once", "ref": "a"},
                {"op": "complete", "id": "#a"},
                {"op": "delete", "id": "{id}"},
            ]
        },
    ),
}
"""By the operation's name in the contract."""

WITH_CONDITION = {
    name: sent._replace(headers={"If-Match": '"2"' if "/trash" in sent.path else '"1"'})
    for name, sent in SENT.items()
    if "/{id}" in sent.path
}
