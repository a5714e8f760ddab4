"""What a calendar has, when it has changed, and what is asked of the database for it."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from tests.api.calendars.reading import components, get, make
from tests.databases import seed
from tests.server import User, nobody


def test_a_calendar_is_one_by_its_headers(user):
    response = get(user, make(user))
    headers = response.headers
    assert headers["content-type"] == "text/calendar; charset=utf-8"
    assert headers["cache-control"] == "private, no-cache"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_calendar_of_nobody_who_has_ever_done_anything_can_be_read(user):
    assert components(user, make(user)) == {}


def test_a_task_is_in_it_with_all_that_it_has(user):
    parent = user.create("Move house", priority="urgent", due_date="2026-12-01")
    user.create("Pack", parent_id=parent["id"], completed=True)
    user.create(
        "Clean; the rest, \\ too",
        parent_id=parent["id"],
        description="First line\nsecond line",
        tags=["home", "a;b"],
        category="chores",
        start_date="2026-11-29T09:00:00",
        due_date="2026-11-30T09:30:00",
        time_zone="Europe/Berlin",
        reminders=[{"minutes_before": 15}],
    )
    found = components(user, make(user))
    assert set(found) == {"Move house", "Pack", "Clean; the rest, \\ too"}
    whole, part, rest = (found[name] for name in ("Move house", "Pack", "Clean; the rest, \\ too"))
    assert str(whole["uid"]) == parent["id"]
    assert (whole["priority"], whole["percent-complete"]) == (1, 50)
    assert whole["due"].dt == date(2026, 12, 1)
    assert (str(part["status"]), part["percent-complete"]) == ("COMPLETED", 100)
    assert timedelta() <= datetime.now(UTC) - part["completed"].dt < timedelta(minutes=5)
    assert str(rest["description"]) == "First line\nsecond line"
    assert [str(each) for each in rest["categories"].cats] == ["home", "a;b", "chores"]
    assert str(rest["related-to"]) == parent["id"]
    assert rest["due"].dt.isoformat() == "2026-11-30T09:30:00+01:00"
    assert rest["dtstart"].dt.isoformat() == "2026-11-29T09:00:00+01:00"
    (alarm,) = rest.subcomponents
    assert alarm["trigger"].dt == timedelta(minutes=-15)


def test_events_are_what_has_a_due_date_and_is_not_done(user):
    user.create("without")
    user.create("done", due_date="2026-11-30", completed=True)
    task = user.create("day", due_date="2026-11-30")
    user.create("time", due_date="2026-11-30T09:30:00Z")
    found = components(user, make(user), **{"as": "events"})
    assert set(found) == {"day", "time"}
    assert {each.name for each in found.values()} == {"VEVENT"}
    assert found["day"]["dtstart"].dt == date(2026, 11, 30)
    assert found["time"]["dtstart"].dt == datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
    assert str(found["day"]["uid"]) == f"{task['id']}-event"


@pytest.mark.parametrize("word", ["", "Events", "todo", "tasks,events"])
def test_another_word_is_refused_whoever_asks(user, word):
    for path in (make(user), "/api/calendar/x.ics"):
        response = get(user, path, params={"as": word})
        assert response.status_code == 422
        assert response.json()["details"][0]["field"] == "as"


def test_what_is_deleted_is_not_in_it_and_what_is_restored_is(user):
    path, task = make(user), user.create("gone")
    user.delete(f"{user.path}/{task['id']}")
    assert components(user, path) == {}
    user.post(f"/api/me/trash/{task['id']}/restore")
    assert set(components(user, path)) == {"gone"}


def test_what_was_done_long_ago_is_not_in_it(user, database_url):
    path = make(user)
    for title, days in (("lately", 29), ("long ago", 32)):
        task = user.create(title, completed=True)
        done = "UPDATE task SET completed_at = now() - make_interval(days => $1) WHERE id = $2"
        seed(database_url, done, days, task["id"])
    assert set(components(user, path)) == {"lately"}


def test_a_local_time_floats_until_the_user_has_said_where_they_are(user):
    user.create("local", due_date="2026-11-30T09:00:00")
    path = make(user)
    before = get(user, path)
    assert "\r\nDUE:20261130T090000\r\n" in before.text
    assert user.patch("/api/me/settings", json={"time_zone": "Europe/Berlin"}).is_success
    after = get(user, path)
    assert "\r\nDUE;TZID=Europe/Berlin:20261130T090000\r\n" in after.text
    assert "\r\nX-WR-TIMEZONE:Europe/Berlin\r\n" in after.text
    assert after.headers["etag"] != before.headers["etag"]


def is_known(user: User, path: str, tag: str) -> httpx.Response:
    return get(user, path, headers={"If-None-Match": tag})


def test_a_calendar_that_has_not_changed_is_304_and_one_that_has_is_not(user):
    path = make(user)
    task = user.create()
    tag = get(user, path).headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        response = is_known(user, path, known)
        assert (response.status_code, response.headers["etag"]) == (304, tag)
        assert response.headers["cache-control"] == "private, no-cache"
        assert response.content == b""
    events = get(user, path, params={"as": "events"}).headers["etag"]
    assert events != tag
    own = f"{user.path}/{task['id']}"
    for method, at in (("PUT", own), ("PATCH", f"{own}/complete"), ("DELETE", own)):
        body = {"title": "Other"} if method == "PUT" else None
        assert user.request(method, at, json=body).is_success
        response = is_known(user, path, tag)
        assert response.status_code == 200
        assert response.headers["etag"] != tag
        tag = response.headers["etag"]


def test_what_is_no_condition_is_refused(user):
    assert is_known(user, make(user), "x").status_code == 422


def test_two_users_have_no_tag_in_common(user, stranger):
    tags = {get(each, make(each)).headers["etag"] for each in (user, stranger)}
    assert len(tags) == 2


def test_head_says_what_get_says(user):
    user.create()
    path = make(user)
    with nobody(user.server) as client:
        head, got = client.head(path), client.get(path)
        assert client.head("/api/calendar/x.ics").status_code == 404
    own = {"date", "x-request-id", "transfer-encoding"}
    assert head.content == b""
    for name in (set(head.headers) | set(got.headers)) - own:
        assert head.headers[name] == got.headers[name]


def test_a_calendar_of_many_tasks_is_whole(user, database_url):
    many = (
        "INSERT INTO task (user_id, id, title, completed, created_at, updated_at)"
        " SELECT $1, gen_random_uuid(), 'task ' || n, false, now(), now()"
        " FROM generate_series(1, 1001) AS n"
    )
    seed(database_url, many, user.id)
    assert set(components(user, make(user))) == {f"task {n}" for n in range(1, 1002)}
