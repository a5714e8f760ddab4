"""A server with one key, and two people."""

import json
from collections.abc import Iterator

import pytest
from joserfc.jwk import ECKey

from tests.api.auth.access_tokens.material import Material
from tests.api.auth.people import AccountServer, Person
from tests.databases import new_database, run


@pytest.fixture(scope="module")
def material() -> Iterator[Material]:
    """A server with one key, and two people."""
    url = new_database()
    with (
        AccountServer(url) as server,
        Person(server) as person,
        Person(server) as stranger,
    ):
        person.sign_up()
        stranger.sign_up()
        (private,) = run(url, "SELECT private_jwk FROM signing_key")
        key = ECKey.import_key(json.loads(private["private_jwk"]))
        yield Material(server, person, stranger, key)
