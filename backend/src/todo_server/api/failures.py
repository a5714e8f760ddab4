"""The errors that an operation answers, as the document has them."""

import re
from typing import Any, TypeAlias

from fastapi.routing import APIRoute

from todo_server.api.problems import STATUS, problem_of
from todo_server.errors import TodoServerError

Responses: TypeAlias = dict[int | str, dict[str, Any]]

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_SECONDS = {"type": "integer", "minimum": 0}
_HEADERS = {
    401: ("WWW-Authenticate", "Always `Bearer` (RFC 6750).", {"type": "string"}),
    405: ("Allow", "The methods that the path takes.", {"type": "string"}),
    429: ("Retry-After", "Seconds to wait before the next try.", _SECONDS),
    503: ("Retry-After", "Seconds to wait before the next try.", _SECONDS),
}
_MEDIA_TYPE = "application/problem+json"


def failures(*kinds: type[TodoServerError]) -> Responses:
    """Document what the service of an operation raises, for a route's `responses`."""
    responses: Responses = {}
    for kind in kinds:
        status = STATUS[kind.code].value
        # What stands in quotes may hold what Markdown takes for HTML: `Bearer <token>`.
        sentence = re.sub("'([^']+)'", r"`\1`", kind.message)
        content = {"schema": _PROBLEM, "examples": {kind.code: {"value": _example(kind)}}}
        response = {"description": f"`{kind.code}`: {sentence}", "content": {_MEDIA_TYPE: content}}
        if status in _HEADERS:
            name, description, schema = _HEADERS[status]
            response["headers"] = {name: {"description": description, "schema": schema}}
        _add(responses, status, response)
    return responses


def document_raised(route: APIRoute, *kinds: type[TodoServerError]) -> None:
    """Document what a route raises by itself, before what its endpoint's service raises."""
    responses = failures(*kinds)
    for status, response in route.responses.items():
        _add(responses, status, response)
    route.responses = responses


def _add(responses: Responses, status: int | str, response: dict[str, Any]) -> None:
    first = responses.setdefault(status, response)
    if first is not response:
        lines = (*first["description"].splitlines(), *response["description"].splitlines())
        first["description"] = "\n".join(dict.fromkeys(lines))
        first["content"][_MEDIA_TYPE]["examples"] |= response["content"][_MEDIA_TYPE]["examples"]


def _example(kind: type[TodoServerError]) -> dict[str, Any]:
    return problem_of(kind(), "/", "5f0c6a0e9b6b4f0c8f6f0a3c1d2e3f40")
