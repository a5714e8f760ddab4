"""Whatever is sent, the list survives."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.server import User


@pytest.fixture(autouse=True)
def _the_list_survives(user: User) -> Iterator[None]:
    before = user.create("Here before")
    yield
    assert before in user.tasks()


@pytest.fixture
def task(user: User) -> dict[str, Any]:
    return user.create("Unchanged")
