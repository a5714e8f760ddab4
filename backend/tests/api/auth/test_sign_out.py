"""POST /api/auth/sign-out."""

import pytest

SIGN_OUT = "/api/auth/sign-out"


@pytest.fixture
def phone(person, new_person):
    """Another device of the same person."""
    return new_person().sign_in(person.email)


@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": {"everywhere": False}}])
def test_signing_out_ends_this_session_and_no_other(options, person, phone, stranger):
    response = person.post(SIGN_OUT, **options)
    assert (response.status_code, response.content) == (204, b"")
    assert not person.has_access()
    assert person.try_to_refresh().status_code == 401
    assert phone.has_access()
    assert stranger.has_access()


def test_signing_out_everywhere_ends_all_sessions_of_the_account_and_no_other(
    person, phone, stranger
):
    assert person.post(SIGN_OUT, json={"everywhere": True}).status_code == 204
    for device in (person, phone):
        assert not device.has_access()
        assert device.try_to_refresh().status_code == 401
    assert stranger.has_access()
    assert person.sign_in().has_access()


def test_tasks_stay(person):
    task = person.create()
    assert person.post(SIGN_OUT).status_code == 204
    assert person.sign_in().get("/api/me/tasks").json() == [task]


def test_signing_out_twice_is_401(person):
    assert person.post(SIGN_OUT).status_code == 204
    response = person.post(SIGN_OUT)
    assert (response.status_code, response.json()["error"]) == (401, "unauthenticated")


def test_nobody_cannot_sign_out(new_person):
    assert new_person().post(SIGN_OUT).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"everywhere": "true"},
        {"everywhere": 1},
        {"everywhere": None},
        {"session_id": "x"},
        {"user_id": "x"},
    ],
)
def test_a_body_that_breaks_a_rule_ends_nothing(body, person):
    assert person.post(SIGN_OUT, json=body).status_code == 422
    assert person.has_access()


def test_a_body_that_is_no_json_ends_nothing(person):
    assert person.post(SIGN_OUT, data={"everywhere": "true"}).status_code == 415
    headers = {"Content-Type": "application/json"}
    assert person.post(SIGN_OUT, content=b"{", headers=headers).status_code == 400
    assert person.has_access()
