"""The OpenAPI document: what routes declare, and what all operations share."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from todo_server import __version__
from todo_server.api import webhook_messages as messages
from todo_server.api.examples.illustrate import illustrate
from todo_server.api.failures import failures
from todo_server.api.parameters import document_parameters
from todo_server.api.problem import Problem
from todo_server.api.routing.idempotency import document_key
from todo_server.api.routing.open_route import JSONOrFormRoute
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.errors import HeadersTooLargeError, MisdirectedRequestError, UriTooLongError
from todo_server.models import Import

_DESCRIPTION = """\
The tasks of many users: each sees and changes their own, and nobody else's.

**Who asks.** Send `Authorization: Bearer <token>`. Sign up or in to get an access token; a server
whose accounts are kept elsewhere (`AUTH_MODE`) takes the tokens of that place. In a path,
`{user_id}` is the id of the user whom the token belongs to, or `me`.

**Bodies** are JSON objects. A member that may be absent leaves things as they are, or has a default
that its description names; an unknown one is refused. A task may be sent back as it was received:
`id`, `user_id`, `created_at`, `updated_at` and `version` are ignored. Instants are RFC 3339 in UTC,
with six digits of a second. `HEAD` is answered wherever `GET` is.

**Errors** have one shape, `Problem`. Decide by `error`, a code that stays; `message` is for people.
Beside those that an operation lists, any may be answered with 500 `internal_error`.
"""
_TAGS = [
    {"name": "tasks", "description": "What a user wants to do."},
    {"name": "projects", "description": "What several tasks belong to."},
    {"name": "tags", "description": "What belongs to a tag itself; tasks name their tags."},
    {"name": "filters", "description": "Questions for tasks that are asked again and again."},
    {"name": "settings", "description": "What a user has set for themselves: time zone, weeks."},
    {"name": "repeating", "description": "What comes next of a task that repeats, and what was."},
    {"name": "trash", "description": "What a user has deleted, until it is purged."},
    {"name": "notifications", "description": "What a user was told: of reminders, above all."},
    {"name": "webhooks", "description": "Where else a user wants to be told."},
    {"name": "changes", "description": "What was changed: to follow, to read, and to undo."},
    {
        "name": "everything",
        "description": "All that is a user's as one document: to take away, and to bring along.",
    },
    {
        "name": "calendar",
        "description": "The tasks as a calendar (RFC 5545), read by those who know its address.",
    },
    {
        "name": "accounts",
        "description": "Signing up, in and out. Where another server keeps the accounts, all of "
        "this is 404 `no_accounts`.",
    },
    {
        "name": "compatibility",
        "description": "Signing up, in and out by the names that existing front ends use. New ones "
        "use those under `accounts`.",
    },
    {"name": "operation", "description": "For those who run the server."},
]
_SECURITY_SCHEMES = {
    "bearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token: of this server, or of the one that keeps the accounts.",
    },
    "password": {
        "type": "oauth2",
        "description": "An account of this server (AUTH_MODE=builtin): email and password.",
        "flows": {"password": {"tokenUrl": "api/auth/token", "scopes": {}}},
    },
}
# For tools that read it at the root alone; each operation has its own, for those that do not.
_SIGNED_IN: list[dict[str, list[str]]] = [{"bearerAuth": []}, {"password": []}]


def document(app: FastAPI) -> dict[str, Any]:
    """Generate the document from the routes; contracts/openapi.yaml must equal it."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title="todo-server",
            version=__version__,
            summary="The backend of a multi-user to-do application.",
            description=_DESCRIPTION,
            routes=app.routes,
            webhooks=messages.router.routes,
            tags=_TAGS,
            servers=[{"url": "/", "description": "The server that this document comes from."}],
            contact={"name": "The todo-server maintainers"},
            license_info={"name": "MIT", "identifier": "MIT"},
        )
        schema["security"] = _SIGNED_IN
        components = schema.setdefault("components", {})
        for model in (Problem, Import):  # which no route declares
            its = model.model_json_schema(ref_template="#/components/schemas/{model}")
            components["schemas"] |= {**its.pop("$defs"), model.__name__: its}
        components["securitySchemes"] = _SECURITY_SCHEMES
        components["headers"] = {
            "RequestId": {
                "description": "The request's id: the one sent, or a new one.",
                "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
            }
        }
        for route in app.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                for operation in schema["paths"][route.path_format].values():
                    if operation["operationId"] == route.operation_id:
                        _finish(operation, route)
        messages.illustrate(schema["webhooks"])
        _drop_unused(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _drop_unused(document: dict[str, Any]) -> None:
    """Drop the schemas of types of which a parameter shows another form, as it is sent."""
    schemas = document["components"]["schemas"]
    written = json.dumps(document)
    while unused := [name for name in schemas if f'schemas/{name}"' not in written]:
        for name in unused:
            del schemas[name]
        written = json.dumps(document)


def _finish(operation: dict[str, Any], route: APIRoute) -> None:
    if isinstance(route, OwnerRoute):
        document_parameters(operation, route)
        if route.takes_key:
            document_key(operation)
        operation["security"] = _SIGNED_IN
    else:
        operation["security"] = []
    if isinstance(route, JSONOrFormRoute):
        content = operation["requestBody"]["content"]
        content["application/x-www-form-urlencoded"] = dict(content["application/json"])
    responses = operation["responses"]
    of_all = failures(UriTooLongError, MisdirectedRequestError, HeadersTooLargeError)
    responses |= {str(status): response for status, response in of_all.items()}
    for response in responses.values():
        headers = response.setdefault("headers", {})
        headers["X-Request-ID"] = {"$ref": "#/components/headers/RequestId"}
    operation["responses"] = dict(sorted(responses.items()))
    illustrate(operation, route.path_format)
