"""The way of a request on a user's own rows: identity, path, body, and then its endpoint."""

import inspect
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from todo_server.api.routing.json_request import JSONRequest
from todo_server.api.routing.routes import identify


class OwnerRoute(APIRoute):
    """A route that only the user in its path may use. FastAPI documents it, but does not run it.

    FastAPI's own way from a request to its endpoint serves every signature, and so costs a third
    of all CPU time that a request takes here (docs/decisions/0012). This one is for coroutines
    that take `request`, the other parameters of the path and at most one JSON body, and give a
    `Response`; any other is a TypeError when the module is imported.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's
        super().__init__(path, endpoint, **options)
        body = self.body_field
        names = {"request", *(field.name for field in self.dependant.path_params)}
        names |= {body.name} if body is not None else set()
        signature = inspect.signature(endpoint, eval_str=True)
        fits = (
            inspect.iscoroutinefunction(endpoint)
            and signature.return_annotation is Response
            and signature.parameters.keys() == names
            and self.dependant.request_param_name == "request"
            and not (body is not None and isinstance(body.field_info, Form))
            and "{user_id}" in path
        )
        if not fits or self._embed_body_fields:
            raise TypeError(f"{path}: {endpoint.__name__} needs more than an OwnerRoute gives")
        self.app = self._answer

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match a path whose parameters are text, which is most of what matching is made for."""
        found = self.path_regex.fullmatch(scope["path"])
        if found is None:
            return Match.NONE, {}
        values = found.groupdict()
        if "%" in scope["path"]:  # see `api/routing/path.py`
            values = {name: unquote(value) for name, value in values.items()}
        child = {"endpoint": self.endpoint, "path_params": values, "route": self}
        return (Match.FULL if scope["method"] in (self.methods or ()) else Match.PARTIAL), child

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = JSONRequest(scope, receive, send)
        path: dict[str, str] = scope["path_params"]
        await identify(request, path["user_id"])
        values: dict[str, Any] = {"request": request}
        wrong: list[Any] = []
        for field in self.dependant.path_params:
            value = path[field.alias]
            values[field.name], found = field.validate(value, loc=("path", field.alias))
            wrong += found
        if self.body_field is not None:
            values[self.body_field.name], found = await self._body(request)
            wrong += found
        if wrong:
            raise RequestValidationError(wrong)
        response: Response = await self.endpoint(**values)
        await response(scope, receive, send)

    async def _body(self, request: JSONRequest) -> tuple[Any, list[Any]]:
        """Give the body, or what is wrong with it."""
        field, body = self.body_field, await request.load()
        assert field is not None  # noqa: S101 - asked by the caller
        if body is not None:
            return field.validate(body, loc=("body",))
        if field.field_info.is_required():
            return None, [{"type": "missing", "loc": ("body",), "msg": "Field required"}]
        return field.default, []
