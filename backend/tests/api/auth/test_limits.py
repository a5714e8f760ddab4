"""Limits on guessing: what they stop, and whom they never do."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.api.auth.people import PASSWORD, AccountServer, Person, new_address, new_email
from tests.contract import check_response
from tests.databases import new_database, run
from todo_server.api.compatibility import OTHER_NAMES, PREFIX
from todo_server.auth import passwords

THREE: dict[str, Any] = {"sign_in_limit_per_account": "3/hour"}


@pytest.fixture(scope="module")
def database_of_counters() -> str:
    """One whose counters a test may put back."""
    return new_database()


@pytest.fixture
def new_server(database_of_counters: str) -> Iterator[Callable[..., AccountServer]]:
    """Start workers with limits, all on one database."""
    with ExitStack() as servers:
        yield lambda **limits: servers.enter_context(AccountServer(database_of_counters, **limits))


def guess(person: Person, email: str | None = None) -> int:
    """Try a wrong password; gives the status."""
    return person.try_to_sign_in(email, "a wrong password").status_code


def guesses(person: Person, email: str | None = None, *, most: int = 50) -> int:
    """How many tries somebody has who does not know the password."""
    return next(number for number in range(most) if guess(person, email) == 429)


@pytest.mark.parametrize("known", [True, False], ids=["a known", "an unknown"])
def test_guessing_at_one_account_is_limited_for(known, new_server, new_person):
    server = new_server(**THREE)
    owner, guesser = new_person(server), new_person(server)
    if known:
        owner.sign_up()
    assert guesses(guesser, owner.email) == 3
    hashed = server.hasher.verified
    response = guesser.try_to_sign_in(owner.email, owner.password)
    assert response.status_code == 429, "not even with the password"
    assert response.json()["error"] == "too_many_attempts"
    assert 3500 < int(response.headers["retry-after"]) <= 3600
    assert server.hasher.verified == hashed
    assert guess(guesser, new_email()) == 401, "another account is another counter"


def test_the_owner_at_another_address_is_not_stopped(new_server, new_person):
    server = new_server(**THREE)
    owner, guesser = new_person(server).sign_up(), new_person(server)
    assert guesses(guesser, owner.email) == 3
    assert new_person(server).sign_in(owner.email).has_access()
    assert owner.try_to_sign_in().status_code == 200
    assert owner.has_access()
    assert owner.change(name="Ada L.").status_code == 200
    assert guess(guesser, owner.email) == 429


def test_the_limits_hold_for_all_workers_and_after_a_restart(
    new_server, new_person, database_of_counters
):
    owner = new_person(new_server(**THREE)).sign_up()
    address = new_address()
    for _ in range(3):
        with (
            AccountServer(database_of_counters, **THREE) as server,
            Person(server, address=address) as guesser,
        ):
            assert guess(guesser, owner.email) == 401
    for _ in range(2):
        assert guess(new_person(new_server(**THREE), address=address), owner.email) == 429


def test_every_way_to_try_a_password_is_counted(new_server, new_person):
    server = new_server(sign_in_limit_per_account="4/hour")
    person = new_person(server).sign_up()
    wrong = "a wrong password"
    form = {"username": person.email, "password": wrong}
    assert guess(person) == 401
    assert person.post("/api/auth/token", data=form).status_code == 401
    assert person.change(wrong, name="Eve").status_code == 422
    assert person.leave(wrong).status_code == 422
    for response in (
        person.try_to_sign_in(),
        person.post("/api/auth/token", data=form),
        person.change(name="Eve"),
        person.leave(),
    ):
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) > 3500
    assert person.has_access()


def test_tries_under_other_names_are_counted_together(new_server, new_person):
    paths = [PREFIX + path for path, of in OTHER_NAMES.items() if of == "sign_in"]
    server = new_server(sign_in_limit_per_account=f"{len(paths) + 2}/hour")
    person = new_person(server).sign_up()
    wrong = {"email": person.email, "password": "a wrong password"}
    form = {"username": person.email, "password": "a wrong password"}
    assert guess(person) == 401
    assert [person.post(path, json=wrong).status_code for path in paths] == [401] * len(paths)
    assert person.post(paths[0], data=form).status_code == 401
    hashed = server.hasher.verified
    for response in (
        person.try_to_sign_in(),
        *(person.post(path, json=wrong | {"password": person.password}) for path in paths),
        *(person.post(path, data=form) for path in paths),
    ):
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) > 3500
    assert server.hasher.verified == hashed


def test_signing_up_under_other_names_is_counted_together(new_server, new_person):
    paths = [PREFIX + path for path, of in OTHER_NAMES.items() if of == "sign_up"]
    person = new_person(new_server(sign_in_limit_per_address=f"{len(paths) + 1}/hour")).sign_up()
    for status in (409, 429):
        form = {"email": person.email, "name": "Eve", "password": PASSWORD}
        assert {person.post(path, json=form).status_code for path in paths} == {status}
    assert person.post("/api/auth/sign-up", json=form).status_code == 429


def test_success_gives_the_try_back(new_server, new_person):
    server = new_server(**THREE, sign_in_limit_per_address="5/hour")
    person = new_person(server).sign_up()
    for _ in range(3):
        assert guess(person) == 401
        for _ in range(5):
            assert person.try_to_sign_in().status_code == 200
            assert person.change(name="Ada L.").status_code == 200
    # The sign-up and three wrong tries have stayed counted for the address.
    assert [guess(person), guess(person)] == [401, 429]


def test_tries_at_many_accounts_are_limited_for_an_address(new_server, new_person):
    server = new_server(**THREE, sign_in_limit_per_address="5/hour")
    person, guesser = new_person(server).sign_up(), new_person(server)
    assert [guess(guesser, new_email()) for _ in range(7)] == [401] * 5 + [429] * 2
    response = guesser.try_to_sign_in(person.email)
    assert response.status_code == 429
    assert 3500 < int(response.headers["retry-after"]) <= 3600
    assert person.try_to_sign_in().status_code == 200


def test_signing_up_is_limited_for_an_address_before_anything_is_hashed(new_server, new_person):
    server = new_server(sign_in_limit_per_address="3/hour")
    person = new_person(server).sign_up()
    form = {"email": person.email, "name": "Eve", "password": "another password"}
    assert person.post("/api/auth/sign-up", json=form).status_code == 409
    weak = {"email": new_email(), "name": "Eve", "password": "password123"}
    assert person.post("/api/auth/sign-up", json=weak).status_code == 422
    hashes = []
    server.hasher.hash = lambda *_: hashes.append(1)
    for email in (person.email, new_email()):
        response = person.post("/api/auth/sign-up", json=form | {"email": email})
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) > 3500
    assert not hashes
    assert person.has_access()


def test_asking_whether_addresses_are_taken_by_changing_ones_own_is_limited(new_server, new_person):
    server = new_server(sign_in_limit_per_address="4/hour")
    taken, person = new_person(server).sign_up(), new_person(server).sign_up()
    statuses = [person.change(email=taken.email).status_code for _ in range(5)]
    assert statuses == [409] * 3 + [429] * 2


def test_somebody_with_many_addresses_is_stopped_but_not_the_owner_where_they_were_before(
    new_server, new_person
):
    server = new_server(sign_in_limit_per_account="2/hour")
    at_home = new_person(server).sign_up()
    at_work = new_person(server).sign_in(at_home.email)
    tries = [
        guess(new_person(server, address=address), at_home.email)
        for address in (new_address() for _ in range(12))
        for _ in range(2)
    ]
    assert tries == [401] * 20 + [429] * 4
    assert at_home.try_to_sign_in().status_code == 200
    assert at_work.try_to_sign_in(at_home.email).status_code == 200
    assert at_work.change(name="Ada L.").status_code == 200
    assert at_home.has_access()
    elsewhere = new_person(server).try_to_sign_in(at_home.email)
    assert elsewhere.status_code in (200, 429)
    assert guesses(at_work, at_home.email) == 2, "who shares an address with the owner"


def test_who_fails_to_sign_up_with_somebodys_address_is_not_taken_for_the_owner(
    new_server, new_person
):
    server = new_server(sign_in_limit_per_account="1/hour")
    owner, guesser = new_person(server).sign_up(), new_person(server)
    form = {"email": owner.email, "name": "Eve", "password": "another password"}
    assert guesser.post("/api/auth/sign-up", json=form).status_code == 409
    for _ in range(10):
        assert guess(new_person(server), owner.email) == 401
    assert guess(guesser, owner.email) == 429


def test_of_many_tries_at_once_no_more_are_admitted(new_server, new_person):
    """Each is counted before it is known whether it is right."""
    servers = [new_server(sign_in_limit_per_account="5/hour") for _ in range(2)]
    owner, address = new_person(servers[0]).sign_up(), new_address()

    async def race() -> list[int]:
        async with httpx.AsyncClient(headers={"X-Forwarded-For": address}, timeout=30) as client:

            async def guess(number: int) -> int:
                response = await client.post(
                    f"{servers[number % 2].url}/api/auth/sign-in",
                    json={"email": owner.email, "password": f"wrong password {number}"},
                )
                check_response(response)
                return response.status_code

            return await asyncio.gather(*(guess(number) for number in range(20)))

    assert Counter(asyncio.run(race())) == {401: 5, 429: 15}


def test_after_the_window_there_are_tries_again(new_server, new_person, database_of_counters):
    person = new_person(new_server(**THREE)).sign_up()
    assert guesses(person) == 3
    run(database_of_counters, "UPDATE attempt SET expires_at = now()")
    assert guesses(person) == 3
    run(database_of_counters, "UPDATE attempt SET expires_at = now()")
    assert person.try_to_sign_in().status_code == 200


def test_a_try_that_was_never_made_is_not_counted(new_server, new_person, monkeypatch):
    person = new_person(new_server(**THREE)).sign_up()
    with monkeypatch.context() as crowded:
        crowded.setattr(passwords, "MAX_WAITING", 0)
        for _ in range(4):
            assert guess(person) == 503
            assert person.change(name="Eve").status_code == 503
    assert guesses(person) == 3


FORWARDED = {
    "one IPv4 address": (["203.0.113.1"], True),
    "two IPv4 addresses": (["203.0.113.1", "203.0.113.2"], False),
    "with a port of every connection": (["203.0.113.3:1000", "203.0.113.3:2000"], True),
    "what a client made up before it": (["1.1.1.1, 203.0.113.4", "2.2.2.2, 203.0.113.4"], True),
    "one IPv4 address within IPv6": (["203.0.113.5", "::ffff:203.0.113.5"], True),
    "two IPv4 addresses within IPv6": (["::ffff:203.0.113.6", "::ffff:203.0.113.7"], False),
    "one IPv6 network": (["2001:db8::1", "2001:db8:0:0:ffff::2", "2001:db8::5:0:0:1"], True),
    "one that is written in two ways": (["2001:db8:1::1", "2001:0DB8:0001:0::1"], True),
    "two IPv6 networks": (["2001:db8:0:a::1", "2001:db8:0:b::1"], False),
    "what is no address": (["unknown", "unknown"], True),
}


@pytest.mark.parametrize(("forwarded", "is_one"), FORWARDED.values(), ids=list(FORWARDED))
def test_an_address_as_a_trusted_proxy_tells_it_counts_for(
    forwarded, is_one, new_server, new_person
):
    server = new_server(sign_in_limit_per_account="2/hour")
    email = new_email()
    tries = [
        guess(new_person(server, address=address), email)
        for address in itertools.islice(itertools.cycle(forwarded), 4)
    ]
    assert tries == [401, 401, *([429, 429] if is_one else [401, 401])]


def test_the_counters_name_nobody(new_server, new_person, database_of_counters):
    person = new_person(new_server(**THREE)).sign_up().sign_in()
    guesses(person)
    kept = "\n".join(row["key"] for row in run(database_of_counters, "SELECT key FROM attempt"))
    assert kept
    for told in (person.email, person.email.partition("@")[0], person.address, person.id):
        assert told not in kept
