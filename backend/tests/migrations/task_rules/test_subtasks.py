"""Parents and subtasks: who may be below whom, what is counted, and what goes to the trash."""

import secrets

import asyncpg
import pytest

from tests.migrations.task_rules.families import COLUMNS, ITS, Family, number_id

ONE = (None, 1, 1)  # a parent, and two parts


def test_a_parent_counts_its_subtasks_and_those_that_are_done(any_family: Family):
    any_family.make(*ONE)
    assert any_family.counts(1) == (2, 0)
    any_family.set(2, "completed = true")
    assert any_family.counts(1) == (2, 1)
    any_family.set(2, "completed = false")
    any_family.set(3, "parent_id = NULL")
    assert any_family.counts(1) == (1, 0)
    any_family.delete(2)
    assert any_family.counts(1) == (0, 0)
    any_family.restore(2)
    assert any_family.counts(1) == (1, 0)
    assert any_family.is_whole()


def test_its_version_and_instant_move_with_the_counts_and_with_nothing_else(family: Family):
    family.make(*ONE)
    before = family[1]
    family.set(2, "title = 'another'")
    assert family[1] == before
    family.set(2, "completed = true")
    after = family[1]
    assert (after["version"], after["updated_at"] > before["updated_at"]) == (
        before["version"] + 1,
        True,
    )
    assert family.log()[-1] == ("updated", 2, {"completed": False, "completed_at": None})
    assert family.log()[-2] == ("updated", 1, {})


@pytest.mark.parametrize("parents", [(None, 1, 1), (3, 3, None), (2, None, 2)], ids=str)
def test_parent_and_subtasks_may_be_written_together_in_any_order(any_family: Family, parents):
    any_family.make(*parents)
    top = parents.index(None) + 1
    assert any_family.counts(top) == (2, 0)


REFUSED = {
    "none there": (f"UPDATE {{rows}} SET parent_id = #9 {ITS} #4", "task_user_id_parent_id_fkey"),
    "in the trash": (f"UPDATE {{rows}} SET parent_id = #6 {ITS} #4", "task_parent_not_found"),
    "a subtask": (f"UPDATE {{rows}} SET parent_id = #2 {ITS} #4", "task_parent_is_subtask"),
    "below itself": (f"UPDATE {{rows}} SET parent_id = #4 {ITS} #4", "task_parent_is_itself"),
    "with subtasks": (f"UPDATE {{rows}} SET parent_id = #4 {ITS} #1", "task_has_subtasks"),
    "two levels at once": (
        (
            "UPDATE {rows} SET parent_id = CASE id WHEN #4 THEN #5::uuid ELSE #1::uuid END"
            " WHERE user_id = {me} AND id IN (#4, #5)"
        ),
        "task_parent_is_subtask|task_has_subtasks",
    ),
    "each other": (
        (
            "UPDATE {rows} SET parent_id = CASE id WHEN #4 THEN #5::uuid ELSE #4::uuid END"
            " WHERE user_id = {me} AND id IN (#4, #5)"
        ),
        "task_parent_is_subtask|task_has_subtasks",
    ),
    "a new one below a subtask": (
        f"INSERT INTO {{rows}} ({COLUMNS}, parent_id) VALUES ({{me}}, #7, 'x', now(), now(), #2)",
        "task_parent_is_subtask",
    ),
}


@pytest.mark.parametrize("way", REFUSED)
def test_nobody_is_below_what_is_no_parent(any_family: Family, way: str):
    statement, constraint = REFUSED[way]
    any_family.make(None, 1, 1, None, None, None)
    any_family.delete(6)
    before = any_family.tasks()
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        any_family.run(statement)
    assert refused.value.constraint_name in constraint.split("|")
    assert any_family.tasks() == before


def test_a_refusal_of_the_rules_names_the_row(family: Family):
    family.make(None, 1, None)
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        family.set(3, "parent_id = " + family.written("#2"))
    assert refused.value.detail == str(number_id(3))


def test_a_strangers_task_is_no_parent(any_family: Family):
    stranger = Family(any_family.url, f"user {secrets.token_hex(8)}", any_family.rows)
    stranger.run(f"INSERT INTO {{rows}} ({COLUMNS}) VALUES ({{me}}, #8, 'theirs', now(), now())")
    any_family.make(None)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        any_family.set(1, "parent_id = " + any_family.written("#8"))


def test_one_that_moves_to_another_parent_is_counted_there(any_family: Family):
    any_family.make(None, 1, 1, None)
    any_family.set(2, "completed = true")
    any_family.set(2, "parent_id = " + any_family.written("#4"))
    assert (any_family.counts(1), any_family.counts(4)) == ((1, 0), (1, 1))


def test_subtasks_go_to_the_trash_with_their_parent_and_come_back_with_it(any_family: Family):
    any_family.make(None, 1, 1, 1)
    any_family.delete(4)
    any_family.delete(1)
    rows = any_family.tasks()
    assert {row["deleted_at"] for number, row in rows.items() if number < 4} == {
        rows[1]["deleted_at"]
    }
    assert any_family.counts(1) == (2, 0)
    any_family.restore(1)
    live = [number for number, row in any_family.tasks().items() if not row["deleted_at"]]
    assert sorted(live) == [1, 2, 3]
    any_family.restore(4)
    assert any_family[4]["parent_id"] == number_id(1)
    assert any_family.counts(1) == (3, 0)
    assert any_family.is_whole()


def test_one_that_is_restored_without_its_parent_has_none_from_then_on(any_family: Family):
    any_family.make(*ONE)
    any_family.delete(1)
    any_family.restore(2)
    assert any_family[2]["parent_id"] is None
    any_family.restore(1)
    assert any_family.counts(1) == (1, 0)
    assert any_family.is_whole()


def test_all_of_a_family_may_be_restored_in_one_statement(family: Family):
    """As an undo of several deletions does, each in any order."""
    family.make(2, None, 2)
    family.delete(1)
    family.delete(2)
    family.run("UPDATE {rows} SET deleted_at = NULL WHERE user_id = {me}")
    assert family.counts(2) == (2, 0)
    assert family.is_whole()


def test_a_purge_of_a_parent_purges_its_subtasks_and_the_log_tells_of_each(any_family: Family):
    any_family.make(*ONE)
    any_family.set(2, "title = 'secret'")
    any_family.delete(1)
    any_family.purge(1)
    assert any_family.tasks() == {}
    log = any_family.log()
    assert sorted(number for kind, number, _ in log if kind == "purged") == [1, 2, 3]
    assert {before is None for _, _, before in log} == {True}
    assert "secret" not in str(log)


def test_a_purge_of_a_subtask_in_the_trash_is_counted_by_a_parent_there(any_family: Family):
    any_family.make(*ONE)
    any_family.delete(1)
    any_family.purge(3)
    assert any_family.counts(1) == (1, 0)
    any_family.purge(2)
    any_family.restore(1)
    assert any_family.counts(1) == (0, 0)
    assert any_family.is_whole()


def test_an_import_keeps_the_instant_of_a_parent(family: Family):
    """It is told by the setting that says when the log is written."""
    family.make(None)
    before = family[1]["updated_at"]
    family.run(
        "SELECT set_config('app.at', now()::text, true)",
        (
            f"INSERT INTO {{rows}} ({COLUMNS}, parent_id)"
            " VALUES ({me}, #2, 'x', now() - interval '1 year', now() - interval '1 year', #1)"
        ),
    )
    assert family.counts(1) == (1, 0)
    assert (family[1]["updated_at"], family[1]["version"]) == (before, 2)
