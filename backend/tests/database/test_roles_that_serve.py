"""What a role needs to serve, and what keeps a database from being served."""

import re

import pytest
from sqlmodel import SQLModel

from tests.database.roles import keeper_of, serves_and_isolates
from tests.databases import new_database, new_role, run, seed
from tests.server import RunningServer, User, settings
from todo_server.database import client
from todo_server.database.readiness import owned_tables, owner_views
from todo_server.migrations import command


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
        "DROP VIEW my_trashed_task",
        "ALTER VIEW my_trashed_task OWNER TO postgres",
        "ALTER VIEW my_trashed_task SET (security_invoker)",
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
    unowned = SQLModel.metadata.tables.keys() - set(owned_tables())
    used = ", ".join([*owner_views(), *unowned])
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
            "CREATE TABLE copy AS SELECT {columns} FROM task; GRANT SELECT ON copy TO {keeper};"
            " CREATE OR REPLACE VIEW my_task AS SELECT * FROM copy"
        ),
        "ALTER ROLE postgres IN DATABASE {database} SET app.user_id = 'somebody'",
    ],
)
def test_a_database_that_shows_a_row_to_nobody_is_not_served(showing):
    """Whatever the catalog says of its owner views: it is tried."""
    url = new_database()
    seed(
        url,
        "INSERT INTO task (user_id, id, title, created_at, updated_at)"
        " VALUES ('somebody', gen_random_uuid(), 't', now(), now())",
    )
    names = {"keeper": keeper_of(url), "database": run(url, "SELECT current_database()")[0][0]}
    names["columns"] = ", ".join(SQLModel.metadata.tables["task"].c.keys())
    for statement in showing.format(**names).split("; "):
        run(url, statement)
    with RunningServer(settings(url)) as server, User(server) as user:
        for answer in (user.get("/readyz"), user.get(user.path)):
            assert answer.status_code == 503
            assert "does not bind" in answer.json()["detail"]
