"""Projects, tags and filters of a user, as the tests of each make and look at them."""

from typing import Any

from tests.server import User


def path_of(user: User, *parts: str) -> str:
    """A path below the user's: `path_of(user, "projects", its_id)`."""
    return "/".join(("/api", user.id, *parts))


def made(user: User, noun: str, **members: Any) -> dict[str, Any]:
    """Make one; gives it as the server answered."""
    response = user.post(path_of(user, noun), json=members)
    assert response.status_code == 201, response.text
    row: dict[str, Any] = response.json()
    return row


def listed(user: User, noun: str, **query: Any) -> list[dict[str, Any]]:
    response = user.get(path_of(user, noun), params=query)
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()
    return rows


def names(user: User, noun: str, **query: Any) -> list[str]:
    return [row["name"] for row in listed(user, noun, **query)]


def newest_number(user: User) -> int:
    """The number of the user's last change."""
    number: int = user.get(path_of(user, "changes")).json()["number"]
    return number


def undo_last(user: User) -> dict[str, Any]:
    """Undo the last change, and all that was made with it."""
    response = user.post(path_of(user, "changes", str(newest_number(user)), "undo"))
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page
