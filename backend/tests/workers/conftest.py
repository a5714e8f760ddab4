"""A database for each test, and the commands."""

import pytest

from tests.databases import new_database
from tests.serving.conftest import invoke

__all__ = ["invoke"]


@pytest.fixture
def url() -> str:
    return new_database()
