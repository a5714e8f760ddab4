"""What every table with an owner must have, by reflection over the database."""

import pytest
from sqlalchemy import Table
from sqlmodel import SQLModel

from tests.databases import new_database, run
from todo_server.database.readiness import owned_tables
from todo_server.migrations.change_log import is_logged

UNBOUND = """
SELECT relname FROM pg_class
JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'user_id' AND NOT attisdropped
WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
  AND NOT (relrowsecurity AND relforcerowsecurity
           AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polcmd = '*'))
"""
VIEWLESS = """
SELECT relname FROM pg_class AS owned
JOIN pg_attribute ON attrelid = owned.oid AND attname = 'user_id' AND NOT attisdropped
WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
  AND NOT EXISTS (
      SELECT FROM pg_class AS view JOIN pg_roles ON pg_roles.oid = view.relowner
      WHERE view.relname = 'my_' || owned.relname AND view.relkind = 'v'
        AND view.relnamespace = owned.relnamespace
        AND NOT (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole)
        AND view.reloptions IS NULL)
"""
CROSSING = """
SELECT conname FROM pg_constraint
WHERE contype = 'f' AND (conrelid, conindid) IS NOT NULL
  AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attname = 'user_id')
  AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = confrelid AND attname = 'user_id')
  AND NOT EXISTS (
      SELECT FROM unnest(conkey, confkey) AS pair(here, there)
      JOIN pg_attribute AS h ON h.attrelid = conrelid AND h.attnum = here
      JOIN pg_attribute AS t ON t.attrelid = confrelid AND t.attnum = there
      WHERE h.attname = 'user_id' AND t.attname = 'user_id')
"""


@pytest.mark.parametrize("fault", [UNBOUND, VIEWLESS, CROSSING], ids=["bound", "view", "keys"])
def test_every_table_with_an_owner_is_bound_has_its_view_and_keeps_to_one_owner(
    fault, database_url
):
    assert run(database_url, fault) == []


def test_every_model_with_an_owner_is_a_table_of_the_database(database_url):
    found = run(
        database_url,
        "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
        " WHERE attname = 'user_id' AND relkind = 'r'"
        " AND relnamespace = current_schema()::regnamespace",
    )
    assert {row["relname"] for row in found} == set(owned_tables()) != set()


NOT_LOGGED = {
    "account": "holds what nobody else may read again: the hash of a password, and an address",
    "session": "is no data of a person's: it opens and ends with signing in and out",
    "refresh_token": "the same",
    "change": "is the log itself",
    "calendar_address": "holds what is as good as a password, and is shown to nobody",
    "idempotency_key": "is written with the change that it stands for",
    "settings": "is one row that is always there, and counts its own versions",
    "reminder": "follows from the tasks, whose changes are logged",
    "notification": "is told, and no change of the user's; that it was read, nobody undoes",
    "webhook": "has a secret, and is no data of the user's but where to tell of them",
    "delivery": "is the queue of a webhook",
}


OF_THE_LOG = {
    *("count_version", "log_changed", "log_made", "log_purged"),
    *("refuse_other_key", "refuse_truncate"),
}
OTHERS = {
    "settings": {"change_settings", "move_due_dates", "rearm"},
    "notification": {"mail_made", "notifications_made"},
    "webhook": {"webhook_changed"},
}
ALWAYS = {"count_version"}
"""It makes a row whole, also where rows are loaded with the triggers off."""


def _triggers(table: Table) -> set[str]:
    if not is_logged(table):
        return OTHERS.get(table.name, set())
    limited = {"limit_made", "limit_restored"} if "limit" in table.info else set()
    return OF_THE_LOG | limited


def test_every_table_with_an_owner_is_logged_or_has_a_reason_why_not(database_url):
    tables = [SQLModel.metadata.tables[name] for name in owned_tables()]
    assert {table.name for table in tables if not is_logged(table)} == NOT_LOGGED.keys()
    for table in tables:
        found = run(
            database_url,
            "SELECT tgname, tgenabled FROM pg_trigger"
            " WHERE tgrelid = to_regclass($1) AND NOT tgisinternal ORDER BY tgname",
            table.name,
        )
        assert {row["tgname"] for row in found} == _triggers(table)
        enabled = {row["tgname"]: row["tgenabled"] for row in found}
        assert {name for name, how in enabled.items() if how != b"O"} <= ALWAYS


def test_a_table_that_was_forgotten_would_be_found():
    url = new_database()
    run(url, "CREATE TABLE note (user_id text, id int UNIQUE, PRIMARY KEY (user_id, id))")
    run(
        url,
        "CREATE TABLE item (user_id text, note_id int CONSTRAINT crosses REFERENCES note (id),"
        " FOREIGN KEY (user_id, note_id) REFERENCES note (user_id, id))",
    )
    run(url, "ALTER TABLE item ENABLE ROW LEVEL SECURITY")
    assert {row[0] for row in run(url, UNBOUND)} == {"item", "note"}
    assert {row[0] for row in run(url, VIEWLESS)} == {"item", "note"}
    assert [row[0] for row in run(url, CROSSING)] == ["crosses"]
