"""Errors as HTTP shows them: one shape (RFC 9457), and the one table from codes to statuses."""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic_core import ErrorDetails, to_json
from starlette.exceptions import HTTPException
from starlette.types import Scope

from todo_server import errors
from todo_server.domain.etags import etag
from todo_server.errors import FieldError, TodoServerError

STATUS = {
    errors.MalformedJsonError.code: HTTPStatus.BAD_REQUEST,
    errors.MalformedRequestError.code: HTTPStatus.BAD_REQUEST,
    errors.RequestTimeoutError.code: HTTPStatus.REQUEST_TIMEOUT,
    errors.MalformedBodyError.code: HTTPStatus.BAD_REQUEST,
    errors.CorsRefusedError.code: HTTPStatus.BAD_REQUEST,
    errors.InvalidCursorError.code: HTTPStatus.BAD_REQUEST,
    errors.UnauthenticatedError.code: HTTPStatus.UNAUTHORIZED,
    errors.WrongPasswordError.code: HTTPStatus.UNAUTHORIZED,
    errors.RefreshRefusedError.code: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenError.code: HTTPStatus.FORBIDDEN,
    errors.NotFoundError.code: HTTPStatus.NOT_FOUND,
    errors.NoAccountsError.code: HTTPStatus.NOT_FOUND,
    errors.TaskNotFoundError.code: HTTPStatus.NOT_FOUND,
    errors.ProjectNotFoundError.code: HTTPStatus.NOT_FOUND,
    errors.TagNotFoundError.code: HTTPStatus.NOT_FOUND,
    errors.FilterNotFoundError.code: HTTPStatus.NOT_FOUND,
    errors.NotificationNotFoundError.code: HTTPStatus.NOT_FOUND,
    errors.WebhookNotFoundError.code: HTTPStatus.NOT_FOUND,
    errors.WebhookDisabledError.code: HTTPStatus.CONFLICT,
    errors.CalendarNotFoundError.code: HTTPStatus.NOT_FOUND,
    errors.TagExistsError.code: HTTPStatus.CONFLICT,
    errors.LimitReachedError.code: HTTPStatus.CONFLICT,
    errors.NoNextOccurrenceError.code: HTTPStatus.CONFLICT,
    errors.ChangeNotFoundError.code: HTTPStatus.NOT_FOUND,
    errors.NumberTooOldError.code: HTTPStatus.GONE,
    errors.AlreadyChangedError.code: HTTPStatus.CONFLICT,
    errors.AlreadyPurgedError.code: HTTPStatus.CONFLICT,
    errors.MethodNotAllowedError.code: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.EmailTakenError.code: HTTPStatus.CONFLICT,
    errors.VersionConflictError.code: HTTPStatus.PRECONDITION_FAILED,
    errors.MisdirectedRequestError.code: HTTPStatus.MISDIRECTED_REQUEST,
    errors.BodyTooLargeError.code: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UriTooLongError.code: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.UnsupportedMediaTypeError.code: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.ValidationFailedError.code: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.IdempotencyKeyReusedError.code: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.HeadersTooLargeError.code: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.TooManyAttemptsError.code: HTTPStatus.TOO_MANY_REQUESTS,
    errors.InternalError.code: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.UnavailableError.code: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NotReadyError.code: HTTPStatus.SERVICE_UNAVAILABLE,
}


MAX_DETAILS = 100
"""Entries: a request can be wrong in a hundred thousand places."""


# RFC 9110's words, which Python has from 3.13 on only.
_TITLES = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}


def _title_of(status: HTTPStatus) -> str:
    """Give a status in words."""
    return _TITLES.get(status.value, status.phrase)


def problem_of(error: TodoServerError, instance: str, request_id: str) -> dict[str, Any]:
    """Give the members of the one body that errors have; `instance` is the path asked for."""
    status = STATUS[error.code]
    return {
        "type": "about:blank",
        "title": _title_of(status),
        "status": status.value,
        "detail": error.message,
        "instance": instance,
        "error": error.code,
        "message": error.message,
        "details": [
            {"field": d.field, "code": d.code, "message": d.message}
            for d in error.details[:MAX_DETAILS]
        ],
        "request_id": request_id,
    }


def problem_members(error: TodoServerError) -> dict[str, Any]:
    """Give what tells of one error among several answers."""
    problem = problem_of(error, "", "")
    members = {name: problem[name] for name in ("status", "error", "message", "details")}
    if isinstance(error, errors.VersionConflictError):
        members["current"] = json.loads(error.current)
    return members


def problem_response(scope: Scope, error: TodoServerError) -> Response:
    """Turn an error into the reply to a request."""
    status = STATUS[error.code]
    path = quote(scope["path"], safe="/%")
    problem = problem_of(error, path, scope["state"]["request_id"])
    headers = {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.VersionConflictError | errors.TagExistsError):
        problem["current"] = json.loads(error.current)
    if isinstance(error, errors.VersionConflictError):
        headers["ETag"] = etag(error.version)
    return Response(to_json(problem), status.value, headers, media_type="application/problem+json")


def validation_failed(found: list[ErrorDetails] | list[Any]) -> errors.ValidationFailedError:
    """Turn what pydantic found into our error, without repeating what was sent."""
    details = tuple(
        FieldError(_field_name(error["loc"]), error["type"], error["msg"])
        for error in found[:MAX_DETAILS]
    )
    first = details[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return errors.ValidationFailedError(f"{first.field}: {first.message}{more}", details=details)


def _field_name(location: tuple[str | int, ...]) -> str:
    """Name a field as the client knows it: `title`, not `body.title`."""
    if len(location) > 1 and location[0] in ("body", "path", "query", "header"):
        location = location[1:]
    # A name that somebody made up may hold anything, surrogates included.
    return ".".join(map(str, location)).encode(errors="replace").decode()[:100]


def install(app: FastAPI) -> None:
    """Let every error leave as a problem."""

    async def expected(request: Request, error: Exception) -> Response:
        assert isinstance(error, TodoServerError)  # noqa: S101 - registered for this class
        return problem_response(request.scope, error)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        return problem_response(request.scope, validation_failed(list(error.errors())))

    async def routing(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response = problem_response(request.scope, errors.MethodNotAllowedError())
            response.headers["Allow"] = ", ".join(_methods_of(app, request.scope["path"]))
            return response
        if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return problem_response(request.scope, errors.BodyTooLargeError())
        if error.status_code == HTTPStatus.BAD_REQUEST:
            message = "The body cannot be read as the form that it says it is."
            return problem_response(request.scope, errors.MalformedBodyError(message))
        return problem_response(request.scope, errors.NotFoundError())

    app.add_exception_handler(TodoServerError, expected)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, routing)


def _methods_of(app: FastAPI, path: str) -> list[str]:
    """List all methods of a path; the framework knows those of its first route alone."""
    found: set[str] = set()
    for route in app.routes:
        regex = getattr(route, "path_regex", None)
        if regex is not None and regex.fullmatch(path):
            found |= getattr(route, "methods", None) or {"GET"}  # a mount of static files
            if getattr(route, "hides_others", False):
                break
    if "GET" in found:
        found.add("HEAD")  # see `api/middleware/limits.py`
    return sorted(found)
