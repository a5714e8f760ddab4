"""What a user has set: defaults, versions and conditions, and what depends on it."""

from typing import Any

import httpx
import pytest

from tests.server import User

UNSET = {"time_zone": "UTC", "week_start": "monday", "email_reminders": False, "version": 1}


def settings_of(user: User) -> httpx.Response:
    return user.get(f"/api/{user.id}/settings")


def patch(user: User, headers: dict[str, str] | None = None, **members: Any) -> httpx.Response:
    return user.patch(f"/api/{user.id}/settings", json=members, headers=headers)


def test_whoever_has_set_nothing_is_shown_the_defaults(user: User):
    found = settings_of(user)
    assert (found.json(), found.headers["ETag"]) == (UNSET, '"1"')
    known = user.get(f"/api/{user.id}/settings", headers={"If-None-Match": '"1"'})
    assert known.status_code == 304


def test_each_change_counts_and_one_that_changes_nothing_does_not(user: User, stranger: User):
    assert patch(user).json() == UNSET
    assert patch(user, time_zone="UTC", week_start="monday").json() == UNSET
    changed = patch(user, time_zone="Asia/Kathmandu")
    assert changed.json() == UNSET | {"time_zone": "Asia/Kathmandu", "version": 2}
    assert changed.headers["ETag"] == '"2"'
    assert patch(user, **changed.json()).json() == changed.json()
    assert patch(user, week_start="sunday").json()["version"] == 3
    assert settings_of(user).json() == {
        "time_zone": "Asia/Kathmandu",
        "week_start": "sunday",
        "email_reminders": False,
        "version": 3,
    }
    assert settings_of(stranger).json() == UNSET
    assert user.get(f"/api/{stranger.id}/settings").status_code == 403
    assert user.patch(f"/api/{stranger.id}/settings", json={}).status_code == 403


def test_a_condition_holds_for_the_defaults_as_for_what_is_set(user: User):
    refused = patch(user, {"If-Match": '"2"'}, week_start="sunday")
    assert refused.status_code == 412
    assert refused.json()["current"] == UNSET
    assert refused.headers["ETag"] == '"1"'
    assert patch(user, {"If-Match": '"1"'}, week_start="sunday").status_code == 200
    refused = patch(user, {"If-Match": '"1"'}, week_start="saturday")
    assert (
        refused.json()["current"]
        == settings_of(user).json()
        == UNSET
        | {
            "week_start": "sunday",
            "email_reminders": False,
            "version": 2,
        }
    )
    assert patch(user, {"If-Match": "*"}, week_start="saturday").status_code == 200


@pytest.mark.parametrize(
    ("member", "bad"),
    [
        *(("time_zone", bad) for bad in ("", None, 5, "Mars/Olympus", "europe/berlin", "+01:00")),
        *(("time_zone", bad) for bad in ("UTC\x00", "A" * 100, "../etc/passwd", ["UTC"])),
        *(("week_start", bad) for bad in ("", None, 1, "Monday", "tuesday")),
    ],
)
def test_what_cannot_be_set_is_refused(user: User, member: str, bad: Any):
    refused = patch(user, **{member: bad})
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["details"]] == [member]
    assert settings_of(user).json() == UNSET


def test_an_unknown_member_is_refused(user: User):
    assert patch(user, theme="dark").status_code == 422


def test_a_key_makes_one_change_of_two_requests(user: User):
    key = {"Idempotency-Key": "once"}
    first = patch(user, key, time_zone="Europe/Dublin")
    assert patch(user, week_start="sunday").json()["version"] == 3
    again = patch(user, key, time_zone="Europe/Dublin")
    assert (again.json(), again.headers["ETag"]) == (first.json(), '"2"')
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_new_time_zone_moves_what_floats_and_nothing_else(user: User):
    """Live and in the trash, as one batch of the log, that delta sync tells."""
    tasks = [
        user.create(**members)
        for members in (
            {"due_date": "2026-07-01"},
            {"due_date": "2026-07-01T09:00:00"},
            {"due_date": "2026-07-01T09:00:00Z"},
            {"due_date": "2026-07-01", "time_zone": "Asia/Kathmandu"},
            {},
        )
    ]
    trashed = user.create(due_date="2026-07-01")
    user.delete(f"{user.path}/{trashed['id']}")
    since = user.get(f"/api/{user.id}/changes").json()["number"]
    patch(user, time_zone="Pacific/Apia")
    moved = [user.task(task["id"]).json() for task in tasks]
    assert [task["due_at"] for task in moved] == [
        "2026-07-01T10:59:59.999999Z",
        "2026-06-30T20:00:00.000000Z",
        "2026-07-01T09:00:00.000000Z",
        "2026-07-01T18:14:59.999999Z",
        None,
    ]
    assert [task["version"] for task in moved] == [2, 2, 1, 1, 1]
    assert [task["due_date"] for task in moved] == [task["due_date"] for task in tasks]
    followed = user.get(f"/api/{user.id}/changes", params={"since": since}).json()
    assert {task["id"] for task in followed["tasks"]} == {task["id"] for task in tasks[:2]}
    (entry,) = user.get(f"{user.path}/{tasks[0]['id']}/history").json()[:1]
    assert (entry["kind"], entry["changes"], entry["batch"]) == ("updated", {}, since + 1)
    back = user.post(f"/api/{user.id}/trash/{trashed['id']}/restore")
    assert back.json()["due_at"] == "2026-07-01T10:59:59.999999Z"
