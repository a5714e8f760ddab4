"""GET /api/auth/session."""

import re
from uuid import UUID

SESSION = "/api/auth/session"
INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def test_the_session_tells_who_is_signed_in_and_since_when(person):
    response = person.get(SESSION)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    session = response.json()
    assert session.keys() == {"id", "created_at", "expires_at", "user"}
    assert session["user"] == person.tokens["user"]
    assert UUID(session["id"]).version == 7
    assert re.fullmatch(INSTANT, session["created_at"])
    assert re.fullmatch(INSTANT, session["expires_at"])
    assert session["expires_at"] > session["created_at"]


def test_it_tells_what_the_account_is_now(person):
    assert person.change(name="Ada L.").status_code == 200
    assert person.get(SESSION).json()["user"]["name"] == "Ada L."


def test_nobody_has_no_session(new_person):
    response = new_person().get(SESSION)
    assert (response.status_code, response.json()["error"]) == (401, "unauthenticated")
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_stranger_sees_their_own(person, stranger):
    mine, theirs = person.get(SESSION).json(), stranger.get(SESSION).json()
    assert mine["id"] != theirs["id"]
    assert mine["user"]["id"] != theirs["user"]["id"]
    query = {"user_id": person.id, "id": mine["id"]}
    assert stranger.get(SESSION, params=query).json() == theirs
