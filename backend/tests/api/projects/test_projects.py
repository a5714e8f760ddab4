"""Making, listing, reading and changing projects."""

import uuid

import pytest

from tests.api.nouns import listed, made, names, path_of


def test_a_project_is_made_with_a_name_alone(user):
    response = user.post(path_of(user, "projects"), json={"name": "  Household "})
    project = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == path_of(user, "projects", project["id"])
    assert response.headers["etag"] == '"1"'
    assert user.get(response.headers["location"]).json() == project
    its = {"user_id": user.id, "name": "Household", "color": None, "archived": False, "version": 1}
    assert project.items() >= its.items()


def test_projects_are_listed_in_their_order_with_the_tasks_that_they_have(user):
    first, second = (made(user, "projects", name=name) for name in ("first", "second"))
    for completed in (True, False, False):
        user.create(project_id=second["id"], completed=completed)
    user.delete(f"{user.path}/{user.create(project_id=first['id'])['id']}")
    user.create()
    none = {"total": 0, "completed": 0}
    assert listed(user, "projects") == [
        {**first, "tasks": none},
        {**second, "tasks": {"total": 3, "completed": 1}},
    ]


def test_what_is_archived_is_listed_where_it_is_asked_for(user):
    made(user, "projects", name="old", archived=True)
    made(user, "projects", name="new")
    assert names(user, "projects") == names(user, "projects", archived="false") == ["new"]
    assert names(user, "projects", archived="true") == ["old"]
    assert names(user, "projects", archived="all") == ["old", "new"]
    assert user.get(path_of(user, "projects"), params={"archived": "x"}).status_code == 422


def test_a_list_that_is_still_so_is_304_and_one_with_other_counts_is_not(user):
    project = made(user, "projects", name="one")
    tag = user.get(path_of(user, "projects")).headers["etag"]
    known = {"If-None-Match": tag}
    assert user.get(path_of(user, "projects"), headers=known).status_code == 304
    user.create(project_id=project["id"])
    assert user.get(path_of(user, "projects"), headers=known).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_is_absent_stays(method, user):
    project = made(user, "projects", name="one", color="#2E7D32")
    path = path_of(user, "projects", project["id"])
    changed = user.request(method, path, json={"archived": True}).json()
    assert changed == project | {
        "archived": True,
        "version": 2,
        "updated_at": changed["updated_at"],
    }
    assert project["color"] == "#2e7d32"
    assert user.request(method, path, json={"color": None}).json()["color"] is None


def test_a_project_that_is_sent_back_as_it_was_listed_is_unchanged(user):
    made(user, "projects", name="one", color="#2e7d32")
    (project,) = listed(user, "projects")
    response = user.put(path_of(user, "projects", project["id"]), json=project)
    assert response.json() == {k: v for k, v in project.items() if k != "tasks"}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", ""),
        ("name", None),
        ("name", "\u200b"),
        ("name", "x" * 101),
        ("color", "red"),
        ("color", "#12345"),
        ("archived", None),
        ("archived", "yes"),
        ("other", 1),
        ("move", {}),
        ("move", {"after": str(uuid.uuid4())}),
    ],
)
def test_what_breaks_a_rule_is_422_and_changes_nothing(member, value, user):
    project = made(user, "projects", name="one")
    path = path_of(user, "projects", project["id"])
    for response in (
        user.patch(path, json={member: value}),
        user.post(path_of(user, "projects"), json={"name": "two", member: value}),
    ):
        assert response.status_code == 422
        assert response.json()["details"][0]["field"].startswith(member)
    assert [row["version"] for row in listed(user, "projects")] == [1]


def test_a_project_is_moved_to_where_it_is_wanted(user):
    first, second, third = (made(user, "projects", name=name) for name in "abc")
    move = {"move": {"after": third["id"]}}
    user.patch(path_of(user, "projects", first["id"]), json=move)
    assert names(user, "projects") == ["b", "c", "a"]
    made(user, "projects", name="d", move={"first": True})
    assert names(user, "projects") == ["d", "b", "c", "a"]
    beside_itself = {"move": {"before": second["id"]}}
    response = user.patch(path_of(user, "projects", second["id"]), json=beside_itself)
    assert response.status_code == 422


def test_a_change_of_another_version_than_was_read_is_412(user):
    project = made(user, "projects", name="one")
    path = path_of(user, "projects", project["id"])
    assert user.patch(path, json={"name": "two"}, headers={"If-Match": '"1"'}).is_success
    for response in (
        user.patch(path, json={"name": "three"}, headers={"If-Match": '"1"'}),
        user.put(path, json={"move": {"last": True}}, headers={"If-Match": '"1"'}),
        user.delete(path, headers={"If-Match": '"1"'}),
    ):
        assert response.status_code == 412
        assert response.json()["current"]["name"] == "two"
    assert user.get(path, headers={"If-None-Match": '"2"'}).status_code == 304
    assert user.delete(path, headers={"If-Match": '"2"'}).status_code == 204


def test_no_project_has_this_id(user):
    path = path_of(user, "projects", str(uuid.uuid4()))
    for response in (user.get(path), user.put(path, json={"name": "x"}), user.delete(path)):
        assert response.status_code == 404
        assert response.json()["error"] == "project_not_found"


def test_a_user_has_500_projects_at_most_and_not_one_more_by_an_undo(user):
    for number in range(500):
        last = made(user, "projects", name=str(number))
    refused = user.post(path_of(user, "projects"), json={"name": "one more"})
    assert (refused.status_code, refused.json()["error"]) == (409, "limit_reached")
    assert user.delete(path_of(user, "projects", last["id"])).status_code == 204
    deletion = user.get(path_of(user, "changes")).json()["number"]
    made(user, "projects", name="instead")
    undone = user.post(path_of(user, "changes", str(deletion), "undo"))
    assert (undone.status_code, undone.json()["error"]) == (409, "already_changed")
