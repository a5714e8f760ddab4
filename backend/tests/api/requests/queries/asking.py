"""Queries as they stand."""

import httpx

from tests.server import User


def ask(user: User, query: str) -> httpx.Response:
    """Send a query as it stands."""
    url = httpx.URL(user.base_url).copy_with(raw_path=f"{user.path}?{query}".encode())
    return user.get(url)


def check_refused(response: httpx.Response, field: str, code: str) -> None:
    assert response.status_code == 422
    found = [(detail["field"], detail["code"]) for detail in response.json()["details"]]
    assert found == [(field, code)]
    assert response.json()["error"] == "validation_failed"
