"""Dates of tasks: what is sent is answered, of the same kind, and an echo changes nothing."""

from typing import Any

import pytest

from tests.server import User

KINDS = [
    ("2026-11-30", "2026-11-30", "2026-11-30T23:59:59.999999Z"),
    ("2028-02-29", "2028-02-29", "2028-02-29T23:59:59.999999Z"),
    ("2026-11-30T09:00", "2026-11-30T09:00:00", "2026-11-30T09:00:00.000000Z"),
    ("2026-11-30 09:00:01.999", "2026-11-30T09:00:01", "2026-11-30T09:00:01.000000Z"),
    ("2026-11-30T09:00:00Z", "2026-11-30T09:00:00Z", "2026-11-30T09:00:00.000000Z"),
    ("2026-11-30t09:00:00.5z", "2026-11-30T09:00:00Z", "2026-11-30T09:00:00.000000Z"),
    ("2026-11-30T09:00:00+05:45", "2026-11-30T03:15:00Z", "2026-11-30T03:15:00.000000Z"),
    ("2026-11-30T23:00-11:00", "2026-12-01T10:00:00Z", "2026-12-01T10:00:00.000000Z"),
    ("1900-01-01", "1900-01-01", "1900-01-01T23:59:59.999999Z"),
    ("9998-12-31T23:59:59", "9998-12-31T23:59:59", "9998-12-31T23:59:59.000000Z"),
    ("", None, None),
    (None, None, None),
]


@pytest.mark.parametrize(("sent", "kept", "instant"), KINDS)
def test_a_date_is_answered_in_the_kind_that_was_sent(
    user: User, sent: str | None, kept: str | None, instant: str | None
):
    made = user.create(due_date=sent, start_date=sent)
    assert (made["due_date"], made["start_date"], made["due_at"]) == (kept, kept, instant)
    other = user.create(due_date="2020-01-01")
    changed = user.patch(f"{user.path}/{other['id']}", json={"due_date": sent}).json()
    assert (changed["due_date"], changed["due_at"]) == (kept, instant)
    assert user.tasks()[0] == changed == user.task(other["id"]).json()


BAD: list[Any] = [
    *("2026-02-30", "2027-02-29", "2026-13-01", "2026-00-10", "0000-01-01", "10000-01-01"),
    *("1899-12-31", "9999-01-01", "1900-01-01T00:00:00+14:00", "9998-12-31T23:59:59-00:01"),
    *("2026-11-30T24:00", "2026-11-30T23:60", "2026-11-30T23:59:60", "2026-11-30T09"),
    *("2026-11-30T09:00:00+99:99", "2026-11-30T09:00:00+0545", "2026-11-30Z", "20261130"),
    *("2026-1-1", "30.11.2026", "tomorrow", " 2026-11-30", "2026-11-30\x00", "\uff12026-11-30"),
    *(20261130, 1.5, True, [], {}, ["2026-11-30"], "x" * 10_000),
]


@pytest.mark.parametrize("name", ["due_date", "start_date"])
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad)[:30])
def test_what_is_no_date_is_refused(user: User, name: str, bad: Any):
    task = user.create()
    for refused in (
        user.post(user.path, json={"title": "Buy milk", name: bad}),
        user.patch(f"{user.path}/{task['id']}", json={name: bad}),
    ):
        assert refused.status_code == 422
        assert [(e["field"], e["code"]) for e in refused.json()["details"]] == [
            (name, "datetime_parsing")
        ]
    assert user.tasks() == [task]


@pytest.mark.parametrize("bad", ["Mars/Olympus", "europe/berlin", "+01:00", "EST5EDT4", 5, "\x00"])
def test_what_is_no_time_zone_is_refused(user: User, bad: Any):
    refused = user.post(user.path, json={"title": "Buy milk", "time_zone": bad})
    assert refused.status_code == 422
    (wrong,) = refused.json()["details"]
    assert (wrong["field"], wrong["code"]) == ("time_zone", "unknown_time_zone")


def test_a_zone_of_its_own_counts_before_that_of_the_user(user: User):
    user.patch(f"/api/{user.id}/settings", json={"time_zone": "Asia/Kathmandu"})
    assert user.create(due_date="2026-11-30")["due_at"] == "2026-11-30T18:14:59.999999Z"
    its_own = user.create(due_date="2026-11-30", time_zone="Pacific/Pago_Pago")
    assert its_own["due_at"] == "2026-12-01T10:59:59.999999Z"
    path = f"{user.path}/{its_own['id']}"
    back = user.patch(path, json={"time_zone": None}).json()
    assert back["due_at"] == "2026-11-30T18:14:59.999999Z"
    assert user.patch(path, json={"due_date": None}).json()["due_at"] is None


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("due", ["2020-02-29", "2999-12-31T09:00:00", "2020-02-29T09:00:00Z", None])
def test_an_echo_of_the_whole_answer_changes_nothing(user: User, method: str, due: str | None):
    task = user.create(due_date=due, start_date=due, time_zone="Europe/Dublin", tags=["home"])
    echoed = user.request(method, f"{user.path}/{task['id']}", json=task)
    assert (echoed.status_code, echoed.json()) == (200, task)
    derived = {"due_at": None, "overdue": "perhaps", "is_recurring": False}
    assert user.request(method, f"{user.path}/{task['id']}", json=derived).json() == task


def test_the_tag_of_an_overdue_task_has_the_word_and_conditions_look_at_its_number(user: User):
    task = user.create(due_date="2020-02-29")
    path = f"{user.path}/{task['id']}"
    assert task["overdue"] is True
    assert user.get(path).headers["ETag"] == '"1-overdue"'
    assert user.get(path, headers={"If-None-Match": '"1-overdue"'}).status_code == 304
    assert user.get(path, headers={"If-None-Match": '"1"'}).status_code == 200
    refused = user.patch(path, json={"title": "x"}, headers={"If-Match": '"2-overdue"'})
    assert (refused.status_code, refused.headers["ETag"]) == (412, '"1-overdue"')
    changed = user.patch(path, json={"title": "x"}, headers={"If-Match": '"1"'})
    assert changed.headers["ETag"] == '"2-overdue"'
    done = user.patch(f"{path}/complete", headers={"If-Match": changed.headers["ETag"]})
    assert (done.json()["overdue"], done.headers["ETag"]) == (False, '"3"')


def test_undo_and_the_trash_bring_dates_back(user: User):
    task = user.create(due_date="2026-11-30", time_zone="Europe/Dublin")
    path = f"{user.path}/{task['id']}"
    user.patch(path, json={"due_date": None, "time_zone": None})
    (entry, *_) = user.get(f"{path}/history").json()
    assert entry["changes"] == {
        "due_date": {"from": "2026-11-30", "to": None},
        "time_zone": {"from": "Europe/Dublin", "to": None},
    }
    user.post(f"/api/{user.id}/changes/{entry['number']}/undo")
    again = user.task(task["id"]).json()
    assert (again["due_date"], again["due_at"]) == (task["due_date"], task["due_at"])
    user.delete(path)
    (trashed,) = user.get(f"/api/{user.id}/trash").json()
    assert (trashed["due_at"], trashed["overdue"]) == (task["due_at"], False)
    restored = user.post(f"/api/{user.id}/trash/{task['id']}/restore").json()
    assert restored["due_at"] == task["due_at"]


def test_a_document_takes_dates_and_settings_along(user: User, stranger: User):
    user.patch(f"/api/{user.id}/settings", json={"time_zone": "Asia/Kathmandu"})
    task = user.create(due_date="2026-11-30", start_date="2026-11-28T09:00:00")
    document = user.get(f"/api/{user.id}/export").json()
    assert document["settings"]["time_zone"] == "Asia/Kathmandu"
    taken = stranger.post(f"/api/{stranger.id}/import", json=document)
    assert taken.status_code == 200, taken.text
    assert stranger.task(task["id"]).json() == {**task, "user_id": stranger.id}
    its = stranger.get(f"/api/{stranger.id}/settings").json()
    assert (its["time_zone"], its["version"]) == ("Asia/Kathmandu", 1)
    document["settings"]["time_zone"] = "UTC"
    stranger.post(f"/api/{stranger.id}/import", json=document)
    assert stranger.get(f"/api/{stranger.id}/settings").json() == its
    document["settings"]["time_zone"] = "Mars/Olympus"
    refused = stranger.post(f"/api/{stranger.id}/import", json=document)
    assert [each["field"] for each in refused.json()["details"]] == ["settings.time_zone"]
