"""What an endpoint declares that it takes, and how that is taken from a request."""

import inspect
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute
from pydantic import BaseModel

from todo_server.api.routing.dependencies import accounts_of, handle_of
from todo_server.api.routing.query_reader import QueryReader
from todo_server.api.routing.sent_headers import SentHeaders, joined
from todo_server.database import Handle


class Inputs:
    """The arguments of an endpoint: parts of the path, a query, headers, a body, and who asks.

    A TypeError where the endpoint declares anything else, at import.
    """

    def __init__(self, route: APIRoute) -> None:
        _check(route)
        declared = route.dependant
        self._path, self._body = declared.path_params, route.body_field
        self._headers = [(f.alias.lower().encode(), f) for f in declared.header_params]
        self.headers = frozenset(name for name, _ in self._headers)
        optional = [f for f in declared.header_params if not f.field_info.is_required()]
        self._absent = {f.name: f.default for f in optional}
        self._query = declared.query_params[0].name if declared.query_params else None
        self.query_model = _query_model(route)
        self.read_query = QueryReader(self.query_model).read if self.query_model else None
        self._request = declared.request_param_name
        calls = {each.name or "": each.call for each in declared.dependencies}
        self._handles = [name for name, call in calls.items() if call is handle_of]
        self._accounts = [name for name, call in calls.items() if call is accounts_of]
        self.asks_accounts = bool(self._accounts)
        self.any_sent = bool(self._path or self._headers or self._query or self._body)

    def read(
        self,
        request: Request,
        sent: SentHeaders,
        mine: Handle,
        body: Any,  # noqa: ANN401 - any JSON
    ) -> dict[str, Any]:
        """Give the arguments; RequestValidationError lists all that is wrong with them."""
        values: dict[str, Any] = {}
        wrong: list[Any] = []
        for name in self._handles:
            values[name] = mine
        for name in self._accounts:
            values[name] = accounts_of(request)
        if self._request is not None:
            values[self._request] = request
        scope = request.scope
        for field in self._path:
            value = scope["path_params"][field.alias]
            values[field.name], found = field.validate(value, loc=("path", field.alias))
            wrong += found
        if self._query is not None and self.read_query is not None:
            try:
                values[self._query] = self.read_query(scope["query_string"])
            except RequestValidationError as error:
                wrong += error.errors()
        if self._headers:
            wrong += self._read_headers(sent, values)
        if self._body is not None:
            values[self._body.name], found = _validated(self._body, body, ("body",))
            wrong += found
        if wrong:
            raise RequestValidationError(wrong)
        return values

    def _read_headers(self, sent: SentHeaders, values: dict[str, Any]) -> list[Any]:
        """Add the headers to the arguments; give what is wrong with them."""
        wrong: list[Any] = []
        values |= self._absent
        for name, field in self._headers:
            if name in sent or field.name not in values:
                lines = sent.get(name)
                value = None if lines is None else joined(lines)
                values[field.name], found = _validated(field, value, ("header", field.alias))
                wrong += found
        return wrong


def _check(route: APIRoute) -> None:
    """TypeError unless all that an endpoint declares is served, and shown in the document."""
    declared, body = route.dependant, route.body_field
    fields = [*declared.path_params, *declared.header_params, *declared.query_params]
    fields += [body] if body is not None else []
    names = {field.name for field in fields} | {each.name for each in declared.dependencies}
    names |= {declared.request_param_name} - {None}
    signature = inspect.signature(route.endpoint, eval_str=True)
    served = (
        inspect.iscoroutinefunction(route.endpoint)
        and signature.parameters.keys() == names
        and {each.call for each in declared.dependencies} <= {handle_of, accounts_of}
        and len(declared.query_params) == (_query_model(route) is not None)
        and all(f.field_info.annotation in (str, str | None) for f in declared.header_params)
        # What the document does not show, the tests that reflect over it would not try.
        and all(getattr(field.field_info, "include_in_schema", True) for field in fields)
        and not (body is not None and isinstance(body.field_info, Form))
        and not route._embed_body_fields  # noqa: SLF001 - the one way to tell
        and inspect.isclass(signature.return_annotation)
        and issubclass(signature.return_annotation, Response | BaseModel)
    )
    if not served:
        raise TypeError(f"{route.path}: {route.endpoint.__name__} declares what is not served")


def _query_model(route: APIRoute) -> type[BaseModel] | None:
    """Give the one query model; None as well where parameters stand alone, or beside it."""
    if len(route.dependant.query_params) != 1:
        return None
    model = route.dependant.query_params[0].field_info.annotation
    return model if inspect.isclass(model) and issubclass(model, BaseModel) else None


def _validated(field: Any, sent: Any, where: tuple[str, ...]) -> tuple[Any, list[Any]]:  # noqa: ANN401 - FastAPI's fields
    """Give what was sent, or the default, and what is wrong with it."""
    if sent is not None:
        value, wrong = field.validate(sent, loc=where)
        return value, wrong
    if field.field_info.is_required():
        return None, [{"type": "missing", "loc": where, "msg": "Field required"}]
    return field.default, []
