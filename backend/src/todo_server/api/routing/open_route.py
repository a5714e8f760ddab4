"""Routes for everybody: FastAPI runs them, once their body was read strictly."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from todo_server import errors
from todo_server.api.failures import document_raised
from todo_server.api.routing.dependencies import accounts_of
from todo_server.api.routing.form_request import FormRequest
from todo_server.api.routing.json_or_form_request import JSONOrFormRequest
from todo_server.api.routing.json_request import SmallJSONRequest


class OpenRoute(APIRoute):
    """A route for everybody; a body is small strict JSON (415, 413, 400 before FastAPI's 422)."""

    request_class: ClassVar[type[SmallJSONRequest] | type[FormRequest]] = SmallJSONRequest

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's
        super().__init__(path, endpoint, **options)
        document_raised(self, *self._raised())

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()

        async def with_body(request: Request) -> Response:
            request = self.request_class(request.scope, request.receive)
            if self.body_field is not None:
                await request.load()
            return await handle(request)

        return with_body

    def _raised(self) -> Iterator[type[errors.TodoServerError]]:
        """Give what this route raises before its endpoint, and what the accounts' database may."""
        if any(each.call is accounts_of for each in self.dependant.dependencies):
            yield from (errors.UnavailableError, errors.NoAccountsError)
        if self.body_field is not None:
            yield from (*self.request_class.raised(), errors.ValidationFailedError)


class _QueriedRequest(SmallJSONRequest):
    query_params = Request.query_params


class QueriedRoute(OpenRoute):
    """One with a query, which FastAPI reads: of what a URL may hold, within a millisecond."""

    request_class = _QueriedRequest


class JSONOrFormRoute(OpenRoute):
    """One whose body is JSON or a form, with the same members."""

    request_class = JSONOrFormRequest


class FormRoute(OpenRoute):
    """One whose body is a form."""

    request_class = FormRequest
