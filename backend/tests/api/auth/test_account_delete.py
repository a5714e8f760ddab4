"""DELETE /api/auth/account."""

import asyncio
import json
import uuid

import pytest
from sqlmodel import SQLModel

from tests.api.auth.people import PASSWORD
from tests.databases import run
from tests.everywhere import tables_with
from tests.notified import tell

ACCOUNT = "/api/auth/account"
HARMLESS = {"upkeep": "says that somebody's rows are to be looked after, and is gone once none are"}
"""Where an id that nobody can have again may stay for a while."""

OWNED = sorted(name for name, table in SQLModel.metadata.tables.items() if "user_id" in table.c)


def rows_of(database_url: str, user_id: str) -> dict[str, list[dict[str, object]]]:
    """Everything that belongs to a user, whatever tables there are."""
    found = {}
    for table in OWNED:
        query = f"SELECT to_jsonb({table})::text AS row FROM {table} WHERE user_id = $1 ORDER BY 1"
        found[table] = [json.loads(record["row"]) for record in run(database_url, query, user_id)]
    return found


def live(person, new_person) -> None:
    """Leave something in every table."""
    person.post("/api/me/tasks", json={"title": "new"}, headers={"Idempotency-Key": "once"})
    person.patch(f"/api/me/tasks/{person.create()['id']}/complete")
    person.delete(f"/api/me/tasks/{person.create()['id']}")
    project = person.post("/api/me/projects", json={"name": "new"}).json()
    person.post("/api/me/tasks", json={"title": "x", "project_id": project["id"], "tags": ["new"]})
    person.post("/api/me/filters", json={"name": "new", "query": {}})
    reminded = {"title": "x", "due_date": "2030-01-01", "reminders": [{"minutes_before": 5}]}
    assert person.post("/api/me/tasks", json=reminded).is_success
    assert person.patch("/api/me/settings", json={"time_zone": "Asia/Kathmandu"}).is_success
    hook = {"url": "https://example.com/hook", "events": ["reminders", "changes"]}
    webhook = person.post("/api/me/webhooks", json=hook).json()
    person.post(f"/api/me/webhooks/{webhook['id']}/test")
    assert person.post("/api/me/calendar").is_success
    person.create()  # which the webhook is to be told of
    person.refresh()
    new_person().sign_in(person.email)


@pytest.mark.usefixtures("no_grace")
def test_nothing_of_the_user_is_left_in_any_table_and_nobody_elses_is_touched(
    person, stranger, new_person, database_url
):
    for each in (person, stranger):
        live(each, new_person)
        tell(database_url, each.id)
    kept = rows_of(database_url, stranger.id)
    for whose in (kept, rows_of(database_url, person.id)):
        empty = [table for table in OWNED if not whose[table]]
        assert empty == [], "let `live` leave something in every table"
    response = person.leave()
    assert (response.status_code, response.content) == (204, b"")
    assert rows_of(database_url, person.id) == {table: [] for table in OWNED}
    assert tables_with(database_url, person.id) <= HARMLESS.keys()
    assert tables_with(database_url, person.email) == set()
    assert rows_of(database_url, stranger.id) == kept
    assert stranger.has_access()


def test_what_was_in_the_trash_of_an_account_is_in_no_table_after_its_end(person, database_url):
    secret = f"secret-{uuid.uuid4().hex}"
    for title in (secret, "new"):
        task = f"/api/me/tasks/{person.create(secret)['id']}"
        assert person.put(task, json={"title": title}).status_code == 200
        assert person.delete(task).status_code == 204
    assert tables_with(database_url, secret) == {"task", "change"}
    assert person.leave().status_code == 204
    assert tables_with(database_url, secret) == set()


def test_an_account_of_very_much_is_deleted_in_statements_that_take_no_time(person, database_url):
    many = """
    INSERT INTO my_task (user_id, id, title, completed, created_at, updated_at, deleted_at)
    SELECT user_id, gen_random_uuid(), n, false, now(), now(),
           CASE WHEN n % 3 = 0 THEN now() END
    FROM generate_series(1, 12000) AS n, set_config('app.user_id', $1, true) AS user_id
    """
    run(database_url, many, person.id)
    assert person.leave().status_code == 204
    assert rows_of(database_url, person.id) == {table: [] for table in OWNED}


def test_who_has_left_is_nobody(person, new_person):
    phone = new_person().sign_in(person.email)
    assert person.leave().status_code == 204
    for device in (person, phone):
        assert not device.has_access()
        assert device.try_to_refresh().status_code == 401
        assert device.leave().status_code == 401
        assert device.try_to_sign_in(person.email).status_code == 401


def test_who_comes_again_is_somebody_else(person, new_person):
    person.create()
    old = dict(person.tokens)
    assert person.leave().status_code == 204
    person.sign_up()
    assert person.id != old["user_id"]
    assert person.get("/api/me/tasks").json() == []
    assert not new_person().carry(old).has_access()


@pytest.mark.parametrize(
    "form",
    [
        None,
        {},
        {"current_password": None},
        {"current_password": ""},
        {"current_password": "a wrong password"},
        {"current_password": "x" * 1025},
        {"current_password": PASSWORD, "user_id": "someone"},
        {"password": PASSWORD},
    ],
    ids=str,
)
def test_nothing_is_deleted_without_the_current_password(form, person):
    task = person.create()
    response = person.request("DELETE", ACCOUNT, json=form)
    assert response.status_code == 422
    assert person.get("/api/me/tasks").json() == [task]
    assert person.try_to_sign_in().status_code == 200


def test_nobody_deletes_nothing(person, new_person):
    assert new_person().leave().status_code == 401
    assert person.has_access()


def test_a_strangers_password_deletes_nothing(person, stranger):
    stranger.password = "a password of their own"
    assert stranger.change(PASSWORD, password=stranger.password).status_code == 200
    assert person.leave(stranger.password).status_code == 422
    assert person.has_access()


@pytest.mark.parametrize("verb", ["change", "leave", "try_to_sign_in"])
def test_an_account_that_is_deleted_meanwhile_is_not_there_any_more(
    verb, person, new_person, server, monkeypatch
):
    """After the password was found right, and before it is of use."""
    attempts = server.app.state.accounts.attempts
    succeeded = attempts.succeeded
    phone = new_person().sign_in(person.email)

    async def leave_meanwhile(address: str, email: str) -> None:
        monkeypatch.setattr(attempts, "succeeded", succeeded)
        response = await asyncio.to_thread(phone.leave)
        assert response.status_code == 204
        await succeeded(address, email)

    monkeypatch.setattr(attempts, "succeeded", leave_meanwhile)
    assert getattr(person, verb)().status_code == 401


@pytest.mark.usefixtures("no_grace")
def test_a_refresh_while_the_account_is_deleted_is_refused(person, server, new_person, monkeypatch):
    phone = new_person().sign_in(person.email)
    keys = server.app.state.accounts.sessions.keys
    newest = keys.newest

    async def leave_meanwhile():
        monkeypatch.setattr(keys, "newest", newest)
        response = await asyncio.to_thread(phone.leave)
        assert response.status_code == 204
        return await newest()

    monkeypatch.setattr(keys, "newest", leave_meanwhile)
    assert person.try_to_refresh().status_code == 401
