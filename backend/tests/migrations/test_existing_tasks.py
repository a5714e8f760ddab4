"""What the newest migration makes of tasks that are there, and how the version before goes on."""

import pytest

from tests.databases import new_database, run, run_as, seed
from tests.migrations.versions import works
from todo_server.migrations import command
from todo_server.services.places import place_of_new

ROWS = """
INSERT INTO task (user_id, id, title, description, completed, created_at, updated_at, deleted_at)
SELECT 'user ' || n % 2, ('01900000-000' || n || '-7000-8000-000000000000')::uuid,
       CASE n % 3 WHEN 0 THEN 'Straße' ELSE 'Buy MILK' END,
       CASE WHEN n % 4 = 0 THEN 'Müde' WHEN n % 4 = 1 THEN 'x' END,
       n % 2 = 0, '2026-01-01', '2026-02-02'::timestamptz + n * interval '1 hour',
       CASE WHEN n > 6 THEN now() END
FROM generate_series(1, 9) AS n
"""


@pytest.fixture(scope="module")
def url() -> str:
    """A database of version 0005 that was in use, and then migrated."""
    url = new_database(migrated=False)
    command.upgrade(url, "0005")
    seed(url, ROWS)
    before = run(url, "SELECT * FROM task ORDER BY id")
    command.upgrade(url)
    after = run(url, "SELECT * FROM task ORDER BY id")
    for was, now in zip(before, after, strict=True):
        assert {name: now[name] for name in was.keys()} == dict(was)  # noqa: SIM118 - a record
    return url


def test_what_was_completed_was_so_when_it_last_changed(url: str):
    for row in run(url, "SELECT * FROM task"):
        assert row["completed_at"] == (row["updated_at"] if row["completed"] else None)


def test_all_stand_in_the_order_in_which_they_were_made(url: str):
    for row in run(url, "SELECT * FROM task"):
        assert row["position"] == place_of_new(row["id"])


def test_what_is_searched_is_what_the_rules_would_make_of_it(url: str):
    migrated = run(url, "SELECT id, search_text, tag_keys FROM task ORDER BY id")
    assert {row["search_text"] for row in migrated} >= {None, "strasse\x1f\x1f"}
    rewritten = new_database()
    seed(rewritten, ROWS)
    assert run(rewritten, "SELECT id, search_text, tag_keys FROM task ORDER BY id") == migrated


def test_the_rest_has_its_defaults_and_nothing_was_logged(url: str):
    found = run(
        url,
        "SELECT DISTINCT priority, tags, category, project_id, parent_id, subtasks_total, version"
        " FROM task",
    )
    assert [tuple(row) for row in found] == [("medium", [], None, None, None, 0, 1)]
    assert run(url, "SELECT FROM change") == []


def test_the_statements_of_the_version_before_work_on_the_result(url: str):
    """As 0005 compiled them: none knows a column that came since; a change is an INSERT."""
    columns = "user_id, id, title, description, completed, created_at, updated_at"
    a_row = f"SELECT {columns}, version, deleted_at FROM my_task WHERE user_id = 'ada'"
    new = "'01900000-000a-7000-8000-000000000000', 'Straße', NULL, false, now(), now()"
    change = (
        f"INSERT INTO my_task ({columns}, version, deleted_at) {a_row} ON CONFLICT (user_id, id)"
        " DO UPDATE SET completed = true, updated_at = excluded.updated_at + interval '1 hour'"
    )
    for statement in (f"INSERT INTO my_task ({columns}) VALUES ('ada', {new})", change, change):
        run_as(url, "ada", statement)
    (row,) = run(url, "SELECT * FROM task WHERE user_id = 'ada'")
    assert row["completed_at"] is not None
    assert (row["position"], row["search_text"]) == (place_of_new(row["id"]), "strasse\x1f\x1f")
    assert row["version"] == 3
    trash = f"{change} RETURNING id".replace("completed = true", "deleted_at = now()")
    run_as(url, "ada", trash)
    assert run(url, "SELECT FROM task WHERE user_id = 'ada' AND live IS NULL") != []


def test_it_goes_back_and_forth_with_what_was_organised_since():
    url = new_database()
    run_as(
        url,
        "ada",
        "INSERT INTO task (user_id, id, title, tags, created_at, updated_at)"
        " VALUES ('ada', gen_random_uuid(), 'kept', '{home}', now(), now())",
    )
    command.downgrade(url, "0005")
    assert [row["title"] for row in run(url, "SELECT title FROM task")] == ["kept"]
    assert [row["noun"] for row in run(url, "SELECT noun FROM change")] == ["task"]
    command.upgrade(url)
    assert run(url, "SELECT tags FROM task")[0]["tags"] == []
    assert works(url)
