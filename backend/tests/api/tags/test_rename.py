"""Renaming, merging and deleting tags: all their tasks change with them, and one undo is enough."""

import pytest

from tests.api.nouns import listed, made, names, newest_number, path_of, undo_last
from tests.api.trash.bins import in_trash, restore, trashed
from tests.server import User


def tags_of(user: User) -> list[list[str]]:
    """Of all tasks, the oldest first, and then of those in the trash."""
    return [row["tags"] for row in [*user.tasks(order="asc"), *in_trash(user)]]


def rename(user: User, old: str, new: str) -> int:
    return user.patch(path_of(user, "tags", old), json={"name": new}).status_code


def merge(user: User, old: str, into: str) -> int:
    path = path_of(user, "tags", old, "merge")
    return user.post(path, json={"into": into}).status_code


def test_all_its_tasks_are_renamed_in_the_place_where_they_have_it(user):
    for tags in (["a", "Home", "b"], ["HOME"], ["b"]):
        user.create(tags=tags)
    trashed(user, tags=["b", "home"])
    before = user.tasks(order="asc")
    response = user.put(path_of(user, "tags", "home"), json={"name": "House"})
    assert (response.status_code, response.json()["name"]) == (200, "House")
    assert tags_of(user) == [["a", "House", "b"], ["House"], ["b"], ["b", "House"]]
    assert names(user, "tags") == ["a", "House", "b"]
    assert [row["version"] for row in user.tasks(order="asc")] == [2, 2, 1]
    assert user.tasks(order="asc")[2] == before[2]
    assert user.get(path_of(user, "tags", "home")).status_code == 404


def test_another_case_alone_is_a_new_name_too(user):
    user.create(tags=["home"])
    user.create(tags=["Home"])
    user.create(tags=["HOME"])
    assert rename(user, "home", "Home") == 200
    assert tags_of(user) == [["Home"]] * 3
    assert names(user, "tags") == ["Home"]
    assert [row["version"] for row in user.tasks(order="asc")] == [2, 1, 2]


def test_the_name_that_it_has_changes_no_task(user):
    user.create(tags=["home"])
    user.create(tags=["HOME"])
    number = newest_number(user)
    assert rename(user, "Home", "home") == 200
    assert newest_number(user) == number


def test_the_name_of_another_tag_is_409_with_a_hint_to_merge(user):
    task = user.create(tags=["a", "b"])
    response = user.patch(path_of(user, "tags", "a"), json={"name": "B"})
    problem = response.json()
    assert (response.status_code, problem["error"]) == (409, "tag_exists")
    assert problem["current"]["name"] == "b"
    assert "merge" in problem["detail"]
    assert user.tasks() == [task]


def test_a_merged_tag_is_replaced_and_no_task_has_the_other_one_twice(user):
    for tags in (["a", "x", "b"], ["B", "a"], ["a"], ["x"]):
        user.create(tags=tags)
    trashed(user, tags=["A"])
    response = user.post(path_of(user, "tags", "a", "merge"), json={"into": "B"})
    assert (response.status_code, response.json()["name"]) == (200, "b")
    assert tags_of(user) == [["b", "x"], ["B"], ["b"], ["x"], ["b"]]
    assert names(user, "tags") == ["x", "b"]


@pytest.mark.parametrize(
    ("into", "status"), [("nothing", 422), ("A", 422), ("", 422), ("a,b", 422)]
)
def test_a_tag_is_merged_into_another_one_that_there_is(into, status, user):
    task = user.create(tags=["a"])
    response = user.post(path_of(user, "tags", "a", "merge"), json={"into": into})
    assert response.status_code == status
    assert response.json()["details"][0]["field"] == "into"
    assert user.tasks() == [task]


def test_a_deleted_tag_is_taken_off_all_its_tasks(user):
    user.create(tags=["a", "Home", "b"])
    user.create(tags=["home"])
    lost = trashed(user, tags=["HOME"])
    assert user.delete(path_of(user, "tags", "home")).status_code == 204
    assert tags_of(user) == [["a", "b"], [], []]
    assert names(user, "tags") == ["a", "b"]
    assert restore(user, lost["id"]).json()["tags"] == []


def do(verb: str, user: User) -> int:
    if verb == "merge":
        return merge(user, "home", "b")
    if verb == "delete":
        return user.delete(path_of(user, "tags", "home")).status_code
    return rename(user, "home", {"rename": "house", "recase": "HOME"}[verb])


@pytest.mark.parametrize("verb", ["rename", "recase", "merge", "delete"])
def test_one_undo_puts_everything_back_and_one_more_undoes_that(verb, user):
    for tags in (["a", "home", "b"], ["B", "Home"], ["b"]):
        user.create(tags=tags)
    trashed(user, tags=["home"])
    made(user, "tags", name="c", color="#000000")
    before = tags_of(user), listed(user, "tags")
    assert do(verb, user) in {200, 204}
    after = tags_of(user), names(user, "tags")
    undo_last(user)
    assert tags_of(user) == before[0]
    same = ("id", "name", "color", "position", "tasks")
    assert [[row[m] for m in same] for row in listed(user, "tags")] == [
        [row[m] for m in same] for row in before[1]
    ]
    undo_last(user)
    assert (tags_of(user), names(user, "tags")) == after


def refuses(user: User, number: int) -> bool:
    before = tags_of(user), listed(user, "tags")
    response = user.post(path_of(user, "changes", str(number), "undo"))
    assert (tags_of(user), listed(user, "tags")) == before
    return (response.status_code, response.json()["error"]) == (409, "already_changed")


def test_a_tag_is_not_brought_back_beside_another_of_its_name(user):
    user.create(tags=["home"])
    user.delete(path_of(user, "tags", "home"))
    number = newest_number(user)
    user.create(tags=["HOME"])
    assert refuses(user, number)


def test_a_tag_gets_no_name_back_that_another_one_has_now(user):
    made(user, "tags", name="home")
    rename(user, "home", "house")
    number = newest_number(user)
    made(user, "tags", name="Home")
    assert refuses(user, number)


@pytest.mark.parametrize("in_the_trash", [False, True])
def test_no_undo_leaves_a_task_with_a_tag_that_has_no_row(in_the_trash, user):
    made(user, "tags", name="home")
    made_by = newest_number(user)
    rename(user, "home", "house")
    renamed_by = newest_number(user)
    task = user.create(tags=["house"])
    if in_the_trash:
        user.delete(f"{user.path}/{task['id']}")
    assert refuses(user, renamed_by)
    assert refuses(user, made_by)


def test_tags_that_were_made_with_their_tasks_stay_when_all_of_it_is_undone(user):
    commands = [{"op": "create", "title": "one", "tags": ["home", "b"]}]
    commands += [{"op": "create", "title": "two", "tags": ["HOME"]}]
    user.post(f"{user.path}/bulk", json={"commands": commands})
    made_by = newest_number(user)
    before = tags_of(user)
    user.create(tags=["b"])
    undone = user.post(path_of(user, "changes", str(made_by), "undo"))
    assert undone.status_code == 200, undone.text
    assert undone.json()["removed"] == [task["id"] for task in reversed(in_trash(user))]
    assert [row["tags"] for row in user.tasks()] == [["b"]]
    assert names(user, "tags") == ["home", "b"]
    undo_last(user)
    assert tags_of(user) == [*before, ["b"]]
    assert [tag["tasks"]["total"] for tag in listed(user, "tags")] == [2, 2]


def test_a_task_that_gets_a_tag_back_makes_it_again(user):
    task = user.create(tags=["home"])
    user.patch(f"{user.path}/{task['id']}", json={"tags": []})
    number = newest_number(user)
    user.delete(path_of(user, "tags", "home"))
    assert user.post(path_of(user, "changes", str(number), "undo")).status_code == 200
    assert tags_of(user) == [["home"]]
    assert names(user, "tags") == ["home"]


def test_more_tasks_than_one_statement_changes_are_all_renamed(user):
    for _ in range(21):  # more than two thousand
        commands = [{"op": "create", "title": "x", "tags": ["home"]}] * 100
        user.post(f"{user.path}/bulk", json={"commands": commands}).raise_for_status()
    assert rename(user, "home", "Home") == 200
    assert [row["tasks"]["total"] for row in listed(user, "tags")] == [2100]
    assert {tuple(tags) for tags in tags_of(user)} == {("Home",)}
    assert merge(user, "home", made(user, "tags", name="b")["name"]) == 200
    assert {tuple(tags) for tags in tags_of(user)} == {("b",)}
