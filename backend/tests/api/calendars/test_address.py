"""The address of a calendar: made, made anew and ended by its owner, and good for nothing else."""

import re
import secrets

import pytest

from tests.api.auth.people import AccountServer, Person
from tests.api.calendars.reading import get, make
from tests.databases import run
from tests.everywhere import tables_with
from tests.server import User, nobody
from todo_server.domain import base64url

SECRET = re.compile(r"/api/calendar/([\w-]+)\.([\w-]{43})\.ics", re.ASCII)


def state(user: User) -> dict[str, object]:
    response = user.get(f"/api/{user.id}/calendar")
    assert response.headers["cache-control"] == "no-store"
    found: dict[str, object] = response.json()
    return found


def test_there_is_no_address_until_one_is_made(user):
    assert state(user) == {"active": False, "created_at": None, "read_on": None}


def test_an_address_is_answered_once_and_whole(user):
    response = user.post("/api/me/calendar")
    made = response.json()
    assert response.headers["cache-control"] == "no-store"
    parts = SECRET.fullmatch(made["path"])
    assert parts
    assert base64url.decode_canonical(parts[1]).decode() == user.id
    assert made["url"] == user.server.url + made["path"]
    assert get(user, made["url"]).status_code == 200
    known = {"active": True, "created_at": made["created_at"]}
    assert state(user) == known | {"read_on": made["created_at"][:10]}
    assert parts[2] not in user.get("/api/me/calendar").text


def test_the_address_names_the_host_that_was_asked(user):
    made = user.post("/api/me/calendar", headers={"Host": "todo.example.com:8080"}).json()
    assert made["url"] == f"http://todo.example.com:8080{made['path']}"


def test_the_day_on_which_it_was_read_is_told(user):
    path = make(user)
    assert state(user)["read_on"] is None
    get(user, path)
    assert state(user)["read_on"] == str(state(user)["created_at"])[:10]
    make(user)
    assert state(user)["read_on"] is None


def test_an_address_that_is_made_anew_ends_the_one_before_at_once(user):
    old = make(user)
    tag = get(user, old).headers["etag"]
    new = make(user)
    assert old != new
    assert get(user, new).status_code == 200
    for headers in ({}, {"If-None-Match": tag}):
        assert get(user, old, headers=headers).status_code == 404


def test_an_address_that_is_deleted_leads_nowhere_and_may_be_deleted_again(user):
    path = make(user)
    for _ in range(2):
        assert user.delete("/api/me/calendar").status_code == 204
        assert get(user, path).status_code == 404
        assert state(user)["active"] is False


def test_a_key_keeps_no_secret(user, database_url):
    """Another request, as if it had none: what is kept under a key would be the secret."""
    headers = {"Idempotency-Key": "once"}
    made = [user.post("/api/me/calendar", headers=headers) for _ in range(2)]
    assert [response.status_code for response in made] == [201, 201]
    paths = [response.json()["path"] for response in made]
    assert get(user, paths[0]).status_code == 404
    assert get(user, paths[1]).status_code == 200


def test_no_secret_stands_in_any_table(user, database_url):
    path = make(user)
    get(user, path)
    parts = SECRET.fullmatch(path)
    assert parts
    assert tables_with(database_url, parts[2]) == set()
    assert "calendar_address" in tables_with(database_url, user.id)


def hostile(path: str) -> list[str]:
    """Addresses that are nearly one."""
    parts = SECRET.fullmatch(path)
    assert parts
    owner, secret = parts.groups()
    other = "A" if secret[0] != "A" else "B"
    nobodys = base64url.encode(secrets.token_urlsafe(24).encode())
    # Of 43 characters the last one has four bits: others would be the same bytes.
    same_bytes = secret[:-1] + chr(ord(secret[-1]) + 1) if secret[-1].isalnum() else secret[:-1]
    texts = [
        f"{owner}.{other}{secret[1:]}",
        f"{owner}.{secret[:-1]}",
        f"{owner}.{secret}x",
        f"{owner}.{same_bytes}",
        f"{owner}.{secret.swapcase()}",
        f"{nobodys}.{secret}",
        f"{owner}=.{secret}",
        f"{owner}..{secret}",
        f".{secret}",
        secret,
        owner,
        f"{owner}%2E{secret}%00",
        f"%00{owner}.{secret}",
        f"{base64url.encode(b'a' + bytes(1))}.{secret}",
        f"{base64url.encode(bytes([255, 254]))}.{secret}",
        f"{base64url.encode(b'x' * 300)}.{secret}",
        f"{'A' * 3000}.{secret}",
        "' OR true --",
        "..%2F..%2Fme%2Ftasks",
        "{secret}",
    ]
    return [f"/api/calendar/{text}.ics" for text in texts]


def test_no_address_but_the_one_is_known_and_all_others_are_answered_alike(user):
    path = make(user)
    user.create("a secret")
    answers = set()
    with nobody(user.server) as client:
        for other in hostile(path):
            response = client.get(other)
            assert response.status_code == 404, other
            problem = response.json()
            del problem["request_id"], problem["instance"]
            answers.add((str(problem), tuple(sorted(response.headers))))
        assert len(answers) == 1
        assert "calendar_not_found" in answers.pop()[0]
        assert client.get(path).status_code == 200


def test_an_address_is_no_token_and_a_token_is_no_address(user, stranger):
    parts = SECRET.fullmatch(make(user))
    assert parts
    for token in (f"{parts[1]}.{parts[2]}", parts[2]):
        with nobody(user.server, headers={"Authorization": f"Bearer {token}"}) as client:
            assert client.get("/api/me/tasks").status_code == 401
    assert get(user, f"/api/calendar/{user.token}.ics").status_code == 404
    # Nor does it matter who else asks.
    assert stranger.get(f"/api/calendar/{parts[1]}.{parts[2]}.ics").status_code == 200


def test_the_calendar_of_another_cannot_be_made_looked_at_or_ended(user, stranger):
    path = make(user)
    for method in ("GET", "POST", "DELETE"):
        response = stranger.request(method, f"/api/{user.id}/calendar")
        assert response.status_code == 403
    assert stranger.delete("/api/me/calendar").status_code == 204
    assert get(user, path).status_code == 200
    assert state(stranger)["active"] is False


def test_a_calendar_shows_nothing_of_another_user(user, stranger):
    stranger.create("a secret")
    user.create("own")
    path, theirs = make(user), make(stranger)
    assert "SUMMARY:own" in get(user, path).text
    assert "a secret" not in get(user, path).text
    assert "own" not in get(user, theirs).text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_calendar_is_only_read(user, method):
    path = make(user)
    with nobody(user.server) as client:
        response = client.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_signing_out_and_a_new_password_do_not_end_a_calendar_and_the_account_does(database_url):
    with AccountServer(database_url) as server, Person(server) as person:
        person.sign_up()
        path = person.post("/api/me/calendar").json()["path"]
        with nobody(server) as client:
            person.carry(
                {**person.tokens, **person.change(password="another horse battery").json()}
            )
            person.post("/api/auth/sign-out", json={"everywhere": True})
            assert client.get(path).status_code == 200
            person.carry(person.try_to_sign_in(password="another horse battery").json())
            person.request(
                "DELETE",
                "/api/auth/account",
                json={"current_password": "another horse battery"},
            )
            assert client.get(path).status_code == 404
    owner = base64url.decode(path.split("/")[-1].partition(".")[0]).decode()
    assert run(database_url, "SELECT FROM calendar_address WHERE user_id = $1", owner) == []
