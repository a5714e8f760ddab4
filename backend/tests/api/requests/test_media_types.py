"""Bodies of another type, or of none."""

import gzip
from typing import Any

import pytest

from tests.api.requests.raw import JSON, TASK, writings
from tests.server import User

NO_JSON = [
    "text/plain",
    "text/json",
    "text/html",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/octet-stream",
    "application/jsonp",
    "application/x-json",
    "application/json-seq",
    "application/x-ndjson",
    "application/json, text/plain",
    "application/json+xml",
    "application/+json",
    "application/x/y+json",
    "application/ json",
    "application /json",
    "application/json/",
    "application",
    "json",
    "/json",
    "*/*",
    "application/*",
    ";",
    "",
]


@pytest.mark.parametrize("kind", NO_JSON, ids=[kind or "empty" for kind in NO_JSON])
def test_a_body_of_another_type_is_415(user: User, task: dict[str, Any], kind: str):
    for method, path in writings(user, task["id"]):
        response = user.request(method, path, content=TASK, headers={"Content-Type": kind})
        assert (response.status_code, response.json()["error"]) == (415, "unsupported_media_type")
    assert user.task(task["id"]).json() == task


def test_a_body_of_no_type_is_415(user: User, task: dict[str, Any]):
    for method, path in writings(user, task["id"]):
        assert user.request(method, path, content=TASK).status_code == 415


@pytest.mark.parametrize(
    "coding", ["gzip", "x-gzip", "deflate", "br", "zstd", "GZIP", "gzip, gzip"]
)
def test_a_compressed_body_is_415(user: User, task: dict[str, Any], coding: str):
    headers = {**JSON, "Content-Encoding": coding}
    for method, path in writings(user, task["id"]):
        response = user.request(method, path, content=gzip.compress(TASK), headers=headers)
        assert response.status_code == 415


@pytest.mark.parametrize(
    "others",
    [
        [("Content-Type", "application/json"), ("Content-Type", "text/plain")],
        [("Content-Type", "text/plain"), ("Content-Type", "application/json")],
        [*JSON.items(), ("Content-Encoding", "gzip"), ("Content-Encoding", "identity")],
        [*JSON.items(), ("Content-Encoding", "identity"), ("Content-Encoding", "gzip")],
    ],
)
def test_a_header_that_contradicts_another_of_its_name_is_415(
    user: User, task: dict[str, Any], others: list[tuple[str, str]]
):
    headers = [*user.headers.items(), *others]
    for method, path in writings(user, task["id"]):
        assert user.request(method, path, content=TASK, headers=headers).status_code == 415
    assert user.task(task["id"]).json() == task


def test_no_name_of_a_member_is_taken_for_a_parameter_of_ours(user: User, task: dict[str, Any]):
    for method, path in writings(user, task["id"]):
        for name in ("__pydantic_self__", "self", "data", "cls"):
            assert user.request(method, path, json={"title": "x", name: 1}).status_code == 422


def test_a_type_that_is_not_ascii_is_415(user: User):
    headers = {b"Content-Type": b"application/\xff+json"}
    assert user.post(user.path, content=TASK, headers=headers).status_code == 415


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=utf-8",
        "application/json ; Charset=UTF-8",
        'application/json; x="a;b"',
        "application/json;",
        "application/vnd.api+json",
        "application/merge-patch+json",
        'application/ld+json; profile="http://example.com"',
        "Application/Problem+JSON",
    ],
)
def test_json_is_json_whatever_the_case_and_parameters(user: User, task: dict[str, Any], kind: str):
    headers = {"Content-Type": kind, "Content-Encoding": "identity"}
    for method, path in writings(user, task["id"])[:3]:
        assert user.request(method, path, content=TASK, headers=headers).is_success


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", ""])
def test_the_type_of_no_body_does_not_matter(user: User, task: dict[str, Any], kind: str):
    path = f"{user.path}/{task['id']}"
    for method, path_ in (("GET", user.path), ("GET", path), ("PATCH", f"{path}/complete")):
        assert user.request(method, path_, headers={"Content-Type": kind}).status_code == 200
    assert user.delete(path, headers={"Content-Type": kind}).status_code == 204


def test_a_body_where_none_is_read_is_passed_over(user: User, task: dict[str, Any]):
    path = f"{user.path}/{task['id']}"
    for content in (b"{", b"x" * 100_000, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"):
        assert user.request("GET", path, content=content).json() == task
        assert user.request("GET", user.path, content=content).status_code == 200
    assert user.request("DELETE", path, content=b"{").status_code == 204
