"""A user's calendar, as whoever has its address reads it."""

from typing import Any

import httpx

from tests.domain.ical.tasks import read
from tests.server import User, nobody


def make(user: User) -> str:
    """Make the address of a user's calendar; gives its path."""
    response = user.post(f"/api/{user.id}/calendar")
    assert response.status_code == 201, response.text
    path: str = response.json()["path"]
    return path


def get(user: User, path: str, **options: Any) -> httpx.Response:
    """Read it as nobody."""
    with nobody(user.server) as client:
        return client.get(path, **options)


def components(user: User, path: str, **query: str) -> dict[str, Any]:
    """What it has, by what it says is to be done."""
    response = get(user, path, params=query)
    assert response.status_code == 200, response.text
    found = [each for each in read(response.text).subcomponents if "summary" in each]
    by_summary = {str(each["summary"]): each for each in found}
    assert len(by_summary) == len(found)
    return by_summary
