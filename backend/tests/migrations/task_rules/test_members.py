"""What follows from other members of a row, and the rows of tags, by any statement."""

import pytest

from tests.databases import seed
from tests.migrations.task_rules.families import COLUMNS, ITS, Family
from todo_server.services.places import place_of_new

LATER = "'2030-01-01T00:00:00Z'"


def test_completed_at_follows_completed_by_any_statement(any_family: Family):
    any_family.make(None)
    assert any_family[1]["completed_at"] is None
    any_family.run(f"UPDATE {{rows}} SET completed = true, updated_at = {LATER} {ITS} #1")
    row = any_family[1]
    assert row["completed_at"] == row["updated_at"]
    any_family.set(1, "title = 'changed'")
    assert any_family[1]["completed_at"] == row["completed_at"]
    any_family.set(1, "completed = NOT completed")
    assert any_family[1]["completed_at"] is None
    values = f"completed = false, completed_at = {LATER}"
    any_family.run(f"UPDATE {{rows}} SET {values} {ITS} #1")
    assert any_family[1]["completed_at"] is None
    any_family.set(1, f"completed = true, completed_at = {LATER}")
    assert str(any_family[1]["completed_at"]).startswith("2030")
    any_family.set(1, "completed_at = NULL")
    row = any_family[1]
    assert row["completed_at"] == row["updated_at"]
    any_family.run(
        f"INSERT INTO {{rows}} ({COLUMNS}, completed) VALUES ({{me}}, #2, 'x', now(), now(), true)",
        (
            f"INSERT INTO {{rows}} ({COLUMNS}, completed) VALUES ({{me}}, #1, 'x', now(), now(),"
            " true) ON CONFLICT (user_id, id) DO UPDATE SET completed = false"
        ),
    )
    assert any_family[2]["completed_at"] == any_family[2]["updated_at"]
    assert any_family[1]["completed_at"] is None


def test_the_log_keeps_when_it_was_completed_so_that_an_undo_puts_it_back(family: Family):
    family.make(None)
    family.set(1, f"completed = true, completed_at = {LATER}")
    family.set(1, "completed = false")
    kind, _, before = family.log()[-1]
    assert (kind, before["completed"], before["completed_at"][:4]) == ("updated", True, "2030")


def test_a_row_without_a_place_stands_behind_all_that_was_made_before(any_family: Family):
    any_family.make(None, None)
    rows = any_family.tasks()
    assert [rows[n]["position"] for n in (1, 2)] == [place_of_new(rows[n]["id"]) for n in (1, 2)]
    assert rows[1]["position"] < rows[2]["position"]


def test_what_is_searched_follows_from_title_description_and_tags(any_family: Family):
    any_family.make(None)
    assert any_family[1]["search_text"] is None, "ASCII is searched as it is"
    any_family.set(1, "title = 'Straße'")
    assert str(any_family[1]["search_text"]).split("\x1f")[0] == "strasse"
    any_family.set(1, "title = 'x', description = 'Müde', tags = '{Home,ÄRGER}'")
    row = any_family[1]
    assert row["search_text"].split("\x1f") == ["x", "mude", "home", "arger"]
    assert row["tag_keys"] == ["home", "ärger"]
    any_family.set(1, "description = NULL, tags = '{}'")
    row = any_family[1]
    assert (row["search_text"], row["tag_keys"]) == (None, [])


def test_a_row_that_is_loaded_with_the_triggers_off_is_whole(family: Family):
    seed(
        family.url,
        family.written(
            f"INSERT INTO task ({COLUMNS}, completed, tags)"
            " VALUES ({me}, #1, 'Straße', now(), now(), true, '{Home}')"
        ),
    )
    row = family[1]
    assert row["completed_at"] == row["updated_at"]
    assert (row["position"], row["tag_keys"]) == (place_of_new(row["id"]), ["home"])
    assert family.log() == []


TAGS = "SELECT name, version, position, id FROM tag WHERE user_id = $1 ORDER BY id"


def names(family: Family) -> list[str]:
    return sorted(row["name"] for row in family.look(TAGS))


def test_each_tag_has_a_row_from_the_first_task_that_names_it_in_whatever_case(any_family: Family):
    any_family.make(None, None)
    any_family.set(1, "tags = '{Home,Straße}'")
    assert names(any_family) == ["Home", "Straße"]
    any_family.set(2, "tags = '{HOME,strasse,new}'")
    assert names(any_family) == ["Home", "Straße", "new"]
    any_family.set(2, "tags = '{home}', title = 'changed'")
    any_family.run(
        f"INSERT INTO {{rows}} ({COLUMNS}, tags) VALUES ({{me}}, #3, 'x', now(), now(),"
        " '{{İ,i,NEW,Other,OTHER}}')"
    )
    found = any_family.look(TAGS)
    assert sorted(row["name"] for row in found) == ["Home", "Other", "Straße", "new", "İ"]
    assert {row["version"] for row in found} == {1}
    assert [row["position"] for row in found] == [place_of_new(row["id"]) for row in found]
    assert {row["id"].version for row in found} == {7}


def test_a_tag_that_is_in_the_trash_is_made_anew_when_it_is_named_again(family: Family):
    family.make(None, None)
    family.set(1, "tags = '{home}'")
    family.run("UPDATE tag SET deleted_at = now() WHERE user_id = {me}")
    family.set(2, "tags = '{home}'")
    live = [row for row in family.look("SELECT live FROM tag WHERE user_id = $1") if row["live"]]
    assert len(live) == 1


@pytest.mark.parametrize(
    "wrong", ["priority = 'highest'", "category = ''", "category = repeat('x', 51)"]
)
def test_what_no_client_may_write_the_table_does_not_take(family: Family, wrong: str):
    family.make(None)
    with pytest.raises(Exception, match="task_members_valid"):
        family.set(1, wrong)
