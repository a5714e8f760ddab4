"""The owner views, after every migration and run."""

import pytest
from sqlmodel import SQLModel

from tests.databases import new_database, run
from tests.migrations.versions import VIEWS, scripts, works
from todo_server.database.readiness import owned_tables, owner_views
from todo_server.migrations import command

TRIGGERS = ("count_version", "log_made", "log_changed", "log_purged", "refuse_truncate")


@pytest.mark.parametrize(
    "changed",
    [
        "COMMENT ON VIEW my_account IS NULL",
        "COMMENT ON VIEW my_account IS 'made by todo-server: something else'",
        "DROP VIEW my_refresh_token",
        "ALTER VIEW my_task OWNER TO postgres",
        "ALTER VIEW my_task SET (security_invoker)",
        "ALTER TABLE session NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE session DISABLE ROW LEVEL SECURITY",
        "DROP POLICY owner ON task",
        "ALTER POLICY owner ON task USING (true)",
        "ALTER POLICY owner ON account TO postgres",
        "REVOKE INSERT ON task FROM {keeper}",
        "CREATE OR REPLACE VIEW my_task AS SELECT {columns} FROM task WHERE false",
        "DROP VIEW my_trashed_task",
        "ALTER VIEW my_trashed_task OWNER TO postgres",
        "CREATE OR REPLACE VIEW my_trashed_task AS SELECT {columns} FROM task",
        "ALTER VIEW my_trashed_task SET (security_invoker)",
        *(f"DROP TRIGGER {trigger} ON task" for trigger in TRIGGERS),
        "ALTER TABLE task DISABLE TRIGGER log_changed",
        "ALTER TABLE task ENABLE REPLICA TRIGGER log_made",
        (
            "CREATE OR REPLACE TRIGGER log_made AFTER INSERT ON task FOR EACH ROW"
            " WHEN (NEW.completed) EXECUTE FUNCTION log_task()"
        ),
        (
            "CREATE OR REPLACE FUNCTION log_task() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN NULL; END'"
        ),
    ],
)
def test_views_that_are_not_as_they_were_made_are_made_anew(changed):
    url = new_database()
    keeper = run(url, "SELECT 'todo_rows_' || current_database()")[0][0]
    columns = ", ".join(SQLModel.metadata.tables["task"].c.keys())
    run(url, changed.format(keeper=keeper, columns=columns))
    before = run(url, VIEWS)
    command.upgrade(url)
    after = run(url, VIEWS)
    assert {view["relname"] for view in after} == set(owner_views())
    assert not {view["oid"] for view in before} & {view["oid"] for view in after}
    command.upgrade(url)
    assert run(url, VIEWS) == after
    assert works(url)


def test_every_table_with_an_owner_has_a_view_after_each_migration():
    url = new_database(migrated=False)
    for script in scripts():
        command.upgrade(url, script.revision)
        tables = {row[0] for row in run(url, "SELECT tablename FROM pg_tables")}
        views = {row["relname"] for row in run(url, VIEWS)}
        trashing = run(
            url,
            "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE attname = 'live' AND relkind = 'r'",
        )
        trash = {f"my_trashed_{row['relname']}" for row in trashing}
        assert views == {f"my_{table}" for table in tables & set(owned_tables())} | trash
