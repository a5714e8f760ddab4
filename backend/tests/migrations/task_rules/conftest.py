"""A database of its own, and somebody with no tasks yet, who writes as different roles."""

import secrets

import pytest

from tests.databases import new_database, new_role, url_of
from tests.isolation.victims import limited_to_the_views
from tests.migrations.task_rules.families import Family
from todo_server.migrations import command

ROLES = ("a superuser at the table", "who has the views alone", "who is bound by FORCE alone")


@pytest.fixture(scope="module")
def url() -> str:
    return new_database()


@pytest.fixture(scope="module")
def families(url: str) -> dict[str, tuple[str, str]]:
    """By role, the URL by which it writes, and what it writes to."""
    owned = new_database(owner=new_role(""), migrated=False)
    command.upgrade(owned)
    return dict(
        zip(
            ROLES,
            [(url, "task"), (limited_to_the_views(url), "my_task"), (owned, "my_task")],
            strict=True,
        )
    )


@pytest.fixture
def family(url: str) -> Family:
    return Family(url, f"user {secrets.token_hex(8)}")


@pytest.fixture(params=ROLES)
def any_family(request: pytest.FixtureRequest, families: dict[str, tuple[str, str]]) -> Family:
    """The same, as each role."""
    url, rows = families[request.param]
    superuser = url_of(url.split("/")[3].split("?")[0])
    return Family(url, f"user {secrets.token_hex(8)}", rows, superuser)
