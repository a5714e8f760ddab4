"""What a user has beside tasks, made for whoever is to have it; by the parameter that names it."""

import secrets
import uuid
from collections.abc import Callable

from tests.api.nouns import made, names
from tests.notified import told
from tests.server import User

NEVER = str(uuid.UUID(int=0))
"""The id of nothing, and the name of no tag."""


def _tag(user: User) -> str:
    """Make a tag of a name that nobody else has, and another to be merged into."""
    if "other" not in names(user, "tags"):
        made(user, "tags", name="other")
    its: str = made(user, "tags", name=secrets.token_hex(8))["name"]
    return its


def _project(user: User) -> str:
    its: str = made(user, "projects", name=f"of {user.id}")["id"]
    return its


def _filter(user: User) -> str:
    its: str = made(user, "filters", name=f"of {user.id}", query={})["id"]
    return its


def _webhook(user: User) -> str:
    """Make one with a delivery."""
    its: str = made(user, "webhooks", url=f"https://example.com/{user.id}")["id"]
    assert user.post(f"/api/{user.id}/webhooks/{its}/test").is_success
    return its


def _series(user: User) -> str:
    its: str = user.create(f"of {user.id}", recurrence="daily")["series_id"]
    return its


OTHERS: dict[str, Callable[[User], str]] = {"notification_id": told}
"""What is no noun of the log."""

NOUNS: dict[str, Callable[[User], str]] = {
    "project_id": _project,
    "name": _tag,
    "filter_id": _filter,
    "webhook_id": _webhook,
    "series_id": _series,
}
