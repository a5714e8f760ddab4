"""The owner views, after every migration and run."""

import pytest

from tests.databases import new_database, run
from tests.migrations.versions import VIEWS, scripts, works
from todo_server.database.readiness import owned_tables
from todo_server.migrations import command


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
        "CREATE OR REPLACE VIEW my_task AS SELECT * FROM task WHERE false",
    ],
)
def test_views_that_are_not_as_they_were_made_are_made_anew(changed):
    url = new_database()
    keeper = run(url, "SELECT 'todo_rows_' || current_database()")[0][0]
    run(url, changed.format(keeper=keeper))
    before = run(url, VIEWS)
    command.upgrade(url)
    after = run(url, VIEWS)
    assert {view["relname"] for view in after} == {f"my_{table}" for table in owned_tables()}
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
        assert views == {f"my_{table}" for table in tables & set(owned_tables())}
