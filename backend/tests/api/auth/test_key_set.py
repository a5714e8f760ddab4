"""GET /.well-known/jwks.json, and rotation with `todo-server rotate-keys`."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.api.auth.people import AccountServer, Person, header_of
from tests.databases import new_database, run
from todo_server.services import signing_keys

KEY_SET = "/.well-known/jwks.json"
PUBLIC_MEMBERS = {"kty", "crv", "x", "y", "kid", "use", "alg"}


@pytest.fixture
def two_workers() -> Iterator[tuple[str, AccountServer, AccountServer]]:
    """On a database of their own, whose keys nobody else uses."""
    url = new_database()
    with AccountServer(url) as one, AccountServer(url) as other:
        yield url, one, other


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for keys as often as a test has time for, in the order in which servers do."""
    monkeypatch.setattr(signing_keys, "TRUST", 0.2)
    monkeypatch.setattr(signing_keys, "PATIENCE", 0.2)
    monkeypatch.setattr(signing_keys, "PUBLISHED_BEFORE", timedelta(seconds=0.5))


def key_ids(person: Person) -> list[str]:
    return [key["kid"] for key in person.get(KEY_SET).json()["keys"]]


def key_id_of(person: Person) -> str:
    return str(header_of(person.tokens["access_token"])["kid"])


def rotate(url: str) -> str:
    """Run the command as an operator would; gives the id of the new key."""
    done = subprocess.run(
        [sys.executable, "-m", "todo_server", "rotate-keys"],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": url, "LOG_LEVEL": "WARNING"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.partition("the key ")[2].split()[0]


def test_the_key_set_has_public_keys_alone(new_person):
    response = new_person().get(KEY_SET)
    assert response.status_code == 200
    assert response.json().keys() == {"keys"}
    assert response.json()["keys"]
    for key in response.json()["keys"]:
        assert key.keys() == PUBLIC_MEMBERS
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
        assert not ECKey.import_key(key).is_private
        assert key["kid"] == ECKey.import_key(key).thumbprint()


def test_the_key_set_is_there_before_anybody_has_signed_up_and_is_one_for_all(two_workers):
    _, one, other = two_workers
    with Person(one) as ada, Person(other) as eve:
        (key_id,) = key_ids(ada)
        assert key_ids(eve) == [key_id]
        assert key_id_of(eve.sign_up()) == key_id_of(ada.sign_up()) == key_id


def test_two_workers_that_begin_at_once_accept_each_others_tokens(two_workers):
    _, one, other = two_workers
    barrier = threading.Barrier(2)

    def sign_up(person: Person) -> None:
        barrier.wait()
        person.sign_up()

    with Person(one) as ada, Person(other) as eve:
        threads = [threading.Thread(target=sign_up, args=[person]) for person in (ada, eve)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for server in (one, other):
            for person in (ada, eve):
                with Person(server, token=person.tokens["access_token"]) as device:
                    assert device.has_access()


def made_up_tokens(server: AccountServer, stop: threading.Event) -> None:
    """Keep a worker looking for keys that nobody has."""
    key, number = ECKey.generate_key("P-256"), 0
    with Person(server) as attacker:
        while not stop.is_set():
            number += 1
            header = {"alg": "ES256", "kid": f"made up {number}"}
            token = jwt.encode(header, {"sub": "x"}, key)
            response = attacker.get("/api/me/tasks", headers={"Authorization": f"Bearer {token}"})
            assert response.status_code == 401


@pytest.mark.usefixtures("quick")
def test_rotation_by_the_command_causes_not_one_false_401(two_workers):
    """Clients go on, sign in at one worker and ask the other at once, while keys change."""
    url, *servers = two_workers
    stop = threading.Event()
    statuses: Counter[int] = Counter()
    used: set[str] = set()

    def go_on(here: AccountServer, there: AccountServer) -> None:
        with Person(here) as at_home, Person(there) as elsewhere:
            at_home.sign_up()
            while not stop.is_set():
                at_home.sign_in()
                elsewhere.carry(at_home.tokens)
                for device in (elsewhere, at_home):
                    statuses[device.get("/api/me/tasks").status_code] += 1
                used.add(key_id_of(at_home))

    threads = [threading.Thread(target=go_on, args=pair) for pair in (servers, servers[::-1]) * 2]
    threads += [threading.Thread(target=made_up_tokens, args=[each, stop]) for each in servers]
    for thread in threads:
        thread.start()
    try:
        key_id = rotate(url)
        while key_id not in used:
            stop.wait(0.05)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert statuses.keys() == {200}
    assert len(used) > 1


@pytest.mark.usefixtures("quick")
def test_a_rotated_key_verifies_for_a_day_and_is_then_gone(two_workers, monkeypatch):
    monkeypatch.setattr(signing_keys, "TRUST", 0)
    url, one, other = two_workers
    with Person(one) as person, Person(other) as elsewhere:
        person.sign_up()
        old = key_id_of(person)
        key = ECKey.import_key(json.loads(run(url, "SELECT private_jwk FROM signing_key")[0][0]))
        new = rotate(url)
        with Person(one) as phone:
            phone.sign_up()  # an account of its own: so many sign-ins end the oldest sessions
            while key_id_of(phone.sign_in(phone.email)) == old:
                pass
            assert key_id_of(phone) == new
        elsewhere.carry(person.tokens)
        assert elsewhere.has_access()
        assert person.has_access()
        assert key_ids(person) == [new, old]

        run(url, "UPDATE signing_key SET rotated_at = rotated_at - interval '23 hours 59 minutes'")
        assert key_ids(person) == [new, old]
        run(url, "UPDATE signing_key SET rotated_at = rotated_at - interval '1 minute'")
        assert key_ids(person) == [new]
        for server in (one, other):
            # Another text of the same claims: what was verified before is remembered until it
            # expires, a quarter of an hour at most.
            claims = jwt.decode(person.tokens["access_token"], key).claims
            again = jwt.encode({"alg": "ES256", "kid": old}, claims, key)
            with Person(server, token=again) as thief:
                assert not thief.has_access()
        rotate(url)
        assert run(url, "SELECT FROM signing_key WHERE id = $1", old) == []
