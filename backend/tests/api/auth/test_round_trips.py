"""What signing up, signing in and refreshing cost: round trips to the database, on the wire."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.api.auth.people import AccountServer, Person, new_email
from tests.proxy import Proxy

Request = Callable[[], httpx.Response]


@pytest.fixture
def proxy(database_url: str) -> Iterator[Proxy]:
    with Proxy(database_url) as running:
        yield running


@pytest.fixture
def person(proxy: Proxy) -> Iterator[Person]:
    """Somebody whose server has one connection to the database."""
    with AccountServer(proxy.url, database_pool_size=1) as server, Person(server) as person:
        yield person.sign_up()


def a_sign_up(person: Person) -> Request:
    form = {"email": new_email(), "name": "Ada", "password": person.password}
    return lambda: person.post("/api/auth/sign-up", json=form)


def a_sign_up_again(person: Person) -> Request:
    form = {"email": person.email, "name": "Ada", "password": person.password}
    return lambda: person.post("/api/auth/sign-up", json=form)


def a_replay(person: Person) -> Request:
    spent = person.sign_in().tokens["refresh_token"]
    person.refresh()
    return lambda: person.try_to_refresh(spent)


def an_invented_token(person: Person) -> Request:
    invented = f"{person.id}.{'x' * 43}"
    return lambda: person.try_to_refresh(invented)


COSTS: dict[str, tuple[Callable[[Person], Request], int, int]] = {
    # Each with what is answered: one statement admits, BEGIN and COMMIT are round trips as well.
    "a sign-up": (a_sign_up, 201, 6),
    "a sign-up with an address that is taken": (a_sign_up_again, 409, 4),
    "a sign-in": (lambda person: person.try_to_sign_in, 200, 7),
    "a sign-in with a wrong password": (
        lambda person: lambda: person.try_to_sign_in(password="not the password"),
        401,
        3,
    ),
    "a sign-in with an unknown address": (
        lambda person: lambda: person.try_to_sign_in(new_email()),
        401,
        3,
    ),
    "a refresh": (lambda person: person.sign_in().try_to_refresh, 200, 4),
    "a replay": (a_replay, 401, 5),
    "a refresh with an invented token": (an_invented_token, 401, 1),
}


@pytest.mark.usefixtures("no_grace")
@pytest.mark.parametrize(("prepare", "status", "cost"), COSTS.values(), ids=COSTS)
def test_an_operation_of_accounts_costs_so_many_round_trips(prepare, status, cost, person, proxy):
    for _ in range(2):  # the first time, statements are prepared
        request = prepare(person)
        before = proxy.trips
        assert request().status_code == status
        counted = proxy.trips - before
    assert counted == cost
