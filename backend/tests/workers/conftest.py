"""A database for each test, and the commands."""

import pytest

from tests.databases import new_database
from tests.serving.conftest import invoke, serve

__all__ = ["invoke", "serve"]


@pytest.fixture
def url() -> str:
    return new_database()
