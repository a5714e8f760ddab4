"""POST /api/auth/refresh."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import httpx
import pytest

from tests.api.auth.people import JSON, check_tokens, escaped
from tests.contract import check_response
from tests.databases import run
from todo_server.errors import UnavailableError
from todo_server.services import sessions

REFRESH = "/api/auth/refresh"

without_grace = pytest.mark.usefixtures("no_grace")


@without_grace
def test_refreshing_answers_the_next_pair_and_nothing_else(person):
    before = person.tokens
    response = person.try_to_refresh()
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    after = response.json()
    check_tokens(after, person.email)
    assert after["user"] == before["user"]
    assert after["refresh_token"] != before["refresh_token"]
    assert person.carry(after).has_access()


@without_grace
def test_no_access_token_is_needed(person, new_person):
    device = new_person()
    assert "Authorization" not in device.headers
    assert device.try_to_refresh(person.tokens["refresh_token"]).status_code == 200


@without_grace
def test_a_session_goes_on_over_many_refreshes_on_any_worker(person, new_person, other_worker):
    session = person.get("/api/auth/session").json()
    device = new_person(other_worker).carry(person.tokens)
    for _ in range(3):
        person.carry(device.refresh().tokens)
        device.carry(person.refresh().tokens)
    later = device.get("/api/auth/session").json()
    assert (later["id"], later["created_at"]) == (session["id"], session["created_at"])
    assert later["expires_at"] > session["expires_at"]


@without_grace
def test_an_access_token_goes_on_until_it_expires_though_the_pair_was_exchanged(person):
    old = person.tokens["access_token"]
    person.refresh()
    assert person.get("/api/me/tasks", headers={"Authorization": f"Bearer {old}"}).is_success


@without_grace
def test_a_replay_ends_the_session_for_everybody_who_has_a_token_of_it(person, new_person):
    first = person.tokens
    thief = new_person().carry(first)
    person.refresh().refresh()
    response = thief.try_to_refresh()
    assert (response.status_code, response.json()["error"]) == (401, "refresh_refused")
    for device in (person, thief):
        assert not device.has_access()
        assert device.try_to_refresh().status_code == 401


@without_grace
def test_a_replay_ends_the_session_that_a_thief_was_quicker_to_refresh(person, new_person):
    thief = new_person().carry(person.tokens).refresh()
    assert person.try_to_refresh().status_code == 401
    assert not thief.has_access()
    assert thief.try_to_refresh().status_code == 401


@without_grace
def test_a_replay_ends_no_other_session(person, new_person, stranger):
    phone = new_person().sign_in(person.email)
    person.refresh()
    assert person.try_to_refresh(None).status_code == 200
    first = phone.tokens["refresh_token"]
    phone.refresh()
    assert phone.try_to_refresh(first).status_code == 401
    assert not phone.has_access()
    assert person.has_access()
    assert stranger.has_access()
    assert stranger.try_to_refresh().status_code == 200


def test_of_twenty_refreshes_at_once_one_wins_and_its_tokens_work(
    person, server, other_worker, monkeypatch
):
    monkeypatch.setattr(sessions, "GRACE", timedelta(minutes=1))  # others run tests, too

    async def race() -> list[httpx.Response]:
        async with httpx.AsyncClient(timeout=30) as client:
            return await asyncio.gather(
                *(
                    client.post(
                        (server, other_worker)[number % 2].url + REFRESH,
                        json={"refresh_token": person.tokens["refresh_token"]},
                    )
                    for number in range(20)
                )
            )

    responses = asyncio.run(race())
    for response in responses:
        check_response(response)
    assert Counter(response.status_code for response in responses) == {200: 1, 401: 19}
    (winner,) = (response for response in responses if response.status_code == 200)
    assert person.carry(winner.json()).has_access()
    assert person.refresh().has_access()


def test_a_token_that_was_spent_a_moment_ago_is_refused_and_ends_nothing(person, new_person):
    """The second tab of a browser, or a client that never saw the answer."""
    tab = new_person().carry(person.tokens)
    person.refresh()
    response = tab.try_to_refresh()
    assert (response.status_code, response.json()["error"]) == (401, "refresh_refused")
    assert person.has_access()
    assert person.refresh().has_access()


def test_a_token_that_was_spent_longer_ago_than_the_grace_is_a_replay(person, database_url):
    person.refresh()
    earlier = "UPDATE refresh_token SET spent_at = spent_at - interval '2 s' WHERE user_id = $1"
    run(database_url, earlier, person.id)
    assert person.carry(person.tokens).has_access()
    person.refresh()
    run(database_url, earlier, person.id)
    first = person.tokens["refresh_token"]
    person.refresh()
    run(database_url, earlier, person.id)
    assert person.try_to_refresh(first).status_code == 401
    assert not person.has_access()


@without_grace
def test_a_session_that_expired_is_not_refreshed(person, new_person, database_url):
    phone = new_person().sign_in(person.email)
    session_id = person.get("/api/auth/session").json()["id"]
    run(
        database_url,
        "UPDATE session SET expires_at = now() WHERE user_id = $1 AND id = $2",
        person.id,
        session_id,
    )
    assert person.try_to_refresh().status_code == 401
    assert phone.refresh().has_access()


@without_grace
def test_a_session_lasts_thirty_days_from_its_last_refresh(person, database_url):
    lifetime = "SELECT expires_at - now() AS rest FROM session WHERE user_id = $1"
    whole = timedelta(days=30)
    for _ in range(2):
        (session,) = run(database_url, lifetime, person.id)
        assert whole - timedelta(minutes=2) < session["rest"] < whole + timedelta(minutes=2)
        soon = "UPDATE session SET expires_at = now() + interval '1 hour' WHERE user_id = $1"
        run(database_url, soon, person.id)
        person.refresh()


@without_grace
def test_expired_sessions_are_gone_with_the_next_sign_in(person, database_url):
    run(database_url, "UPDATE session SET expires_at = now() WHERE user_id = $1", person.id)
    person.sign_in()
    for table in ("session", "refresh_token"):
        count = f"SELECT count(*) FROM {table} WHERE user_id = $1"
        assert run(database_url, count, person.id)[0]["count"] == 1


@without_grace
def test_spent_tokens_are_forgotten_when_they_are_as_old_as_a_session_can_be(person, database_url):
    for _ in range(3):
        person.refresh()
    count = "SELECT count(*) FROM refresh_token WHERE user_id = $1"
    assert run(database_url, count, person.id)[0]["count"] == 4
    run(
        database_url,
        "UPDATE refresh_token SET spent_at = spent_at - interval '30 days' WHERE user_id = $1",
        person.id,
    )
    person.refresh()
    assert run(database_url, count, person.id)[0]["count"] == 2


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "x" * 43,
        f"{'0' * 32}.{'x' * 43}",
        f"{'0' * 32}.{'x' * 43}\n",
        ".",
        "\ud83d\ude00." + "x" * 43,
        "'; DROP TABLE session; --",
        "\N{KEY}",
        "\x00",
        "a" * 200,
    ],
)
def test_a_token_that_was_never_issued_is_refused(token, new_person):
    response = new_person().post(REFRESH, content=escaped({"refresh_token": token}), headers=JSON)
    assert (response.status_code, response.json()["error"]) == (401, "refresh_refused")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["", "a" * 201, "\ud800", None, 5, ["x"], {"$ne": None}])
def test_what_is_no_text_of_1_to_200_characters_is_422(token, new_person):
    response = new_person().post(REFRESH, content=escaped({"refresh_token": token}), headers=JSON)
    assert response.status_code == 422


def test_a_token_is_taken_from_the_body_alone(person):
    token = person.tokens["refresh_token"]
    for options in (
        {"params": {"refresh_token": token}},
        {"headers": {"Cookie": f"refresh_token={token}"}},
        {"headers": {"Authorization": f"Bearer {token}"}},
    ):
        assert person.post(REFRESH, json={}, **options).status_code == 422


@pytest.mark.parametrize("member", ["user_id", "session_id", "grant_type", "access_token"])
def test_nothing_else_can_be_sent(member, person, stranger):
    form = {"refresh_token": person.tokens["refresh_token"], member: stranger.id}
    assert person.post(REFRESH, json=form).status_code == 422


@without_grace
def test_neither_token_passes_for_the_other(person):
    assert person.try_to_refresh(person.tokens["access_token"][:200]).status_code == 401
    headers = {"Authorization": f"Bearer {person.tokens['refresh_token']}"}
    assert person.get("/api/me/tasks", headers=headers).status_code == 401
    assert person.has_access()
    assert person.refresh().has_access()


@without_grace
def test_nothing_is_lost_while_the_key_cannot_be_had(person, server, monkeypatch):
    """What fails does so before the token is spent."""
    keys = server.app.state.accounts.sessions.keys

    async def unavailable() -> None:
        raise UnavailableError

    with monkeypatch.context() as broken:
        broken.setattr(keys, "newest", unavailable)
        assert person.try_to_refresh().status_code == 503
    assert person.refresh().has_access()


def test_the_answers_instants_have_six_digits(person):
    session = person.get("/api/auth/session").json()
    for instant in (session["created_at"], session["expires_at"]):
        assert len(instant) == len("2026-11-20T22:00:39.813221Z")
        assert datetime.fromisoformat(instant)
