"""ACCESS_TOKEN_LIFETIME: for how long access tokens are good."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.api.auth.people import PASSWORD, AccountServer, Person
from tests.databases import run

WEEK = int(timedelta(days=7).total_seconds())


@pytest.fixture(scope="module")
def long_lived(database_url: str) -> Iterator[AccountServer]:
    with AccountServer(database_url, access_token_lifetime="7d") as running:
        yield running


def seconds_of(token: str) -> int:
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return int(claims["exp"] - claims["iat"])


def test_a_token_is_good_for_as_long_as_the_setting_says(long_lived, new_person):
    person: Person = new_person(long_lived).sign_up()
    form = {"username": person.email, "password": PASSWORD}
    for tokens in (
        dict(person.tokens),
        dict(person.sign_in().tokens),
        dict(person.refresh().tokens),
        person.post("/api/auth/token", data=form).json(),
        person.change(password="another horse battery").json(),
    ):
        assert tokens["expires_in"] == seconds_of(tokens["access_token"]) == WEEK


def test_a_token_of_seven_days_ends_with_its_session(long_lived, server, new_person, database_url):
    """On a worker with another lifetime as well, which takes it meanwhile."""
    person = new_person(long_lived).sign_up()
    elsewhere = new_person(server).carry(dict(person.tokens))
    assert elsewhere.has_access()
    assert person.post("/api/auth/sign-out").status_code == 204
    assert not elsewhere.has_access()
    assert not person.has_access()
    assert run(database_url, "SELECT FROM session WHERE user_id = $1", person.id) == []
