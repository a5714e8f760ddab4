"""Whatever is sent, the list survives, in every order."""

from collections.abc import Iterator

import pytest

from tests.server import User


@pytest.fixture(autouse=True)
def _the_list_survives(user: User) -> Iterator[None]:
    before = user.create("Here before")
    yield
    assert before in user.tasks()
    assert before in user.tasks(sort="title", limit=200)
