"""Databases and schemas with any name."""

import uuid
from urllib.parse import quote

import pytest

from tests.database.roles import KINDS, database_named, serves_and_isolates
from tests.databases import new_database, new_role, run
from todo_server.errors import ConfigurationError
from todo_server.migrations import command


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("My-App Data", "a superuser"),
        ("My-App Data", "one that may do nothing special"),
        ("with \"quotes\" and 'more'", "one of Neon's kind"),
        ("per%cent -:colon $1", "one of Neon's kind"),
        ("Ünïcödé", "a superuser"),
        ("n" * 51, "one of Neon's kind"),
        ("é" * 25, "one of Neon's kind"),  # of two bytes each: 63 bytes are less than 63 characters
    ],
)
def test_a_database_may_be_called(name, kind):
    unique = f"{name} {uuid.uuid4().hex[: 62 - len(name.encode())]}"[:63]
    url = database_named(unique, owner=new_role(KINDS[kind]))
    for _ in range(2):
        command.upgrade(url)
    assert run(url, "SELECT current_database() AS name")[0]["name"] == unique
    serves_and_isolates(url)


def test_two_databases_whose_long_names_begin_alike_are_both_isolated():
    """Their roles for the owner views have one name, and PostgreSQL has roles for all databases."""
    beginning = f"{uuid.uuid4().hex}{'n' * 30}"
    for end in ("a", "b"):
        url = database_named(beginning + end, owner=new_role("SUPERUSER"))
        command.upgrade(url)
        serves_and_isolates(url)


@pytest.mark.parametrize(
    ("schema", "path", "kind"),
    [
        ("app", "app", "a superuser"),
        ("My App", '"My App"', "one of Neon's kind"),
        ("app", "app,public", "one that may create roles"),
        ("todo", "nowhere,todo", "one that may do nothing special"),
    ],
)
def test_the_tables_may_live_in_another_schema(schema, path, kind):
    role = new_role(KINDS[kind])
    url = new_database(owner=role, migrated=False)
    run(url, f'CREATE SCHEMA "{schema}"')
    escaped = quote(path.replace(" ", "\\ "))
    url += f"&options=-c%20search_path%3D{escaped}"
    for _ in range(2):
        command.upgrade(url)
    assert run(url, "SELECT to_regclass('task')::oid = to_regclass($1)::oid", f'"{schema}".task')[
        0
    ][0]
    serves_and_isolates(url)


def test_a_schema_that_is_not_there_is_a_sentence_not_a_traceback():
    url = new_database(migrated=False) + "&options=-c%20search_path%3Dnowhere"
    with pytest.raises(ConfigurationError, match="no schema"):
        command.upgrade(url)
