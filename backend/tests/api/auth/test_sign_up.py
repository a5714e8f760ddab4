"""POST /api/auth/sign-up."""

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.api.auth.people import JSON, PASSWORD, Person, check_tokens, escaped, new_email
from tests.contract import check_response
from tests.databases import run

SIGN_UP = "/api/auth/sign-up"
WELCOME = {
    "64 characters": "x" * 32 + "yz" * 16,
    "1,024 characters": "long " * 204 + "last",
    "64 of all scripts": "пароль-密碼-كلمة-सिद्ध-\N{KEY}\N{SMILING FACE WITH HALO} " * 3,
    "spaces": "a b c d e f g h",
    "a control character": "eight\x07\x08 bells",
    "U+0000": "before\x00after",
    "emoji with joiners": "\N{MAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}" * 8,
}
REFUSED = {
    "seven characters": ("1a!b2c?", "too_short"),
    "nothing": ("", "string_too_short"),
    "one of the first that are guessed": ("password123", "common"),
    "the same in capitals": ("PASSWORD123", "common"),
    "the same in full width": ("".join(chr(ord(c) + 0xFEE0) for c in "password123"), "common"),
    "four times two characters that are one": ("e\N{COMBINING ACUTE ACCENT}" * 4, "too_short"),
    "1,025 characters": ("x" * 1025, "string_too_long"),
    "16,000 characters": ("x" * 16_000, "string_too_long"),
    "a lone surrogate": ("\ud800 is no text", "string_unicode"),
    "a number": (12345678, "string_type"),
    "null": (None, "string_type"),
    "a list": (["correct horse battery"], "string_type"),
}


def test_signing_up_answers_the_tokens_and_the_account_and_nothing_else(new_person):
    person = new_person()
    before = datetime.now(UTC)
    response = person.post(
        SIGN_UP, json={"email": person.email, "name": " Ada ", "password": PASSWORD}
    )
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    tokens = response.json()
    check_tokens(tokens, person.email)
    assert re.fullmatch(r"[0-9a-f]{32}", tokens["user_id"])
    assert re.fullmatch(rf"{tokens['user_id']}\.[\w-]{{43}}", tokens["refresh_token"])
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]{86}", tokens["access_token"])
    created_at = tokens["user"]["created_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", created_at)
    assert abs(datetime.fromisoformat(created_at) - before) < timedelta(minutes=1)


def test_who_has_just_signed_up_is_signed_in(new_person):
    person = new_person().sign_up()
    task = person.create()
    assert person.get(f"/api/{person.id}/tasks").json() == [task]
    assert task["user_id"] == person.id


@pytest.mark.parametrize("password", WELCOME.values(), ids=list(WELCOME))
def test_a_password_may_be_anything_that_is_long_enough(password, new_person):
    person = new_person()
    person.password = password
    person.sign_up().sign_in()
    assert person.try_to_sign_in(password=password + "!"[: 1024 - len(password)]).status_code == (
        401 if len(password) < 1024 else 200
    )


@pytest.mark.parametrize(("password", "code"), REFUSED.values(), ids=list(REFUSED))
def test_a_password_is_refused_if_it_is(password, code, new_person, server):
    person = new_person()
    hashed = server.hasher.verified
    form = {"email": person.email, "name": "Ada", "password": password}
    response = person.post(SIGN_UP, content=escaped(form), headers=JSON)
    assert response.status_code == 422
    problem = response.json()
    assert [(d["field"], d["code"]) for d in problem["details"]] == [("password", code)]
    assert str(password) not in response.text or password in ("", None)
    assert server.hasher.verified == hashed
    assert person.try_to_sign_in(password="another password").status_code == 401


def test_a_password_of_more_than_a_megabyte_is_refused_unread(new_person):
    person = new_person()
    form = {"email": person.email, "name": "Ada", "password": "x" * 2**20}
    assert person.post(SIGN_UP, json=form).status_code == 413


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *(
            ("email", value)
            for value in ("", "x", "ada", "@example.com", "ada@", "a@b@c.d", "a b@c")
        ),
        *(("email", value) for value in (f"{'x' * 65}@example.com", f"ada@{'x' * 251}", None, 5)),
        *(("email", f"a{c}da@example.com") for c in "\x00\u200b\u2060\xad\t\n\ud800"),
        *(
            ("name", value)
            for value in ("", "   ", "\u200b", "x" * 201, "\x00x", "\ud800", None, 5)
        ),
    ],
)
def test_an_address_or_name_is_refused_that_nobody_could_read(member, value, new_person):
    person = new_person()
    form = {"email": person.email, "name": "Ada", "password": PASSWORD, member: value}
    response = person.post(SIGN_UP, content=escaped(form), headers=JSON)
    assert response.status_code == 422
    assert [d["field"] for d in response.json()["details"]] == [member]


def test_a_name_that_cannot_be_stored_is_refused_for_that(new_person):
    person = new_person()
    form = {"email": person.email, "name": "\x00x", "password": PASSWORD}
    response = person.post(SIGN_UP, content=escaped(form), headers=JSON)
    assert [d["code"] for d in response.json()["details"]] == ["nul_character"]


@pytest.mark.parametrize("member", ["email", "name", "password"])
def test_every_member_is_needed(member, new_person):
    person = new_person()
    form = {"email": person.email, "name": "Ada", "password": PASSWORD}
    del form[member]
    response = person.post(SIGN_UP, json=form)
    assert response.status_code == 422
    assert [(d["field"], d["code"]) for d in response.json()["details"]] == [(member, "missing")]


@pytest.mark.parametrize(
    "member",
    ["id", "user_id", "password_hash", "created_at", "session_id", "is_admin", "email_verified"],
)
def test_nothing_else_can_be_assigned(member, new_person, stranger):
    person = new_person()
    form = {"email": person.email, "name": "Ada", "password": PASSWORD, member: stranger.id}
    response = person.post(SIGN_UP, json=form)
    assert response.status_code == 422
    assert [(d["field"], d["code"]) for d in response.json()["details"]] == [
        (member, "extra_forbidden")
    ]
    assert person.try_to_sign_in().status_code == 401


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"5"])
def test_a_body_that_is_no_object_is_422(body, new_person):
    assert new_person().post(SIGN_UP, content=body, headers=JSON).status_code == 422


def test_a_body_that_is_no_json_is_400_and_a_form_is_415(new_person):
    person = new_person()
    assert person.post(SIGN_UP, content=b"{", headers=JSON).status_code == 400
    assert person.post(SIGN_UP, data={"email": person.email}).status_code == 415


SAME = {
    "in capitals": lambda email: email.upper(),
    "with spaces around": lambda email: f" {email}\u3000",
    "in full width": lambda email: email.replace("@", "\N{FULLWIDTH COMMERCIAL AT}"),
    "in a mixture": lambda email: email.title(),
}


@pytest.mark.parametrize("write", SAME.values(), ids=list(SAME))
def test_one_address_is_one_account_however_it_is_written(write, new_person):
    person = new_person()
    person.sign_up(email=write(person.email))
    assert person.tokens["user"]["email"] == person.email
    other = new_person()
    again = {"email": person.email, "name": "Eve", "password": "another password"}
    response = other.post(SIGN_UP, json=again)
    assert (response.status_code, response.json()["error"]) == (409, "email_taken")
    assert other.sign_in(write(person.email)).id == person.id


def test_a_taken_address_changes_nothing_of_the_account(person, new_person):
    other = new_person()
    form = {"email": person.email, "name": "Eve", "password": "another password"}
    assert other.post(SIGN_UP, json=form).status_code == 409
    assert other.try_to_sign_in(person.email, "another password").status_code == 401
    assert person.get("/api/auth/session").json()["user"]["name"] == "Ada"
    assert other.sign_in(person.email).id == person.id


def test_a_taken_address_costs_as_many_hashes_as_a_free_one(
    person, new_person, server, monkeypatch
):
    hashed = []
    hash_ = server.hasher.hash

    def counting(password: str) -> str:
        hashed.append(password)
        return str(hash_(password))

    monkeypatch.setattr(server.hasher, "hash", counting)
    for email, status in ((new_email(), 201), (person.email, 409)):
        form = {"email": email, "name": "Eve", "password": PASSWORD}
        assert new_person().post(SIGN_UP, json=form).status_code == status
        assert hashed.pop() == PASSWORD
        assert not hashed


def test_of_twenty_people_who_take_one_address_at_once_one_gets_it(
    server, other_worker, database_url
):
    email = new_email()

    async def race() -> list[httpx.Response]:
        async with httpx.AsyncClient(timeout=30) as client:
            return await asyncio.gather(
                *(
                    client.post(
                        (server, other_worker)[number % 2].url + SIGN_UP,
                        json={"email": email, "name": str(number), "password": PASSWORD},
                    )
                    for number in range(20)
                )
            )

    responses = asyncio.run(race())
    for response in responses:
        check_response(response)
    assert Counter(response.status_code for response in responses) == {201: 1, 409: 19}
    (winner,) = (response.json() for response in responses if response.status_code == 201)
    with Person(other_worker, token=winner["access_token"]) as person:
        assert person.has_access()
    accounts = run(database_url, "SELECT user_id, name FROM account WHERE email = $1", email)
    assert [tuple(account) for account in accounts] == [(winner["user_id"], winner["user_name"])]
