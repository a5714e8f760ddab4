"""What somebody without a token can make the server read: little."""

from collections.abc import Callable

import httpx
import pytest

from tests.api.auth.people import JSON, PASSWORD, AccountServer, Person
from todo_server.api.compatibility import OTHER_NAMES, PREFIX

KIB = 1024
BODIES = [
    ("POST", "/api/auth/sign-up"),
    ("POST", "/api/auth/sign-in"),
    ("POST", "/api/auth/refresh"),
    ("POST", "/api/auth/sign-out"),
    ("PATCH", "/api/auth/account"),
    ("DELETE", "/api/auth/account"),
    *(("POST", PREFIX + path) for path in OTHER_NAMES),
]
FORMS = ["/api/auth/token", *(PREFIX + path for path, of in OTHER_NAMES.items() if of == "sign_in")]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = {"Content-Type": "multipart/form-data; boundary=x"}


def members(number: int) -> bytes:
    return b"{" + b",".join(b'"%x":1' % n for n in range(number)) + b"}"


def test_these_are_all_operations_with_a_json_body(server: AccountServer):
    paths = server.app.openapi()["paths"]
    found = {
        (method.upper(), path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if path.startswith("/api/auth/")
        and "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert found == set(BODIES)


def check(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.json()["error"]) == (status, code)


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_body_of_more_than_16_kib_is_413(method: str, path: str, person: Person):
    for size, status, code in (
        (16 * KIB, 422, "validation_failed"),
        (16 * KIB + 1, 413, "body_too_large"),
        (1_000_000, 413, "body_too_large"),
    ):
        body = b'{"x":"' + b"x" * (size - 8) + b'"}'
        assert len(body) == size
        response = person.request(method, path, content=body, headers=JSON)
        check(response, status, code)
    assert "16 KiB" in response.json()["detail"]


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_more_than_200_members_are_400(method: str, path: str, person: Person):
    for body, status, code in (
        (members(200), 422, "validation_failed"),
        (members(201), 400, "malformed_json"),
        (b'{"x":[' + b"{}," * 5000 + b"1]}", 400, "malformed_json"),
    ):
        check(person.request(method, path, content=body, headers=JSON), status, code)


def form_of(fields: int) -> bytes:
    return b"a=1&" * (fields - 2) + f"username=nobody@example.com&password={PASSWORD}".encode()


MALFORMED = {
    "102 fields": (FORM, form_of(102)),
    "8,000 fields": (FORM, b"&" * 8000),
    "8,000 fields of another kind": (FORM, b";" * 8000),
    "too many percent signs": (FORM, b"%" * 6000),
    "3,000 lines of a head": (PARTS, b"--x\r\n" + b"a:b\r\n" * 3000),
    "400 parts": (PARTS, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 200),
    "line feeds alone": (PARTS, b"--x\r\n" + b"\n" * 8000),
}


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(("headers", "body"), MALFORMED.values(), ids=list(MALFORMED))
def test_a_form_of_more_than_a_hundred_fields_or_lines_is_400(
    headers: dict[str, str], body: bytes, path: str, new_person: Callable[..., Person]
):
    response = new_person().post(path, content=body, headers=headers)
    check(response, 400, "malformed_body")


@pytest.mark.parametrize("path", FORMS)
def test_a_form_of_more_than_16_kib_is_413_wherever_forms_are_read(
    path: str, new_person: Callable[..., Person]
):
    body = b"username=nobody@example.com&password=" + b"x" * 16 * KIB
    check(new_person().post(path, content=body, headers=FORM), 413, "body_too_large")


def test_a_form_of_a_hundred_fields_is_read(new_person: Callable[..., Person]):
    response = new_person().post("/api/auth/token", content=form_of(100), headers=FORM)
    check(response, 401, "wrong_password")


def test_these_are_all_operations_with_a_form(server: AccountServer):
    found = {
        path
        for path, operations in server.app.openapi()["paths"].items()
        for operation in operations.values()
        if FORM["Content-Type"] in operation.get("requestBody", {}).get("content", {})
    }
    assert found == set(FORMS)


def test_the_longest_password_fits_every_body(new_person: Callable[..., Person]):
    password = "\U0001f642" * 1024  # 12 bytes each, in JSON and in a form
    person = new_person().sign_up(password=password)
    assert person.try_to_sign_in(password=password).status_code == 200
    form = {"username": person.email, "password": password}
    assert person.post("/api/auth/token", data=form).status_code == 200


def test_an_address_that_grows_is_refused(new_person: Callable[..., Person]):
    form = {"email": "\ufdfa" * 254, "password": PASSWORD}
    response = new_person().post("/api/auth/sign-in", json=form)
    assert [detail["code"] for detail in response.json()["details"]] == ["email"]
