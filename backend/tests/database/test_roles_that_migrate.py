"""Whoever may own the database can migrate and serve it; whoever may not is told what to do."""

import re
import uuid
from urllib.parse import quote

import pytest

from tests.database.roles import KINDS, keeper_of, serves_and_isolates
from tests.databases import new_database, new_role, run, url_of
from todo_server.errors import ConfigurationError
from todo_server.migrations import command


@pytest.mark.parametrize("kind", KINDS)
def test_the_owner_of_the_database_can_be(kind):
    url = new_database(owner=new_role(KINDS[kind]), migrated=False)
    for _ in range(2):
        command.upgrade(url)
    serves_and_isolates(url)


def test_a_role_that_owns_the_schema_alone_will_do():
    role = new_role("")
    url = new_database(migrated=False)
    run(url, f"CREATE SCHEMA app AUTHORIZATION {role}")
    url = url.replace("postgres@", f"{role}@") + "&options=-csearch_path%3Dapp"
    command.upgrade(url)
    serves_and_isolates(url)


@pytest.mark.parametrize("kept", [False, True], ids=["no keeper yet", "a keeper of somebody else"])
def test_one_that_bypasses_and_may_not_create_roles_is_told_what_to_do_and_then_works(kept):
    role = new_role("BYPASSRLS")
    url = new_database(owner=role, migrated=False)
    if kept:
        run(url_of("postgres"), f'CREATE ROLE "{keeper_of(url)}" NOLOGIN NOINHERIT')
    with pytest.raises(ConfigurationError, match="bypasses row-level security") as refused:
        command.upgrade(url)
    assert run(url, "SELECT to_regclass('task') AS task")[0]["task"] is None, "half of it was done"
    told = re.findall(r"^ +([A-Z].*?;)(.*)$", refused.value.message, re.MULTILINE)
    assert len(told) == 2
    as_superuser = url.replace(f"{role}@", "postgres@")
    for sql, remark in told:
        if not (kept and "unless it exists" in remark):
            run(as_superuser, sql)
    command.upgrade(url)
    serves_and_isolates(url)


def test_a_role_with_a_name_that_needs_quoting_is_told_a_command_that_works():
    role = f'Ünser "Rolle"-{uuid.uuid4().hex[:8]}'
    quoted = role.replace('"', '""')
    run(url_of("postgres"), f'CREATE ROLE "{quoted}" LOGIN BYPASSRLS')
    url = new_database(migrated=False)
    run(url, f'ALTER SCHEMA public OWNER TO "{quoted}"')
    as_role = url.replace("postgres@", f"{quote(role)}@")
    with pytest.raises(ConfigurationError) as refused:
        command.upgrade(as_role)
    for sql, _ in re.findall(r"^ +([A-Z].*?;)(.*)$", refused.value.message, re.MULTILINE):
        run(url, sql)
    command.upgrade(as_role)
    serves_and_isolates(as_role)


def test_a_role_that_lost_the_views_keeps_them_itself():
    """Restored elsewhere, say: the keeper exists, and the role of the URL is no member."""
    role = new_role("CREATEROLE")
    url = new_database(owner=role)
    run(url_of("postgres"), f'REVOKE "{keeper_of(url)}" FROM {role} CASCADE')
    run(url_of("postgres"), f"ALTER ROLE {role} NOCREATEROLE")
    command.upgrade(url)
    serves_and_isolates(url)


def test_a_role_that_may_not_create_tables_is_a_sentence_not_a_traceback():
    role = new_role("")
    url = new_database(migrated=False).replace("postgres@", f"{role}@")
    with pytest.raises(ConfigurationError, match="permission denied for schema public") as refused:
        command.upgrade(url)
    assert "CREATE TABLE" not in refused.value.message
