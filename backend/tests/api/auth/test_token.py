"""POST /api/auth/token: OAuth2's password form (RFC 6749, section 4.3), for Swagger UI."""

import pytest

from tests.api.auth.people import PASSWORD, check_tokens, new_email

TOKEN = "/api/auth/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def form_of(person, **others: str) -> dict[str, str]:
    return {"username": person.email, "password": person.password, **others}


@pytest.mark.parametrize(
    "others",
    [
        {"grant_type": "password"},
        {},
        # What Swagger UI sends.
        {"grant_type": "password", "scope": "", "client_id": "", "client_secret": ""},
    ],
    ids=["with grant_type", "without", "as Swagger UI does"],
)
def test_the_form_answers_the_same_as_signing_in(others, person, new_person):
    response = new_person().post(TOKEN, data=form_of(person, **others))
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    check_tokens(response.json(), person.email)
    assert new_person().carry(response.json()).has_access()


def test_swagger_ui_finds_the_form(person):
    document = person.get("/openapi.json").json()
    flow = document["components"]["securitySchemes"]["password"]["flows"]["password"]
    assert person.get("/docs").status_code == 200
    # Relative to the page, so that it is right behind a path of a proxy, too.
    response = person.post(f"/{flow['tokenUrl']}", data=form_of(person, grant_type="password"))
    assert response.status_code == 200
    assert {"password": []} in document["paths"]["/api/{user_id}/tasks"]["get"]["security"]


def test_a_header_beside_the_form_changes_nothing(person, new_person):
    """Swagger UI may send the client's credentials in a header."""
    response = new_person().post(TOKEN, data=form_of(person), auth=("client", "secret"))
    assert response.status_code == 200


def test_the_form_may_be_multipart(person, new_person):
    parts = {name: (None, value) for name, value in form_of(person).items()}
    assert new_person().post(TOKEN, files=parts).status_code == 200


def test_characters_of_all_kinds_arrive(new_person):
    person = new_person()
    person.password = "пароль+100% & more=密碼 ½"
    person.sign_up()
    assert new_person().post(TOKEN, data=form_of(person)).status_code == 200
    person.password = "100 ﬁxed ideas"
    person.email = new_email()
    person.sign_up()
    form = form_of(person, password="100 fixed ideas", username=person.email.upper())
    assert new_person().post(TOKEN, data=form).status_code == 200


def test_an_unknown_address_and_a_wrong_password_are_refused_alike(person, new_person):
    problems = []
    for form in (form_of(person, password="wrong password"), form_of(person, username=new_email())):
        response = new_person().post(TOKEN, data=form)
        assert response.status_code == 401
        problems.append({k: v for k, v in response.json().items() if k != "request_id"})
    assert problems[0] == problems[1]
    assert problems[0]["error"] == "wrong_password"


@pytest.mark.parametrize(
    ("others", "field"),
    [
        ({"username": None}, "username"),
        ({"password": None}, "password"),
        ({"grant_type": "authorization_code"}, "grant_type"),
        ({"username": "nobody"}, "email"),
        ({"username": "x" * 255}, "username"),
        ({"username": "a\x00da@example.com"}, "email"),
        ({"password": "x" * 1025}, "password"),
        ({"password": ""}, "password"),
    ],
)
def test_a_form_that_breaks_a_rule_is_422_and_no_guess(others, field, person, server):
    before = server.hasher.verified
    form = {name: value for name, value in form_of(person, **others).items() if value is not None}
    response = person.post(TOKEN, data=form)
    assert response.status_code == 422
    assert [d["field"] for d in response.json()["details"]] == [field]
    assert server.hasher.verified == before


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "text/plain", "application/octet-stream", "multipart/mixed", "", "form"],
)
def test_what_is_no_form_is_415(media_type, person):
    content = f"username={person.email}&password={PASSWORD}"
    response = person.post(TOKEN, content=content, headers={"Content-Type": media_type})
    assert response.status_code == 415
    assert "application/x-www-form-urlencoded" in response.json()["detail"]


def test_a_compressed_form_is_415(person):
    response = person.post(TOKEN, content=b"\x1f\x8b", headers={**FORM, "Content-Encoding": "gzip"})
    assert response.status_code == 415


def test_a_type_may_be_written_in_any_case_and_with_parameters(person):
    headers = {"Content-Type": "Application/X-WWW-Form-URLEncoded; charset=UTF-8"}
    content = f"username={person.email}&password={PASSWORD}"
    assert person.post(TOKEN, content=content, headers=headers).status_code == 200


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in chunks"])
@pytest.mark.parametrize("size", [16 * 1024, 16 * 1024 + 1, 1_000_000])
def test_a_form_of_more_than_16_kib_is_413(size, announced, person):
    content = f"username={person.email}&password={PASSWORD}&scope=".encode()
    content += b"x" * (size - len(content))
    response = person.post(TOKEN, content=content if announced else iter([content]), headers=FORM)
    assert response.status_code == (413 if size > 16 * 1024 else 200)
    if size > 16 * 1024:
        assert "16 KiB" in response.json()["detail"]


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary="],
)
def test_a_broken_multipart_form_is_refused(content_type, person):
    response = person.post(TOKEN, content=b"--y\r\n", headers={"Content-Type": content_type})
    assert response.status_code in (400, 422)


def test_a_file_is_no_password(person):
    parts = {"username": (None, person.email), "password": ("name", PASSWORD.encode())}
    response = person.post(TOKEN, files=parts)
    assert response.status_code == 422
