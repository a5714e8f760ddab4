"""Access ends at once: on every worker, for all that a token opens, at no further round trip."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.api.auth.people import PASSWORD, AccountServer, Person
from tests.proxy import Proxy

NEW = "another horse battery"

READS: dict[str, Callable[[Person, str], httpx.Response]] = {
    "list": lambda person, _: person.get("/api/me/tasks"),
    "page": lambda person, _: person.get("/api/me/tasks?limit=1&status=pending"),
    "get": lambda person, task: person.get(f"/api/me/tasks/{task}"),
}
CREATION: dict[str, Callable[[Person, str], httpx.Response]] = {
    "create": lambda person, _: person.post("/api/me/tasks", json={"title": "stolen"}),
}
CHANGES: dict[str, Callable[[Person, str], httpx.Response]] = {
    "put": lambda person, task: person.put(f"/api/me/tasks/{task}", json={"title": "stolen"}),
    "patch": lambda person, task: person.patch(f"/api/me/tasks/{task}", json={"title": "stolen"}),
    "complete": lambda person, task: person.patch(f"/api/me/tasks/{task}/complete"),
}
DELETION: dict[str, Callable[[Person, str], httpx.Response]] = {
    "delete": lambda person, task: person.delete(f"/api/me/tasks/{task}"),
}
OF_THE_ACCOUNT: dict[str, Callable[[Person, str], httpx.Response]] = {
    "session": lambda person, _: person.get("/api/auth/session"),
    "change": lambda person, _: person.change(name="stolen"),
    "change with the new password": lambda person, _: person.change(NEW, name="stolen"),
    "sign out": lambda person, _: person.post("/api/auth/sign-out", json={"everywhere": True}),
    "leave": lambda person, _: person.leave(),
    "refresh": lambda person, _: person.try_to_refresh(),
}
EVERYTHING = READS | CREATION | CHANGES | DELETION | OF_THE_ACCOUNT


def replay(person: Person) -> None:
    person.try_to_refresh()
    person.try_to_refresh()


def on_another_device(person: Person) -> None:
    here = person.tokens
    person.sign_in().post("/api/auth/sign-out", json={"everywhere": True})
    person.carry(here)


ENDS: dict[str, Callable[[Person], Any]] = {
    "signing out": lambda person: person.post("/api/auth/sign-out"),
    "signing out everywhere": lambda person: person.post(
        "/api/auth/sign-out", json={"everywhere": True}
    ),
    "another device that signs out everywhere": on_another_device,
    "a new password": lambda person: person.change(password=NEW),
    "deletion": lambda person: person.leave(),
    "a replayed refresh token": replay,
}


@pytest.mark.usefixtures("no_grace")
@pytest.mark.parametrize("seen", [True, False], ids=["remembered", "never seen there"])
@pytest.mark.parametrize("end", ENDS)
def test_access_ends_on_another_worker_with(end, seen, person, new_person, other_worker):
    task = person.create()
    elsewhere = new_person(other_worker).carry(person.tokens)
    if seen:
        assert elsewhere.get("/api/me/tasks").json() == [task]
    ENDS[end](person)
    for name, use in EVERYTHING.items():
        response = use(elsewhere, task["id"])
        assert response.status_code == 401, name
        assert response.headers["www-authenticate"] == "Bearer"
    if end != "deletion":
        password = NEW if end == "a new password" else PASSWORD
        assert person.sign_in(password=password).get("/api/me/tasks").json() == [task]


@pytest.fixture
def counted(database_url: str) -> Iterator[tuple[Proxy, Person]]:
    """Somebody whose requests are counted on their way to the database."""
    with (
        Proxy(database_url) as proxy,
        AccountServer(proxy.url) as server,
        Person(server) as person,
    ):
        yield proxy, person.sign_up()


def test_the_session_is_checked_without_a_further_round_trip(counted):
    proxy, person = counted
    for name, use in (READS | CREATION | CHANGES | DELETION).items():
        costs = []
        for _ in range(2):  # the first time, statements are prepared
            task = person.create()["id"]
            before = proxy.trips
            assert use(person, task).is_success
            costs.append(proxy.trips - before)
        assert costs[-1] == 1, name


def test_a_session_that_has_ended_is_found_out_in_the_first_round_trip(counted, new_person):
    proxy, person = counted
    person.get("/api/me/tasks")
    phone = new_person().sign_in(person.email)
    phone.post("/api/auth/sign-out", json={"everywhere": True})
    before = proxy.trips
    assert person.get("/api/me/tasks").status_code == 401
    assert proxy.trips - before == 1
