"""Whatever role and database the URL names: it migrates, it serves, and its users are kept apart.

Or it is refused, with what to do, and that is enough.
"""

import asyncio
import re
import uuid
from urllib.parse import quote

import asyncpg
import pytest
from sqlmodel import SQLModel

from tests.databases import new_database, new_role, run, url_of
from tests.server import RunningServer, User, settings
from todo_server.database import client
from todo_server.database.readiness import owned_tables
from todo_server.errors import ConfigurationError
from todo_server.migrations import command

NEON = "CREATEROLE CREATEDB BYPASSRLS"
KINDS = {
    "a superuser": "SUPERUSER",
    "one of Neon's kind": NEON,
    "one that may create roles": "CREATEROLE",
    "one that may do nothing special": "",
}


def database_named(name: str, owner: str, **options: str) -> str:
    """Create a database with any name; gives the URL that its owner would be told."""
    quoted = name.replace('"', '""')
    run(url_of("postgres"), f'CREATE DATABASE "{quoted}" OWNER "{owner}"')
    url = url_of("postgres", owner).replace("/postgres?", f"/{quote(name, safe='')}?")
    return url + "".join(f"&{key}={value}" for key, value in options.items())


def keeper_of(url: str) -> str:
    name: str = run(url, "SELECT 'todo_rows_' || current_database() AS name")[0]["name"]
    return name


def serves_and_isolates(url: str) -> None:
    """Use it as two users would, then as somebody who can run SQL as the role of the URL."""
    with RunningServer(settings(url)) as server, User(server) as user, User(server) as stranger:
        assert user.get("/readyz").status_code == 200
        task = user.create()
        assert user.put(f"{user.path}/{task['id']}", json={"title": "two"}).status_code == 200
        assert user.patch(f"{user.path}/{task['id']}/complete").status_code == 200
        assert stranger.task(task["id"]).status_code == 404
        assert stranger.tasks() == []
        kept = stranger.create()
        asyncio.run(_look_around(url, user.id, stranger.id))
        assert user.delete(f"{user.path}/{task['id']}").status_code == 204
        assert [user.tasks(), stranger.tasks()] == [[], [kept]]


async def _look_around(url: str, user_id: str, stranger_id: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        everybody = "SELECT user_id FROM my_task"
        assert await connection.fetch(everybody) == []
        for asking, other in ((user_id, stranger_id), (stranger_id, user_id)):
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.user_id', $1, true)", asking)
                assert [row[0] for row in await connection.fetch(everybody)] == [asking]
                for change in ("UPDATE my_task SET title = 'x'", "DELETE FROM my_task"):
                    nested = connection.transaction()
                    await nested.start()
                    assert (await connection.execute(change)).endswith(" 1")
                    await nested.rollback()
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.execute("UPDATE my_task SET user_id = $1", other)
    finally:
        await connection.close()


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


def test_a_role_that_may_not_create_tables_is_a_sentence_not_a_traceback():
    role = new_role("")
    url = new_database(migrated=False).replace("postgres@", f"{role}@")
    with pytest.raises(ConfigurationError, match="permission denied for schema public") as refused:
        command.upgrade(url)
    assert "CREATE TABLE" not in refused.value.message


@pytest.mark.parametrize(
    "weakened",
    [
        "ALTER TABLE task NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE task DISABLE ROW LEVEL SECURITY",
        "ALTER VIEW my_task OWNER TO postgres",
        "ALTER VIEW my_task SET (security_invoker)",
        "ALTER VIEW my_task SET (security_invoker = on)",
        'ALTER ROLE "{keeper}" BYPASSRLS',
        'ALTER ROLE "{keeper}" SUPERUSER',
        "DROP VIEW my_task",
        "CREATE SCHEMA elsewhere; ALTER VIEW my_task SET SCHEMA elsewhere",
    ],
)
def test_a_database_that_no_longer_isolates_is_not_served(weakened):
    url = new_database()
    for statement in weakened.format(keeper=keeper_of(url)).split("; "):
        run(url, statement)
    with RunningServer(settings(url)) as server, User(server) as user:
        for answer in (user.get("/readyz"), user.get(user.path)):
            assert answer.status_code == 503
            assert "does not bind" in answer.json()["detail"]
            assert answer.json()["error"] == "not_ready"


def serving_role(url: str) -> tuple[str, str]:
    """A role that may do what requests do and owns nothing, and its URL."""
    role = new_role("")
    used = ", ".join(f"my_{t}" if t in owned_tables() else t for t in SQLModel.metadata.tables)
    run(url, f"GRANT SELECT, INSERT, UPDATE, DELETE ON {used} TO {role}")
    run(url, f"GRANT SELECT ON alembic_version TO {role}")
    return role, url.replace("postgres@", f"{role}@")


def test_a_role_that_may_do_what_requests_do_is_enough_to_serve():
    serves_and_isolates(serving_role(new_database())[1])


def test_another_role_than_the_one_that_migrates_may_be_given_the_rights_beforehand():
    role = new_role("")
    url = new_database(migrated=False)
    default = "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES"
    run(url, f"ALTER DEFAULT PRIVILEGES {default} TO {role}")
    command.upgrade(url)
    serves_and_isolates(url.replace("postgres@", f"{role}@"))


@pytest.mark.parametrize(
    "lacking",
    [
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        *(f"REVOKE {right} ON my_task FROM {{role}}" for right in ("SELECT", "INSERT")),
        *(f"REVOKE {right} ON my_task FROM {{role}}" for right in ("UPDATE", "DELETE")),
        "REVOKE INSERT ON attempt FROM {role}",
        "REVOKE SELECT ON alembic_version FROM {role}",
        "REVOKE UPDATE ON session FROM {keeper}",
    ],
)
def test_a_role_without_the_rights_of_requests_is_not_ready_and_is_told_what_to_run(
    lacking, monkeypatch
):
    """Migrated as one role, say, and served as another."""
    monkeypatch.setattr(client, "CHECK_KEPT", 0.0)
    url = new_database()
    role, as_role = serving_role(url)
    run(url, lacking.format(role=role, keeper=keeper_of(url)))
    with RunningServer(settings(as_role)) as server, User(server) as user:
        for answer in (user.get("/readyz"), user.get(user.path)):
            assert (answer.status_code, answer.json()["error"]) == (503, "not_ready")
            assert f"does not let the role {role} serve" in answer.json()["detail"]
        remedies = re.findall(r"GRANT [^;]*;", answer.json()["detail"])
        assert remedies
        for sql in remedies:
            run(url, sql)
        assert user.get("/readyz").status_code == 200
    serves_and_isolates(as_role)


@pytest.mark.parametrize(
    "showing",
    [
        "CREATE POLICY everybody ON task USING (true)",
        "ALTER POLICY owner ON task USING (true)",
        (
            "CREATE TABLE copy AS SELECT * FROM task; GRANT SELECT ON copy TO {keeper};"
            " CREATE OR REPLACE VIEW my_task AS SELECT * FROM copy"
        ),
        "ALTER ROLE postgres IN DATABASE {database} SET app.user_id = 'somebody'",
    ],
)
def test_a_database_that_shows_a_row_to_nobody_is_not_served(showing):
    """Whatever the catalog says of its owner views: it is tried."""
    url = new_database()
    run(
        url,
        "INSERT INTO task VALUES ('somebody', gen_random_uuid(), 't', NULL, false, now(), now())",
    )
    database = run(url, "SELECT current_database()")[0][0]
    for statement in showing.format(keeper=keeper_of(url), database=database).split("; "):
        run(url, statement)
    with RunningServer(settings(url)) as server, User(server) as user:
        for answer in (user.get("/readyz"), user.get(user.path)):
            assert answer.status_code == 503
            assert "does not bind" in answer.json()["detail"]
