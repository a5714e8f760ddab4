"""Every answer in the API tests is held against contracts/openapi.yaml."""

import re
from functools import cache
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema_rs
import yaml

CONTRACT = Path(__file__).parents[2] / "contracts" / "openapi.yaml"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ADDRESS = "https://todo-server.example/openapi"
# Answered outside the documented paths, and to what was never a request for them.
_ANYWHERE = {404, 405}


@cache
def contract() -> dict[str, Any]:
    # The C one: 0.4 s where the other takes 2.5.
    loaded: dict[str, Any] = yaml.load(CONTRACT.read_text(), yaml.CSafeLoader)
    return loaded


@cache
def validator(pointer: str) -> jsonschema_rs.Validator:
    """Give what validates against the schema at a pointer into the contract."""
    # All share the document: with a copy in each, they take gigabytes.
    return jsonschema_rs.validator_for(
        {"$schema": _DIALECT, "$ref": f"{_ADDRESS}#{pointer}"},
        validate_formats=True,
        registry=_registry(),
    )


@cache
def _registry() -> jsonschema_rs.Registry:
    document = {"$schema": _DIALECT, **{k: contract()[k] for k in ("components", "paths")}}
    return jsonschema_rs.Registry([(_ADDRESS, document)])


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", template) + "$"), template)
        for template in contract()["paths"]
    ]


def pointer_to(*steps: str) -> str:
    """Write a JSON pointer as the fragment of a URI (RFC 6901, section 6)."""
    return "".join("/" + quote(step.replace("~", "~0").replace("/", "~1")) for step in steps)


def check_response(response: httpx.Response) -> None:
    """Fail on an answer that the contract does not know."""
    response.read()
    if response.request.url.path.startswith(("/docs", "/openapi.json")):
        return
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", response.headers["x-request-id"])
    content_type = response.headers.get("content-type", "")
    if response.is_error:
        assert content_type == "application/problem+json", response.text
    if response.request.method == "HEAD":
        assert response.content == b""
        return  # what GET answers, which `test_head` sees to
    if response.is_error:
        _check(response, "/components/schemas/Problem")
        problem = response.json()
        assert problem["status"] == response.status_code
        assert problem["message"] == problem["detail"]
        assert problem["request_id"] == response.headers["x-request-id"]
    operation = _operation(response)
    if operation is None:
        return
    template, method = operation
    documented = contract()["paths"][template][method]["responses"]
    status = str(response.status_code)
    assert status in documented or response.status_code in _ANYWHERE, f"{status} on {template}"
    if response.is_success and response.content:
        if content_type == "text/calendar; charset=utf-8":  # tests/domain/ical says what is in it
            assert "text/calendar" in documented[status]["content"]
            return
        assert content_type in documented[status]["content"]
        steps = ("paths", template, method, "responses", status, "content", content_type, "schema")
        _check(response, pointer_to(*steps))


def _operation(response: httpx.Response) -> tuple[str, str] | None:
    path, method = response.request.url.raw_path.decode().partition("?")[0], response.request.method
    for pattern, template in _templates():
        if pattern.fullmatch(path) and method.lower() in contract()["paths"][template]:
            return template, method.lower()
    return None


def _check(response: httpx.Response, pointer: str) -> None:
    errors = [str(error) for error in validator(pointer).iter_errors(response.json())]
    assert not errors, (errors, response.text)


def answer_of(raw: HTTPResponse, method: str, url: str) -> httpx.Response:
    """Read an answer to a request that no client would send, held against the contract."""
    response = httpx.Response(
        raw.status,
        headers=raw.getheaders(),
        content=raw.read(),
        request=httpx.Request(method, url),
    )
    if method != "HEAD":
        check_response(response)
    return response
