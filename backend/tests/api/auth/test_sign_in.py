"""POST /api/auth/sign-in."""

import asyncio
import itertools
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import httpx
import pytest
from argon2 import PasswordHasher

from tests.api.auth.people import (
    JSON,
    PASSWORD,
    AccountServer,
    Hasher,
    Person,
    check_tokens,
    escaped,
    new_address,
    new_email,
)
from tests.contract import check_response
from tests.databases import run
from todo_server.auth import passwords
from todo_server.database.client import Database
from todo_server.database.handle import RequestHandle

SIGN_IN = "/api/auth/sign-in"

Attempt: TypeAlias = "asyncio.Task[httpx.Response]"


def test_signing_in_answers_the_tokens_and_the_account_and_nothing_else(person, new_person):
    response = new_person().try_to_sign_in(person.email)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    check_tokens(response.json(), person.email)
    assert response.json()["user"] == person.tokens["user"]


SESSIONS = "SELECT id FROM session WHERE user_id = $1"


def test_an_account_has_fifty_sessions_at_most_and_the_one_refreshed_longest_ago_ends(
    person, new_person, database_url
):
    refreshed, *others = [dict(person.sign_in().tokens) for _ in range(49)]
    assert new_person().carry(refreshed).refresh().has_access()
    phone = new_person()
    devices = [*others, *(dict(phone.sign_in(person.email).tokens) for _ in range(11))]
    assert len(run(database_url, SESSIONS, person.id)) == 50
    # The refreshed one is among them; of the others the first that signed in are not.
    assert phone.carry(refreshed).has_access()
    access = [phone.carry(tokens).has_access() for tokens in devices]
    assert access == [False] * 10 + [True] * 49
    assert phone.carry(devices[9]).try_to_refresh().status_code == 401


def test_many_who_sign_in_at_once_leave_no_session_too_many(person, new_person, database_url):
    def sign_in(_: int) -> int:
        response: httpx.Response = new_person().try_to_sign_in(person.email)
        return response.status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(sign_in, range(80))) == {200}
    assert len(run(database_url, SESSIONS, person.id)) == 50


def test_every_device_has_a_session_of_its_own(person, new_person):
    phone = new_person().sign_in(person.email)
    assert phone.id == person.id
    task = phone.create()
    assert person.get("/api/me/tasks").json() == [task]
    sessions = {device.get("/api/auth/session").json()["id"] for device in (person, phone)}
    assert len(sessions) == 2
    for name in ("access_token", "refresh_token"):
        assert person.tokens[name] != phone.tokens[name]


WRONG = {
    "another": "correct horse battery!",
    "in capitals": PASSWORD.upper(),
    "with a space at its end": PASSWORD + " ",
    "cut": PASSWORD[:-1],
    "short": "x",
    "a common one": "password",
    "as long as can be": "x" * 1024,
    "with U+0000 at its end": PASSWORD + "\x00",
}


@pytest.mark.parametrize("password", WRONG.values(), ids=list(WRONG))
def test_an_unknown_address_and_a_wrong_password_are_refused_alike(
    password, person, new_person, server
):
    answers = []
    for email in (person.email, new_email()):
        before = server.hasher.verified
        response = new_person().try_to_sign_in(email, password)
        assert server.hasher.verified - before == 1
        problem = response.json()
        del problem["request_id"]
        answers.append((response.status_code, problem, sorted(response.headers)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401
    assert answers[0][1]["error"] == "wrong_password"


def test_nobodys_password_opens_nothing(new_person):
    """The hash that is verified for an unknown address is of a password that could be guessed."""
    assert new_person().try_to_sign_in(password="the password of nobody").status_code == 401


def test_the_database_is_asked_as_often_for_an_unknown_address(
    person, new_person, server, monkeypatch
):
    asked: list[str] = []

    def noting(ask: Any) -> Any:
        async def note_and_ask(self, statement, **values):
            asked.append(statement.sql)
            return await ask(self, statement, **values)

        return note_and_ask

    monkeypatch.setattr(RequestHandle, "run", noting(RequestHandle.run))
    monkeypatch.setattr(Database, "fetch", noting(Database.fetch))
    questions = []
    # From where the owner signed in, and from elsewhere.
    for address in (person.address, new_address()):
        for email in (person.email, new_email()):
            asked.clear()
            response = new_person(address=address).try_to_sign_in(email, "wrong password")
            assert response.status_code == 401
            questions.append(list(asked))
    assert questions[0]
    assert all(others == questions[0] for others in questions)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_one_password_written_on_another_keyboard_is_the_same(form, new_person):
    password = "Ångström ﬁnds ½ 한글 \N{FULLWIDTH DIGIT SEVEN}\N{ROMAN NUMERAL EIGHT}"
    person = new_person()
    person.password = password
    person.sign_up()
    assert person.try_to_sign_in(password=unicodedata.normalize(form, password)).status_code == 200


def test_a_password_counts_to_its_last_character(new_person):
    person = new_person()
    person.password = "x" * 1023 + "y"
    person.sign_up()
    assert person.try_to_sign_in(password="x" * 1023 + "z").status_code == 401
    person.password = "before\x00after"
    person.email = new_email()
    person.sign_up()
    assert person.try_to_sign_in(password="before\x00AFTER").status_code == 401


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("password", "x" * 1025),
        ("password", ""),
        ("password", "\ud800"),
        ("password", None),
        ("email", "nobody"),
        ("email", "\ud800@example.com"),
        ("email", "a\x00da@example.com"),
        ("email", None),
        ("user_id", "someone"),
        ("password_hash", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA"),
    ],
)
def test_a_form_that_breaks_a_rule_is_422_and_no_guess(member, value, person, server):
    before = server.hasher.verified
    form = {"email": person.email, "password": person.password, member: value}
    response = person.post(SIGN_IN, content=escaped(form), headers=JSON)
    assert response.status_code == 422
    assert [d["field"] for d in response.json()["details"]] == [member]
    assert server.hasher.verified == before


def hash_of(person: Person, database_url: str) -> str:
    query = "SELECT password_hash FROM account WHERE email = $1"
    return str(run(database_url, query, person.email)[0][0])


def test_a_password_is_hashed_with_argon2id_and_owasps_parameters(database_url):
    with (
        AccountServer(database_url) as server,
        Person(server) as person,
        Person(server) as other,
    ):
        server.app.state.accounts = server.as_created
        person.sign_up().sign_in()
        other.sign_up()
        assert hash_of(person, database_url).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert hash_of(person, database_url) != hash_of(other, database_url), "salted"


def test_signing_in_upgrades_a_hash_that_was_made_with_other_parameters(person, database_url):
    old = hash_of(person, database_url)
    better = Hasher(time_cost=2)
    with AccountServer(database_url, hasher=better) as server, Person(server) as device:
        assert device.try_to_sign_in(person.email, "wrong password").status_code == 401
        assert hash_of(person, database_url) == old
        device.sign_in(person.email)
        new = hash_of(person, database_url)
        assert ",t=2," in new
        assert person.has_access(), "no session ends by it"
        device.sign_in(person.email)
        assert hash_of(person, database_url) == new


def test_a_password_that_became_too_short_still_signs_in(person, new_person, database_url):
    with AccountServer(database_url) as server, Person(server) as device:
        server.hash_with(server.hasher, minimum_length=64)
        device.sign_in(person.email)
        form = {"email": new_email(), "name": "Eve", "password": PASSWORD}
        assert device.post("/api/auth/sign-up", json=form).status_code == 422


@asynccontextmanager
async def crowd(server: AccountServer, email: str, size: int) -> AsyncIterator[list[Attempt]]:
    """Let as many sign in at the same moment, each from somewhere else."""

    async def sign_in(client: httpx.AsyncClient) -> httpx.Response:
        response = await client.post(
            SIGN_IN,
            json={"email": email, "password": PASSWORD},
            headers={"X-Forwarded-For": new_address()},
        )
        check_response(response)
        return response

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=server.url, timeout=60, limits=limits) as client:
        yield [asyncio.create_task(sign_in(client)) for _ in range(size)]


def test_of_a_hundred_sign_ins_at_once_none_fails_and_the_api_goes_on(person, server):
    """While all hashing stands still, everything else is answered."""
    hasher, hashing = server.hasher, server.app.state.accounts.passwords

    async def statuses() -> list[int]:
        async with crowd(server, person.email, 100) as attempts:
            while hashing.waiting < 100:
                response = await asyncio.to_thread(person.get, "/livez")
                assert response.status_code == 200
            assert await asyncio.to_thread(person.has_access)
            assert await asyncio.to_thread(person.create)
            assert hasher.running == passwords.THREADS
            hasher.open.set()
            return [(await attempt).status_code for attempt in attempts]

    hasher.most_running = 0
    with hasher.closed():
        assert Counter(asyncio.run(statuses())) == {200: 100}
    assert hasher.most_running == passwords.THREADS


def test_whoever_comes_when_too_many_wait_is_asked_to_come_again(person, server, monkeypatch):
    monkeypatch.setattr(passwords, "MAX_WAITING", 5)

    async def responses() -> list[httpx.Response]:
        async with crowd(server, person.email, 8) as attempts:
            for first in itertools.islice(asyncio.as_completed(attempts), 3):
                assert (await first).status_code == 503
            server.hasher.open.set()
            return [await attempt for attempt in attempts]

    with server.hasher.closed():
        answers = asyncio.run(responses())
    assert Counter(answer.status_code for answer in answers) == {200: 5, 503: 3}
    (refused, *_) = (answer for answer in answers if answer.status_code == 503)
    assert refused.json()["error"] == "unavailable"
    assert refused.headers["retry-after"] == "2"


def test_owasps_parameters_are_the_default():
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    default = passwords.Passwords(8)
    try:
        assert not default.is_outdated(hasher.hash(PASSWORD))
    finally:
        default.close()
