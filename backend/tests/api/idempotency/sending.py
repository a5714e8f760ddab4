"""Every operation that takes a key, as a request that may be sent again."""

import json
import secrets
from typing import Any, NamedTuple

import httpx

from tests.api.nouns import made
from tests.notified import told
from tests.server import User


class Sent(NamedTuple):
    """A request for what is the user's; `{id}` is that of a task that is there, or what its path is
    about: a project, a filter, a tag by its name."""

    method: str
    path: str = "/tasks/{id}"
    body: dict[str, Any] | None = None
    headers: dict[str, str] = {}  # noqa: RUF012 - of a tuple, which nobody changes

    def a_task(self, user: User) -> str:
        """Make what it needs to be there; gives the task's id, or the other row's."""
        if "/projects" in self.path or "/filters" in self.path:
            its: str = made(user, self.path.split("/")[1], name="Home", **self._more())["id"]
            return its
        if "/webhooks" in self.path:
            webhook: str = made(user, "webhooks", url="https://example.com/hook")["id"]
            return webhook
        if "/tags" in self.path:
            made(user, "tags", name="other")
            tag: str = made(user, "tags", name="home")["name"]
            return tag
        if "/notifications/{id}" in self.path:
            return told(user)
        rule = "daily" if self.path.endswith("/skip") else None
        task_id: str = user.create(recurrence=rule)["id"]
        if "/trash" in self.path:
            assert user.delete(f"{user.path}/{task_id}").is_success
        return task_id

    def _more(self) -> dict[str, Any]:
        return {"query": {}} if "/filters" in self.path else {}

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
    "skip_task": Sent("POST", "/tasks/{id}/skip"),
    "undo_change": Sent("POST", "/changes/1/undo"),
    "restore_task": Sent("POST", "/trash/{id}/restore"),
    "purge_task": Sent("DELETE", "/trash/{id}"),
    "empty_trash": Sent("DELETE", "/trash"),
    "create_project": Sent("POST", "/projects", {"name": "Once"}),
    "update_project_by_put": Sent("PUT", "/projects/{id}", {"name": "Once"}),
    "update_project_by_patch": Sent("PATCH", "/projects/{id}", {"move": {"first": True}}),
    "delete_project": Sent("DELETE", "/projects/{id}"),
    "create_tag": Sent("POST", "/tags", {"name": "Once"}),
    "update_tag_by_put": Sent("PUT", "/tags/{id}", {"name": "Once"}),
    "update_tag_by_patch": Sent("PATCH", "/tags/{id}", {"color": "#000000"}),
    "merge_tag": Sent("POST", "/tags/{id}/merge", {"into": "other"}),
    "delete_tag": Sent("DELETE", "/tags/{id}"),
    "create_filter": Sent("POST", "/filters", {"name": "Once", "query": {"sort": "title"}}),
    "update_filter_by_put": Sent("PUT", "/filters/{id}", {"query": {"sort": "title"}}),
    "update_filter_by_patch": Sent("PATCH", "/filters/{id}", {"name": "Once"}),
    "delete_filter": Sent("DELETE", "/filters/{id}"),
    "update_notification": Sent("PATCH", "/notifications/{id}", {"read": True}),
    "read_notifications": Sent("POST", "/notifications/read", {}),
    "create_webhook": Sent("POST", "/webhooks", {"url": "https://example.com/once"}),
    "update_webhook": Sent("PATCH", "/webhooks/{id}", {"url": "https://example.com/once"}),
    "delete_webhook": Sent("DELETE", "/webhooks/{id}"),
    "renew_webhook_secret": Sent("POST", "/webhooks/{id}/secret"),
    "test_webhook": Sent("POST", "/webhooks/{id}/test"),
    "update_settings": Sent("PATCH", "/settings", {"time_zone": "Europe/Berlin"}),
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
