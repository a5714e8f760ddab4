"""The OpenAPI document: what routes declare about errors, and what all operations share."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from todo_server import __version__
from todo_server.api.problems import STATUS, Problem, title_of
from todo_server.errors import (
    HeadersTooLargeError,
    MisdirectedRequestError,
    TodoServerError,
    UriTooLongError,
)

SIGNED_IN: list[dict[str, list[str]]] = [{"bearerAuth": []}, {"password": []}]
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_HEADERS = {
    401: ("WWW-Authenticate", "Always `Bearer` (RFC 6750)."),
    405: ("Allow", "The methods that the path takes."),
    429: ("Retry-After", "Seconds to wait before the next try."),
    503: ("Retry-After", "Seconds to wait before the next try."),
}
_DESCRIPTION = """\
Tasks of many users, each seeing only their own.

Send `Authorization: Bearer <token>`; `me` in a path stands for the token's subject. Every error
has the shape `Problem`, with a stable code in `error`. Instants are RFC 3339 in UTC with six
digits of a second. `HEAD` is answered wherever `GET` is.
"""


def failures(*kinds: type[TodoServerError]) -> dict[int | str, dict[str, Any]]:
    """Document the errors that an operation answers, for a route's `responses`."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        status = STATUS[kind.code]
        response = responses.setdefault(
            status.value,
            {
                "description": title_of(status),
                "content": {"application/problem+json": {"schema": _PROBLEM, "examples": {}}},
            },
        )
        content = response["content"]["application/problem+json"]
        content["examples"][kind.code] = {"value": _example(kind)}
        if status.value in _HEADERS:
            name, description = _HEADERS[status.value]
            response["headers"] = {name: {"description": description, "schema": {"type": "string"}}}
    return responses


def _example(kind: type[TodoServerError]) -> dict[str, Any]:
    status = STATUS[kind.code]
    return {
        "type": "about:blank",
        "title": title_of(status),
        "status": status.value,
        "detail": kind.message,
        "instance": "/api/me/tasks",
        "error": kind.code,
        "message": kind.message,
        "details": [],
        "request_id": "5f0c6a0e9b6b4f0c8f6f0a3c1d2e3f40",
    }


def document(app: FastAPI) -> dict[str, Any]:
    """Generate the document from the routes; contracts/openapi.yaml must equal it."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title="todo-server",
            version=__version__,
            summary="The backend of a multi-user to-do application.",
            description=_DESCRIPTION,
            routes=app.routes,
            tags=[
                {"name": "tasks", "description": "What a user wants to do."},
                {"name": "accounts", "description": "Signing in, where the server keeps accounts."},
                {"name": "operation", "description": "For those who run the server."},
            ],
            license_info={"name": "MIT", "identifier": "MIT"},
        )
        components = schema.setdefault("components", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        components["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
        components["securitySchemes"] = {
            "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "password": {
                "type": "oauth2",
                "description": "An account of this server (AUTH_MODE=builtin): email and password.",
                "flows": {"password": {"tokenUrl": "api/auth/token", "scopes": {}}},
            },
        }
        components["headers"] = {
            "RequestId": {
                "description": "The request's id: the one sent, or a new one.",
                "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
            }
        }
        for path in schema["paths"].values():
            for operation in path.values():
                _finish(operation)
        app.openapi_schema = schema
    return app.openapi_schema


def _finish(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    of_all = failures(UriTooLongError, MisdirectedRequestError, HeadersTooLargeError)
    responses |= {str(status): response for status, response in of_all.items()}
    for response in responses.values():
        headers = response.setdefault("headers", {})
        headers["X-Request-ID"] = {"$ref": "#/components/headers/RequestId"}
