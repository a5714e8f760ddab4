"""Three tasks that are there before and after."""

from collections.abc import Iterator

import pytest

from tests.server import User


@pytest.fixture(autouse=True)
def _the_list_survives(user: User) -> Iterator[None]:
    before = [user.create(title) for title in "cab"]
    yield
    assert user.tasks() == before[::-1]
