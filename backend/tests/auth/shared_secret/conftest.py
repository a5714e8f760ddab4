"""One user, whose list is theirs after every attack."""

from collections.abc import Callable, Iterator

import pytest

from tests.auth.shared_secret.tokens import SUBJECT
from tests.server import User


@pytest.fixture
def user(new_user: Callable[..., User]) -> User:
    return new_user(SUBJECT)


@pytest.fixture(autouse=True)
def _the_list_survives(user: User) -> Iterator[None]:
    yield
    assert user.get("/api/me/tasks").status_code == 200
