"""Projects, tags, filters, subtasks and all members of tasks, to and from a document."""

from typing import Any
from uuid import UUID

import pytest

from tests.api.everything.documents import (
    INSTANT,
    document,
    exported,
    id_of,
    imported,
    named,
    row,
    sent,
    without,
)
from tests.databases import run_as
from tests.server import User
from todo_server.models.saved_filter import MAX_FILTERS
from todo_server.models.tag import MAX_TAGS_OF_USER
from todo_server.models.task.derived import DATES
from todo_server.services.imports import PAGE
from todo_server.services.places import place_of_new

LATER = "2026-02-03T04:05:06.789012Z"
NOUNS = ("projects", "tags", "filters", "tasks", "trash")


def an_organised_life(user: User) -> None:
    """Something of everything, partly changed and moved since, and a family in the trash."""
    projects = [named(1, "House", color="#00ff00"), named(2, "Old", archived=True)]
    tags = [named(3, "Home", color="#aabbcc"), named(4, "unused")]
    filters = [named(5, "Mine", query={"priority": "high", "tags": "Home"})]
    user.post(
        f"/api/{user.id}/import", json=document(projects=projects, tags=tags, filters=filters)
    )
    for title in ("one", "two", "three"):
        members = {"priority": "urgent", "tags": ["home", "Straße"], "category": "x"}
        made = user.post(user.path, json={"title": title, "project_id": id_of(1), **members}).json()
        for part in ("first", "second"):
            child = user.post(user.path, json={"title": part, "parent_id": made["id"]}).json()
        user.patch(f"{user.path}/{child['id']}/complete")
        user.patch(f"{user.path}/{made['id']}", json={"move": {"first": True}})
    user.delete(f"{user.path}/{child['id']}")
    user.delete(f"{user.path}/{made['id']}")


def as_it_is(here: dict[str, Any]) -> dict[str, Any]:
    return {name: without(here[name], "user_id", "version") for name in NOUNS}


def test_all_of_it_comes_back_in_another_account_but_for_owner_versions_and_log(
    user: User, stranger: User
):
    an_organised_life(user)
    there = exported(user)
    counts = [len(there[name]) for name in NOUNS]
    assert counts == [2, 3, 1, 6, 3]
    assert imported(stranger, there) == (sum(counts), 0)
    here = exported(stranger)
    assert as_it_is(here) == as_it_is(there)
    assert {each["user_id"] for name in NOUNS for each in here[name]} == {stranger.id}
    assert imported(stranger, there) == (0, sum(counts))
    assert exported(stranger) | {"exported_at": None} == here | {"exported_at": None}


def test_what_came_back_goes_on_as_what_it_was(user: User, stranger: User):
    an_organised_life(user)
    imported(stranger, exported(user))
    (parent,) = (each for each in exported(stranger)["trash"] if not each["parent_id"])
    assert parent["subtasks"] == {"total": 1, "completed": 0}
    path = f"/api/{stranger.id}/trash/{parent['id']}/restore"
    restored = stranger.post(path)
    assert restored.status_code == 200, restored.text
    assert stranger.task(parent["id"]).json() == restored.json()
    parts = [each for each in stranger.tasks() if each["parent_id"] == parent["id"]]
    assert [each["title"] for each in parts] == ["first"]


def test_subtasks_come_after_all_that_have_none_so_that_any_page_finds_its_parents(
    user: User, stranger: User
):
    count = PAGE + 10
    parents = [row(count + number) for number in range(count)]
    parts = [row(number, parent_id=id_of(2 * count - 1 - number)) for number in range(count)]
    trash = [row(4 * count, deleted_at=LATER)]
    trash += [row(3 * count + n, parent_id=trash[0]["id"], deleted_at=INSTANT) for n in range(3)]
    assert imported(user, document(*parents, *parts, trash=trash)) == (2 * count + 4, 0)
    there = exported(user)
    assert [each["id"] for each in there["tasks"]] == [each["id"] for each in (*parents, *parts)]
    assert [each["id"] for each in there["trash"]] == [each["id"] for each in trash]
    assert {each["subtasks"]["total"] for each in there["tasks"][:count]} == {1}
    assert imported(stranger, there) == (2 * count + 4, 0)
    assert as_it_is(exported(stranger)) == as_it_is(there)


def test_a_document_from_before_there_was_any_of_it_is_taken_in(user: User):
    """As version 0005 wrote it: its tasks have none of the newer members, and it no other nouns."""
    old: dict[str, Any] = {"user_id": "someone", "description": None, "version": 4}
    done = row(2, completed=True, updated_at=LATER, **old)
    assert imported(user, document(row(**old, completed=False), done)) == (2, 0)
    pending, completed = exported(user)["tasks"]
    assert pending == row(**old, completed=False) | {
        "user_id": user.id,
        "status": "pending",
        "completed_at": None,
        "priority": "medium",
        "tags": [],
        "category": None,
        "project_id": None,
        "parent_id": None,
        "position": place_of_new(UUID(id_of(1))),
        "subtasks": {"total": 0, "completed": 0},
        **DATES.members,
        **dict.fromkeys(("occurrence", "occurs_on", "rule_start", "rule_first")),
        "version": 1,
    }
    assert (completed["status"], completed["completed_at"]) == ("completed", LATER)


def test_derived_members_are_ignored_and_made_anew(user: User):
    wrong: dict[str, Any] = {"status": "completed", "subtasks": {"total": 7, "completed": 7}}
    assert imported(user, document(row(**wrong))) == (1, 0)
    (task,) = user.tasks()
    assert (task["status"], task["subtasks"]["total"]) == ("pending", 0)


def test_a_tag_whose_name_is_there_stays_and_those_that_tasks_name_are_made(user: User):
    user.create("mine", tags=["HOME"])
    (mine,) = exported(user)["tags"]
    tags = [named(3, "home", color="#aabbcc"), named(4, "Work"), named(5, "WORK")]
    assert imported(user, document(row(tags=["work", "new"]), tags=tags)) == (2, 2)
    found = {each["name"]: each for each in exported(user)["tags"]}
    assert found.keys() == {"HOME", "Work", "new"}
    assert found["HOME"] == mine


def test_what_names_a_project_or_parent_that_is_in_the_trash_comes_without_it(
    user: User, database_url: str
):
    """As what is restored does: a document can always be taken in again where it came from."""
    projects = [named(1, "House")]
    there = document(row(2), row(3, project_id=id_of(1), parent_id=id_of(2)), projects=projects)
    assert imported(user, there) == (3, 0)
    for gone in (id_of(3), id_of(2)):
        user.delete(f"{user.path}/{gone}")
    user.delete(f"/api/{user.id}/trash/{id_of(3)}")
    trashing = "UPDATE project SET deleted_at = now() WHERE user_id = $1"
    run_as(database_url, user.id, trashing, user.id)
    assert imported(user, there) == (1, 2)
    (task,) = user.tasks()
    assert (task["id"], task["project_id"], task["parent_id"]) == (id_of(3), None, None)


FAMILY = [row(1), row(2, parent_id=id_of(1))]


@pytest.mark.parametrize(
    ("made", "place"),
    [
        (document(row(), row(2, project_id=id_of(9))), "tasks.1.project_id"),
        (document(row(), row(2, parent_id=id_of(9))), "tasks.1.parent_id"),
        (document(row(2, parent_id=id_of(2))), "tasks.0.parent_id"),
        (document(*FAMILY, row(3, parent_id=id_of(2))), "tasks.1.parent_id"),
        (document(trash=[row(2, parent_id=id_of(9), deleted_at=INSTANT)]), "trash.0.parent_id"),
        (document(trash=[row(2, project_id=id_of(9), deleted_at=INSTANT)]), "trash.0.project_id"),
        (document(row(project_id="x")), "tasks.0.project_id"),
        (document(row(completed=False, completed_at=INSTANT)), "tasks.0.completed_at"),
        (document(row(completed=True, completed_at="today")), "tasks.0.completed_at"),
        (document(row(priority="highest")), "tasks.0.priority"),
        (document(row(tags=["x" * 51])), "tasks.0.tags"),
        (document(row(tags=[f"tag {n}" for n in range(21)])), "tasks.0.tags"),
        (document(row(category="x" * 51)), "tasks.0.category"),
        *(
            (document(row(position=position)), "tasks.0.position")
            for position in ("", "é", "r0", "a0\n", "!", 5, "z" * 4097)
        ),
        (document(row(move={"first": True})), "tasks.0.move"),
        (document(tags=[named(3, " ")]), "tags.0.name"),
        (document(tags=[named(3, "a,b")]), "tags.0.name"),
        (document(tags=[named(3, "x", color="red")]), "tags.0.color"),
        (document(projects=[named(3, "x" * 101)]), "projects.0.name"),
        (document(projects=[named(3, "x", archived="yes")]), "projects.0.archived"),
        (document(projects=[named(3, "x", query={})]), "projects.0.query"),
        (document(filters=[named(3, "x")]), "filters.0.query"),
        (document(filters=[named(3, "x", query=[])]), "filters.0.query"),
        (document(filters=[named(3, "x", query={"search": "\0"})]), "filters.0.query"),
        (document(filters=[named(3, "x", query={"search": "\ud83d"})]), "filters.0.query"),
        (document(filters=[named(3, "x", query={"color": "red"})]), "filters.0.query.color"),
        (document(filters=[named(3, "x", query={"status": "no"})]), "filters.0.query.status"),
        (document(filters={}), "filters"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_its_page_is_not_taken_in(made: Any, place: str, user: User):
    response = sent(user, made)
    assert response.status_code == 422, response.text
    (wrong,) = response.json()["details"]
    assert wrong["field"].startswith(place)
    assert exported(user)["number"] == 0


def test_what_names_a_strangers_project_or_parent_is_told_nothing_of_it(user: User, stranger: User):
    theirs = document(row(2), projects=[named(1, "theirs")])
    imported(stranger, theirs)
    for member, at in (("project_id", 1), ("parent_id", 2)):
        answers = [
            sent(user, document(row(3), row(4, **{member: named_id})))
            for named_id in (id_of(at), id_of(99))
        ]
        bodies = [answer.json() | {"request_id": None} for answer in answers]
        assert bodies[0] == bodies[1]
        assert bodies[0]["details"][0]["field"] == f"tasks.1.{member}"
    assert exported(user)["number"] == 0


def test_what_is_wrong_on_a_later_page_is_counted_from_the_beginning(user: User):
    rows = [row(number) for number in range(1, PAGE + 20)]
    wrong = row(PAGE + 20, parent_id=id_of(9_999))
    left = row(1, parent_id=id_of(9_999))  # is there by then, and so names nothing
    response = sent(user, document(*rows, left, wrong, row(PAGE + 21)))
    assert response.json()["details"][0]["field"] == f"tasks.{PAGE + 20}.parent_id"
    assert exported(user)["number"] == PAGE


def test_more_filters_or_tags_than_there_may_be_are_refused_and_not_an_error_of_the_server(
    user: User,
):
    filters = [named(n, f"filter {n}", query={}) for n in range(1, MAX_FILTERS + 2)]
    tags = [named(n, f"tag {n}") for n in range(1, MAX_TAGS_OF_USER + 1)]
    assert imported(user, document(tags=tags)) == (MAX_TAGS_OF_USER, 0)
    for made in (document(filters=filters), document(row(tags=["one more"]))):
        response = sent(user, made)
        assert 400 <= response.status_code < 500, response.text
        assert response.json()["error"] == "limit_reached"
    assert imported(user, document(tags=tags)) == (0, MAX_TAGS_OF_USER)
    assert user.tasks() == []
