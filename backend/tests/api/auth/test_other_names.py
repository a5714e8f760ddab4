"""The other names of operations on accounts: each answers as the operation does."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.auth.people import PASSWORD, Person, check_tokens, new_email
from todo_server.api.compatibility import OTHER_NAMES, PREFIX, operation_id_of
from todo_server.models.compatibility import CONFIRMATION, IGNORED, NAME

OWN = {"sign_up": "/sign-up", "sign_in": "/sign-in", "sign_out": "/sign-out"}
PAGE = (Path(__file__).parents[4] / "docs" / "compatibility.md").read_text()
FORM_TYPE = "application/x-www-form-urlencoded"


def names_of(*operations: str) -> Any:
    """The other names of these operations."""
    chosen = [(path, of) for path, of in OTHER_NAMES.items() if of in operations]
    return pytest.mark.parametrize(("path", "operation"), chosen, ids=[path for path, _ in chosen])


every_name = names_of(*OWN)
signing_up, signing_in = (
    pytest.mark.parametrize("path", [path for path, of in OTHER_NAMES.items() if of == operation])
    for operation in ("sign_up", "sign_in")
)


def form_of(person: Person, **others: object) -> dict[str, object]:
    return {"email": person.email, "name": "Ada", "password": PASSWORD, **others}


def said(response: httpx.Response) -> tuple[object, ...]:
    """What an answer says, but for what differs each time it is asked for."""
    members = {}
    if response.content:
        members = response.json()
        for name in ("instance", "request_id"):
            members.pop(name, None)
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in ("date", "x-request-id", "content-length", "retry-after")
    }
    return response.status_code, members, headers


def bodies_of(person: Person, operation: str) -> list[dict[str, Any]]:
    """Requests that are refused."""
    taken = form_of(person) if operation == "sign_up" else {"email": new_email(), "password": "x"}
    return [
        {"json": taken},
        {"json": {"password": PASSWORD}},
        {"json": {"email": "nobody", "password": PASSWORD}},
        {"json": {"email": person.email}},
        {"json": {**taken, "user_id": person.id}},
        {"json": {**taken, "is_admin": True}},
        {"json": {"email": 1, "password": True}},
        {"json": []},
        {"json": {**taken, "password": "x" * 1025}},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
        {"content": b"{}"},
        {"content": b" " * 16_385, "headers": {"Content-Type": "application/json"}},
        {},
    ]


@names_of("sign_up", "sign_in")
def test_what_the_operation_refuses_its_other_name_refuses_alike(path, operation, person):
    statuses = set()
    for body in bodies_of(person, operation):
        answers = [person.post(PREFIX + p, **body) for p in (OWN[operation], path)]
        own, other = map(said, answers)
        # Where no name is sent, only ours asks for one.
        if operation == "sign_up" and "name" not in body.get("json", {"name": ""}):
            own, other = own[:1], other[:1]
        assert own == other, body
        statuses.add(answers[1].status_code)
    refused = {"sign_up": 409, "sign_in": 401}[operation]
    assert statuses == {refused, 400, 413, 415, 422}


@names_of("sign_up", "sign_in")
def test_what_the_operation_answers_its_other_name_answers_alike(path, operation, new_person):
    person = new_person()
    if operation == "sign_in":
        person.sign_up()
        members = {"email": person.email, "password": PASSWORD}
    else:
        members = form_of(person)
    response = person.post(PREFIX + path, json=members)
    assert response.status_code == {"sign_up": 201, "sign_in": 200}[operation]
    assert response.headers["cache-control"] == "no-store"
    check_tokens(response.json(), person.email)
    assert person.carry(response.json()).has_access()
    assert person.sign_in().has_access()


@every_name
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_is_405_with_allow_as_at_the_operation(method, path, operation, person):
    for where in (OWN[operation], path):
        response = person.request(method, PREFIX + where)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")


@every_name
def test_a_name_is_in_the_document_as_the_operation_under_a_tag_and_an_id_of_its_own(
    path, operation, server
):
    paths = server.app.openapi()["paths"]
    own, other = paths[PREFIX + OWN[operation]]["post"], paths[PREFIX + path]["post"]
    assert other["tags"] == ["compatibility"]
    assert other["operationId"] == operation_id_of(path)
    assert other["responses"].keys() == own["responses"].keys()
    assert other["security"] == own["security"]
    assert own["tags"] == ["accounts"]


def test_the_page_has_every_name_and_every_member_that_is_known():
    for path in (*OTHER_NAMES, "/me"):
        assert f"`{PREFIX}{path}`" in PAGE, path
    ignored = (name for names in IGNORED.values() for name in names)
    for member in {*NAME, *CONFIRMATION, *ignored}:
        assert f"`{member}`" in PAGE, member


# What front ends send


@signing_in
@pytest.mark.parametrize(
    "others",
    [
        {"rememberMe": True, "callbackURL": "/dashboard"},
        {"rememberMe": None},
        {key: {"any": ["thing"]} for key in IGNORED["sign_in"]},
        {"username": "Ada"},
        {"username": None},
    ],
    ids=str,
)
def test_members_that_are_known_to_be_sent_at_signing_in_change_nothing(others, path, person):
    members = {"email": person.email, "password": PASSWORD, **others}
    response = person.post(PREFIX + path, json=members)
    assert response.status_code == 200
    check_tokens(response.json(), person.email)


@signing_in
@pytest.mark.parametrize("email", [{}, {"email": None}, {"email": ""}], ids=str)
def test_the_address_may_be_called_username(email, path, person):
    members = {**email, "username": person.email.upper(), "password": PASSWORD}
    assert person.post(PREFIX + path, json=members).status_code == 200


@signing_in
@pytest.mark.parametrize("multipart", [False, True], ids=["urlencoded", "multipart"])
def test_a_form_signs_in_as_json_does(multipart, path, person, new_person):
    form = {"grant_type": "password", "username": person.email, "password": PASSWORD, "scope": ""}
    for members, status in ((form, 200), (form | {"password": "wrong"}, 401)):
        parts = {name: (None, value) for name, value in members.items()}
        sent: dict[str, Any] = {"files": parts} if multipart else {"data": members}
        response = new_person().post(PREFIX + path, **sent)
        assert response.status_code == status
    assert person.post(PREFIX + path, data={"username": person.email}).status_code == 422
    assert person.post(PREFIX + path, data=form | {"is_admin": "true"}).status_code == 422


@signing_in
def test_a_file_in_a_form_is_no_password(path, person):
    parts = {"username": (None, person.email), "password": ("name", PASSWORD.encode())}
    response = person.post(PREFIX + path, files=parts)
    assert response.status_code == 422
    assert [detail["field"] for detail in response.json()["details"]] == ["password"]


@signing_in
@pytest.mark.parametrize("body", [b"", b"&", b"=", b"%ff=%fe", b"\xff" * 100, b"a=1&a=2"])
def test_a_form_of_nothing_that_is_known_is_422(body, path, person):
    headers = {"Content-Type": FORM_TYPE}
    assert person.post(PREFIX + path, content=body, headers=headers).status_code == 422


@signing_in
def test_a_broken_multipart_form_is_refused(path, person):
    for boundary in ("", "; boundary=", "; boundary=x"):
        headers = {"Content-Type": f"multipart/form-data{boundary}"}
        response = person.post(PREFIX + path, content=b"--y\r\n", headers=headers)
        assert response.status_code in (400, 422)


@signing_up
@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"name": "Ada"}, "Ada"),
        ({"full_name": "Ada"}, "Ada"),
        ({"fullName": "Ada"}, "Ada"),
        ({"username": "Ada"}, "Ada"),
        ({"name": "Ada", "full_name": "Eve", "username": "eve"}, "Ada"),
        ({"name": "", "full_name": None, "username": "Ada"}, "Ada"),
        ({"name": "Ada", "image": None, "callbackURL": "/dashboard"}, "Ada"),
        ({"name": "Ada", **{key: [1] for key in IGNORED["sign_up"]}}, "Ada"),
        ({}, None),
        ({"name": ""}, None),
        ({"name": "  ", "username": None}, None),
    ],
    ids=str,
)
def test_a_name_is_taken_from_where_front_ends_write_it(members, name, path, new_person):
    person = new_person()
    form = {"email": person.email, "password": PASSWORD, **members}
    response = person.post(PREFIX + path, json=form)
    assert response.status_code == 201
    check_tokens(response.json(), person.email, name or person.email.partition("@")[0])


@signing_up
@pytest.mark.parametrize("members", [{"name": 1}, {"full_name": ["Ada"]}, {"username": "x" * 201}])
def test_what_is_no_name_is_422_and_names_the_member_that_it_stands_for(members, path, new_person):
    form = {"email": new_email(), "password": PASSWORD, **members}
    response = new_person().post(PREFIX + path, json=form)
    assert response.status_code == 422
    assert [detail["field"] for detail in response.json()["details"]] == ["name"]


@signing_up
@pytest.mark.parametrize("member", CONFIRMATION)
def test_a_password_that_is_confirmed_by_another_one_is_422(member, path, new_person):
    someone = new_person()
    for other in (PASSWORD + " ", "", 7):
        response = someone.post(PREFIX + path, json=form_of(someone, **{member: other}))
        assert [(each["field"], each["code"]) for each in response.json()["details"]] == [
            (member, "inconsistent")
        ]
    confirmed = form_of(someone, **{member: PASSWORD}) | {"confirmPassword": PASSWORD}
    assert someone.post(PREFIX + path, json=confirmed).status_code == 201


@pytest.mark.parametrize("member", ["username", *IGNORED["sign_in"]])
def test_our_own_path_to_sign_in_stays_strict(member, person):
    members = {"email": person.email, "password": PASSWORD, member: "x"}
    assert person.post("/api/auth/sign-in", json=members).status_code == 422


@pytest.mark.parametrize("member", [*NAME[1:], *CONFIRMATION, *IGNORED["sign_up"]])
def test_our_own_path_to_sign_up_stays_strict(member, new_person):
    person = new_person()
    response = person.post("/api/auth/sign-up", json=form_of(person, **{member: "x"}))
    assert response.status_code == 422


# Signing out, and who is signed in


@names_of("sign_out")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"json": {}},
        {"headers": {"Content-Type": "application/json"}},
        {"json": {"everywhere": False}},
        {"json": dict.fromkeys(IGNORED["sign_out"], "x")},
    ],
    ids=str,
)
def test_logging_out_ends_this_session_and_no_other(options, path, operation, person, new_person):
    phone = new_person().sign_in(person.email)
    response = person.post(PREFIX + path, **options)
    assert (response.status_code, response.content) == (204, b"")
    assert not person.has_access()
    assert person.try_to_refresh().status_code == 401
    assert phone.has_access()
    assert person.post(PREFIX + path, **options).status_code == 401


@names_of("sign_out")
def test_logging_out_everywhere_ends_all_sessions(path, operation, person, new_person):
    phone = new_person().sign_in(person.email)
    assert person.post(PREFIX + path, json={"everywhere": True}).status_code == 204
    assert not phone.has_access()


@names_of("sign_out")
def test_the_tokens_of_another_in_the_body_end_nothing_of_theirs(path, operation, person, stranger):
    """They are ignored: the session that ends is that of the access token."""
    for member in IGNORED["sign_out"]:
        for token in (person.tokens["refresh_token"], person.tokens["access_token"]):
            assert stranger.sign_in().post(PREFIX + path, json={member: token}).status_code == 204
            assert not stranger.has_access()
    assert person.has_access()
    assert person.try_to_refresh().status_code == 200


@names_of("sign_out")
@pytest.mark.parametrize("body", [{"everywhere": "true"}, {"user_id": "x"}, {"session_id": "x"}])
def test_a_body_that_breaks_a_rule_logs_nobody_out(body, path, operation, person):
    assert person.post(PREFIX + path, json=body).status_code == 422
    assert person.post(PREFIX + path, data={"everywhere": "true"}).status_code == 415
    assert person.has_access()


def test_me_is_the_user_of_the_session_as_they_are_now(person, stranger):
    assert person.get("/api/auth/me").json() == person.tokens["user"]
    assert person.change(name="Ada L.").status_code == 200
    response = person.get("/api/auth/me", params={"user_id": stranger.id})
    assert response.json() == person.get("/api/auth/session").json()["user"]
    assert response.json()["name"] == "Ada L."
    assert response.headers["cache-control"] == "no-store"
    assert stranger.get("/api/auth/me").json()["id"] == stranger.id
    head = person.head("/api/auth/me")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == response.headers["content-length"]


def test_me_is_nobody_without_a_session(person, new_person):
    assert new_person().get("/api/auth/me").status_code == 401
    assert person.post("/api/auth/logout").status_code == 204
    assert person.get("/api/auth/me").status_code == 401
    assert person.post("/api/auth/me").headers["allow"] == "GET, HEAD"
