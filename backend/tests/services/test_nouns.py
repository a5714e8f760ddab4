"""Whatever is logged can be followed, by construction."""

from sqlmodel import SQLModel

from todo_server.migrations.change_log import is_logged
from todo_server.models import Changes
from todo_server.models.change import logged_members
from todo_server.services.changes.nouns import NOUNS


def test_every_table_that_is_logged_is_followed_and_undone():
    logged = {table.name for table in SQLModel.metadata.sorted_tables if is_logged(table)}
    assert {noun.name for noun in NOUNS} == logged
    assert {noun.member for noun in NOUNS} <= set(Changes.model_fields)


def test_all_that_a_client_may_change_comes_back_by_an_undo():
    for noun in NOUNS:
        table = noun.model.__table__  # type: ignore[attr-defined]
        moving = {"user_id", "id", "version", "created_at", "updated_at"}
        stored = {column.name for column in table.c if column.computed is None}
        # Made by the database, of other members and of other rows.
        derived = {"tag_keys", "search_text", "subtasks_total", "subtasks_completed", "due_at"}
        assert set(logged_members(table)) == stored - moving - derived
