"""The way of a request on what is somebody's own: who asks, what was sent, and its endpoint."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import unquote

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from todo_server import errors
from todo_server.api.failures import document_raised
from todo_server.api.routing.dependencies import database_of
from todo_server.api.routing.idempotency import IDEMPOTENCY_KEY, key_of, mark_replayed
from todo_server.api.routing.inputs import Inputs
from todo_server.api.routing.json_request import JSONRequest, SmallJSONRequest
from todo_server.api.routing.responses import JSONBytes
from todo_server.api.routing.sent_headers import SentHeaders, sent_headers
from todo_server.auth import ME, Authenticate
from todo_server.domain.identity import Identity

_READING = {"GET", "HEAD"}
_AUTHORIZATION, _USER_AGENT = b"authorization", b"user-agent"

MAX_CLIENT = 200
"""Bytes of `User-Agent` that are kept."""


class OwnerRoute(APIRoute):
    """A route that only the user in its path may use. FastAPI documents it, but does not run it.

    FastAPI's own way from a request to its endpoint serves every signature, and so costs a third
    of all CPU time that a request takes here (docs/decisions/0012). This one serves coroutines
    that declare what `Inputs` knows, and give a response or a model; any other is a TypeError
    when the module is imported.
    """

    request_class: ClassVar[type[JSONRequest]] = JSONRequest
    headers_of_models: ClassVar[tuple[tuple[bytes, bytes], ...]] = ()
    names_owner: ClassVar[bool] = True
    may_have_key: ClassVar[bool] = True
    """Whether what it changes, it changes in one statement or one transaction."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's
        super().__init__(path, endpoint, **options)
        if ("{user_id}" in path) is not self.names_owner:
            raise TypeError(f"{path}: {type(self).__name__} is for other paths")
        self.inputs = Inputs(self)
        self.takes_key = self.may_have_key and _READING.isdisjoint(self.methods or ())
        self._looks_at = self.inputs.headers | {_AUTHORIZATION, _USER_AGENT, IDEMPOTENCY_KEY}
        document_raised(self, *self._raised())
        self._other_method = {"endpoint": self.endpoint, "path_params": {}, "route": self}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match a path whose parameters are text, which is most of what matching is made for."""
        found = self.path_regex.fullmatch(scope["path"])
        if found is None:
            return Match.NONE, {}
        if scope["method"] not in (self.methods or ()):
            return Match.PARTIAL, self._other_method
        values = found.groupdict()
        if "%" in scope["path"]:  # see `api/routing/path.py`
            values = {name: unquote(value) for name, value in values.items()}
        return Match.FULL, {"endpoint": self.endpoint, "path_params": values, "route": self}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for this path; one of another method is refused as everywhere."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        request = self.request_class(scope, receive, send)
        sent = sent_headers(scope, self._looks_at)
        identity = await _identify(request, sent, scope["path_params"].get("user_id", ME))
        body = await request.load() if self.body_field is not None else None
        key = key_of(scope, sent, request.content) if self.takes_key else None
        origin = "" if scope["method"] == "GET" else _origin(scope, sent)
        mine = database_of(request).of(identity, origin, key)
        answer = await self.endpoint(**self.inputs.read(request, sent, mine, body))
        response = answer if isinstance(answer, Response) else self._written(answer)
        if mine.is_replay:
            mark_replayed(response)
        await response(scope, receive, send)

    def _written(self, model: BaseModel) -> Response:
        """Write a model as the route declares it."""
        assert self.response_field is not None  # noqa: S101 - `Inputs` has seen to it
        body = self.response_field.serialize_json(
            model,
            include=self.response_model_include,
            exclude=self.response_model_exclude,
            by_alias=self.response_model_by_alias,
            exclude_unset=self.response_model_exclude_unset,
            exclude_defaults=self.response_model_exclude_defaults,
            exclude_none=self.response_model_exclude_none,
        )
        return JSONBytes(body, self.status_code or 200, *self.headers_of_models)

    def _raised(self) -> Iterator[type[errors.TodoServerError]]:
        """Give what this route raises before its endpoint, and what any statement may raise."""
        yield from (errors.UnauthenticatedError, errors.UnavailableError)
        if self.names_owner:
            yield errors.ForbiddenError
        if self.inputs.asks_accounts:
            yield errors.NoAccountsError
        if self.body_field is not None:
            yield from self.request_class.raised()
        if self.inputs.any_sent or self.takes_key:
            yield errors.ValidationFailedError
        if self.takes_key:
            yield errors.IdempotencyKeyReusedError


class SignedInRoute(OwnerRoute):
    """One for somebody signed in, on what is theirs by their token alone."""

    request_class = SmallJSONRequest
    headers_of_models = ((b"cache-control", b"no-store"),)  # tokens (RFC 6749, section 5.1)
    names_owner = False
    may_have_key = False  # what opens and ends sessions is not kept


class SecretRoute(OwnerRoute):
    """One about a secret, which nothing keeps: it is answered once, and takes no key."""

    headers_of_models = ((b"cache-control", b"no-store"),)
    may_have_key = False


def _origin(scope: Scope, sent: SentHeaders) -> str:
    """Tell the log of changes who asked: the request's id, and the client by its own name."""
    *_, client = sent.get(_USER_AGENT) or (b"",)
    return f"{scope['state']['request_id']} {_plain(client)}"


@lru_cache(maxsize=512)
def _plain(client: bytes) -> str:
    return client[:MAX_CLIENT].decode("latin-1").replace("\0", "").strip()


async def _identify(request: Request, sent: SentHeaders, user_id: str) -> Identity:
    """Settle who asks for what is under `user_id`, before anything else is read.

    Raises UnauthenticatedError or ForbiddenError. Left in the state for the log line alone.
    """
    authenticate: Authenticate = request.scope["app"].state.authenticate
    authorization = [value.decode("latin-1") for value in sent.get(_AUTHORIZATION, ())]
    identity = await authenticate(authorization, user_id)
    request.scope["state"]["identity"] = identity
    return identity
