"""An issuer, and our side of it."""

from collections.abc import Iterator

import pytest

from tests.auth.issuer import Issuer, SigningKey
from tests.auth.relying import RelyingParty


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer(SigningKey()) as running:
        yield running


@pytest.fixture
def ours(issuer: Issuer) -> Iterator[RelyingParty]:
    with RelyingParty(issuer) as party:
        yield party
