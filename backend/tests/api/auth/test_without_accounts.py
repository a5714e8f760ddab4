"""With another AUTH_MODE there are no accounts, and the routes say so."""

from collections.abc import Iterator

import httpx
import pytest

from tests.api.auth.people import PASSWORD
from tests.contract import check_response
from tests.server import RunningServer, User, settings
from todo_server.api.compatibility import OTHER_NAMES, PREFIX

SIGN_IN = {"email": "ada@example.com", "password": PASSWORD}
OPEN = {
    "sign up": ("POST", "/api/auth/sign-up", {"json": {**SIGN_IN, "name": "Ada"}}),
    "sign in": ("POST", "/api/auth/sign-in", {"json": SIGN_IN}),
    "token": ("POST", "/api/auth/token", {"data": {"username": "a@b.c", "password": PASSWORD}}),
    "refresh": ("POST", "/api/auth/refresh", {"json": {"refresh_token": "x"}}),
    **{
        path: ("POST", PREFIX + path, {"json": SIGN_IN})
        for path, of in OTHER_NAMES.items()
        if of != "sign_out"
    },
    "key set": ("GET", "/.well-known/jwks.json", {}),
}
SIGNED_IN = {
    "sign out": ("POST", "/api/auth/sign-out", {}),
    "log out": ("POST", "/api/auth/logout", {}),
    "me": ("GET", "/api/auth/me", {}),
    "session": ("GET", "/api/auth/session", {}),
    "change": ("PATCH", "/api/auth/account", {"json": {"current_password": PASSWORD}}),
    "leave": ("DELETE", "/api/auth/account", {"json": {"current_password": PASSWORD}}),
}


@pytest.fixture(scope="module")
def another_mode(database_url: str) -> Iterator[RunningServer]:
    with RunningServer(settings(database_url, auth_mode="shared_secret")) as server:
        yield server


def ask(client: httpx.Client, method: str, path: str, options: dict[str, object]) -> httpx.Response:
    response = client.request(method, path, **options)  # type: ignore[arg-type]
    check_response(response)
    return response


@pytest.mark.parametrize(("method", "path", "options"), OPEN.values(), ids=list(OPEN))
def test_what_is_open_to_everybody_is_404(method, path, options, another_mode):
    with httpx.Client(base_url=another_mode.url) as client:
        response = ask(client, method, path, options)
    assert (response.status_code, response.json()["error"]) == (404, "no_accounts")


@pytest.mark.parametrize(("method", "path", "options"), SIGNED_IN.values(), ids=list(SIGNED_IN))
def test_what_needs_a_token_is_401_without_and_404_with_one(method, path, options, another_mode):
    with httpx.Client(base_url=another_mode.url) as client:
        assert ask(client, method, path, options).status_code == 401
    with User(another_mode) as user:
        response = ask(user, method, path, options)
    assert (response.status_code, response.json()["error"]) == (404, "no_accounts")


def test_a_token_of_an_account_opens_nothing(another_mode, person):
    headers = {"Authorization": person.headers["Authorization"]}
    with httpx.Client(base_url=another_mode.url, headers=headers) as client:
        assert ask(client, "GET", "/api/me/tasks", {}).status_code == 401
        assert ask(client, "GET", f"/api/{person.id}/tasks", {}).status_code == 401


def test_a_token_signed_with_the_secret_opens_no_account(another_mode, person, new_person):
    with User(another_mode, person.id) as user:
        forger = new_person(token=user.token)
        assert not forger.has_access()
        assert forger.get("/api/auth/session").status_code == 401
