"""Making, listing, reading and changing tags; and what stands in the path of one."""

from urllib.parse import quote

import pytest

from tests.api.nouns import listed, made, names, path_of, undo_last


def test_a_tag_is_made_by_the_first_task_that_names_it(user):
    task = user.create(tags=["Errands", "home"])
    user.create(tags=["HOME"], completed=True)
    first, second = listed(user, "tags")
    assert [first["name"], second["name"]] == ["Errands", "home"]
    assert first["created_at"] == task["created_at"]
    assert first["tasks"] == {"total": 1, "completed": 0}
    assert second["tasks"] == {"total": 2, "completed": 1}


@pytest.mark.parametrize(
    "names", [["i", "\u0130"], ["\u0131", "I"], ["\u0390", "\u03aa\u0301"]], ids=ascii
)
def test_what_is_one_tag_is_once_in_a_task_and_counted_once(names, user):
    assert user.create(tags=names)["tags"] == names[:1]
    (tag,) = listed(user, "tags")
    assert tag["tasks"] == {"total": 1, "completed": 0}
    assert user.get(path_of(user, "tags", quote(names[1]))).json()["name"] == names[0]


def test_a_new_tag_stands_in_the_log_before_the_task_that_names_it(user):
    task = user.create(tags=["one", "two"])
    user.patch(f"{user.path}/{task['id']}", json={"tags": ["three"]})
    page = user.get(path_of(user, "changes"), params={"since": 0, "limit": 2}).json()
    assert ([tag["name"] for tag in page["tags"]], page["tasks"]) == (["one", "two"], [])
    undo_last(user)
    assert [each["tags"] for each in user.tasks()] == [["one", "two"]]
    assert names(user, "tags") == ["one", "two", "three"]


def test_a_tag_is_made_before_any_task_has_it(user):
    response = user.post(path_of(user, "tags"), json={"name": " deep work ", "color": "#2E7D32"})
    tag = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == path_of(user, "tags", "deep%20work")
    assert user.get(response.headers["location"]).json() == tag
    user.create(tags=["Deep Work"])
    (only,) = listed(user, "tags")
    assert only == tag | {"tasks": {"total": 1, "completed": 0}}


@pytest.mark.parametrize("name", ["home", "HOME", "hoMe"])
def test_a_tag_that_there_is_is_409_and_shown(name, user):
    tag = made(user, "tags", name="Home")
    response = user.post(path_of(user, "tags"), json={"name": name})
    assert (response.status_code, response.json()["error"]) == (409, "tag_exists")
    assert response.json()["current"] == tag
    assert names(user, "tags") == ["Home"]


@pytest.mark.parametrize("name", ["a/b", "50%", "zu hause", "ärger", "#1?", "%2F", "🏡"])
def test_a_name_stands_in_the_path_whatever_it_is(name, user):
    tag = made(user, "tags", name=name)
    path = path_of(user, "tags", quote(name, safe=""))
    assert user.get(path).json() == tag
    assert user.patch(path, json={"color": "#000000"}).json()["color"] == "#000000"
    assert user.delete(path).status_code == 204
    assert user.get(path).status_code == 404


@pytest.mark.parametrize("name", ["x" * 51, "a,b", "a%0Ab", "%00", "%20", "%E2%80%8B"])
def test_what_is_no_name_of_a_tag_is_422_in_the_path(name, user):
    response = user.get(path_of(user, "tags", name))
    assert (response.status_code, response.json()["details"][0]["field"]) == (422, "name")


def test_a_tag_is_found_in_any_case(user):
    tag = made(user, "tags", name="Straße")
    for name in ("straße", "STRASSE", "strasse"):
        assert user.get(path_of(user, "tags", name)).json() == tag


def test_no_tag_has_this_name(user):
    path = path_of(user, "tags", "nothing")
    for response in (
        user.get(path),
        user.put(path, json={"color": None}),
        user.delete(path),
        user.post(f"{path}/merge", json={"into": "nothing"}),
    ):
        assert (response.status_code, response.json()["error"]) == (404, "tag_not_found")


def test_a_tag_gets_a_colour_and_a_place(user):
    made(user, "tags", name="a")
    tag = made(user, "tags", name="b")
    path = path_of(user, "tags", "b")
    changed = user.put(path, json={"color": "#ABCDEF", "move": {"first": True}})
    assert changed.json()["color"] == "#abcdef"
    assert names(user, "tags") == ["b", "a"]
    assert user.patch(path, json={"color": "blue"}).status_code == 422
    echoed = user.put(path, json=changed.json())
    assert echoed.json() == changed.json()
    assert changed.json()["version"] == tag["version"] + 1


def test_a_change_of_another_version_than_was_read_is_412(user):
    user.create(tags=["a"])
    made(user, "tags", name="b")
    path, stale = path_of(user, "tags", "a"), {"If-Match": '"9"'}
    before = user.tasks()
    for response in (
        user.patch(path, json={"name": "c"}, headers=stale),
        user.delete(path, headers=stale),
        user.post(f"{path}/merge", json={"into": "b"}, headers=stale),
    ):
        assert (response.status_code, response.json()["error"]) == (412, "version_conflict")
        assert response.json()["current"]["name"] == "a"
    assert (user.tasks(), names(user, "tags")) == (before, ["a", "b"])
    assert user.get(path, headers={"If-None-Match": '"1"'}).status_code == 304


def test_a_list_that_is_still_so_is_304(user):
    user.create(tags=["a"])
    tag = user.get(path_of(user, "tags")).headers["etag"]
    known = {"If-None-Match": tag}
    assert user.get(path_of(user, "tags"), headers=known).status_code == 304
    user.create(tags=["A"])
    assert user.get(path_of(user, "tags"), headers=known).status_code == 200


def test_a_user_has_1000_tags_at_most_however_they_are_made(user):
    for first in range(0, 1000, 20):
        user.create(tags=[f"tag {n}" for n in range(first, first + 20)])
    refused = user.post(path_of(user, "tags"), json={"name": "one more"})
    assert (refused.status_code, refused.json()["error"]) == (409, "limit_reached")
    by_task = user.post(user.path, json={"title": "x", "tags": ["one more"]})
    assert by_task.status_code == 422
    assert by_task.json()["details"][0]["field"] == "tags"
    assert user.create(tags=["Tag 7"])["tags"] == ["Tag 7"]
    user.delete(path_of(user, "tags", "tag 7"))
    assert made(user, "tags", name="one more")["version"] == 1
