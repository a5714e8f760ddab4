"""PATCH /api/auth/account."""

import asyncio
from collections import Counter

import httpx
import pytest

from tests.api.auth.people import JSON, PASSWORD, TOKENS, USER, escaped, new_email
from tests.contract import check_response

ACCOUNT = "/api/auth/account"
NEW = "another horse battery"


def test_a_name_is_changed(person, stranger):
    response = person.change(name="  Ada L. ")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    account = response.json()
    assert account.keys() == USER
    assert account == {**person.tokens["user"], "name": "Ada L."}
    assert person.sign_in().tokens["user_name"] == "Ada L."
    assert stranger.get("/api/auth/session").json()["user"]["name"] == "Ada"


def test_an_address_is_changed_and_no_session_ends(person, new_person):
    old, new = person.email, new_email()
    response = person.change(email=new.upper())
    assert response.status_code == 200
    assert response.json() == {**person.tokens["user"], "email": new}
    assert person.has_access()
    assert new_person().try_to_sign_in(old).status_code == 401
    assert new_person().sign_in(new).id == person.id
    reuser = new_person()
    reuser.email = old
    assert reuser.sign_up().id != person.id


def test_a_new_password_ends_all_sessions_and_answers_the_tokens_of_a_new_one(
    person, new_person, stranger
):
    phone = new_person().sign_in(person.email)
    task = person.create()
    response = person.change(password=NEW)
    assert response.status_code == 200
    changed = response.json()
    assert changed.keys() == USER | TOKENS - {"user", "user_id", "user_name"}
    assert (changed["token_type"], changed["expires_in"]) == ("bearer", 900)
    for device in (person, phone):
        assert not device.has_access()
        assert device.try_to_refresh().status_code == 401
    device = new_person().carry(changed)
    assert device.get("/api/me/tasks").json() == [task]
    assert device.refresh().has_access()
    assert new_person().try_to_sign_in(person.email, PASSWORD).status_code == 401
    assert new_person().sign_in(person.email, NEW).has_access()
    assert stranger.has_access()
    assert stranger.try_to_sign_in().status_code == 200


def test_all_three_are_changed_at_once(person, new_person):
    new = new_email()
    response = person.change(name="Eve", email=new, password=NEW)
    assert response.status_code == 200
    assert (response.json()["name"], response.json()["email"]) == ("Eve", new)
    assert new_person().sign_in(new, NEW).tokens["user_name"] == "Eve"


def test_nothing_to_change_changes_nothing(person):
    response = person.change()
    assert response.status_code == 200
    assert response.json() == person.tokens["user"]
    assert person.change(email=person.email, name="Ada").json() == person.tokens["user"]
    assert person.has_access()


@pytest.mark.parametrize(
    "change", [{"name": "Eve"}, {"email": "eve@example.com"}, {"password": NEW}, {}], ids=str
)
def test_the_current_password_is_asked_for(change, person, new_person):
    response = person.patch(ACCOUNT, json=change)
    assert response.status_code == 422
    assert [d["field"] for d in response.json()["details"]] == ["current_password"]
    response = person.change("a wrong password", **change)
    assert response.status_code == 422
    details = response.json()["details"]
    assert [(d["field"], d["code"]) for d in details] == [("current_password", "wrong")]
    session = new_person().sign_in(person.email).get("/api/auth/session").json()
    assert session["user"] == person.tokens["user"]
    assert person.has_access()


def test_the_password_of_a_stranger_is_not_the_current_one(person, stranger):
    assert stranger.change(password=NEW).status_code == 200
    assert person.change(NEW, name="Eve").status_code == 422


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("password", "1a!b2c?"),
        ("password", "password123"),
        ("password", "x" * 1025),
        ("password", None),
        ("email", "nobody"),
        ("email", None),
        ("name", " "),
        ("name", "\ud800"),
        ("name", None),
        ("id", "someone"),
        ("user_id", "someone"),
        ("password_hash", "x"),
        ("created_at", "2020-01-01T00:00:00Z"),
        ("session_id", "x"),
    ],
)
def test_what_breaks_a_rule_changes_nothing(member, value, person):
    form = {"current_password": PASSWORD, "name": "Eve", member: value}
    response = person.patch(ACCOUNT, content=escaped(form), headers=JSON)
    assert response.status_code == 422
    assert [d["field"] for d in response.json()["details"]] == [member]
    assert person.get("/api/auth/session").json()["user"] == person.tokens["user"]


def test_a_taken_address_is_409_and_changes_nothing(person, stranger):
    response = person.change(email=stranger.email.upper(), name="Eve", password=NEW)
    assert (response.status_code, response.json()["error"]) == (409, "email_taken")
    assert person.has_access()
    assert person.sign_in().get("/api/auth/session").json()["user"] == person.tokens["user"]
    assert stranger.has_access()


def test_nobody_has_no_account(new_person, person):
    assert new_person().change(name="Eve").status_code == 401
    assert person.get("/api/auth/session").json()["user"]["name"] == "Ada"


def test_a_change_that_was_proven_by_a_password_of_before_is_refused(person, new_person, server):
    """Of two at once, the one that comes later proves nothing any more."""
    hasher = server.hasher

    async def race() -> list[httpx.Response]:
        headers = {"Authorization": person.headers["Authorization"]}
        async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:

            async def change(password: str) -> httpx.Response:
                form = {"current_password": PASSWORD, "password": password}
                response = await client.patch(ACCOUNT, json=form)
                check_response(response)
                return response

            changes = [asyncio.create_task(change(NEW + end)) for end in ("1", "2")]
            assert await asyncio.to_thread(hasher.busy.wait, 30)
            hasher.open.set()
            return list(await asyncio.gather(*changes))

    with hasher.closed():
        responses = asyncio.run(race())
    assert Counter(response.status_code for response in responses) == {200: 1, 401: 1}
    (number,) = (n for n, response in enumerate(responses, 1) if response.status_code == 200)
    assert new_person().sign_in(person.email, f"{NEW}{number}").has_access()
    assert new_person().carry(responses[number - 1].json()).has_access()


def test_a_sign_in_with_the_old_password_does_not_outlive_its_change(
    person, new_person, server, monkeypatch
):
    """It was right when it was verified, and the session would begin after all were ended."""
    attempts = server.app.state.accounts.attempts
    succeeded = attempts.succeeded
    phone = new_person()

    async def change_meanwhile(address: str, email: str) -> None:
        monkeypatch.setattr(attempts, "succeeded", succeeded)
        response = await asyncio.to_thread(person.change, password=NEW)
        assert response.status_code == 200
        await succeeded(address, email)

    monkeypatch.setattr(attempts, "succeeded", change_meanwhile)
    response = phone.try_to_sign_in(person.email, PASSWORD)
    assert (response.status_code, response.json()["error"]) == (401, "wrong_password")
