"""Bodies: which are read, how much of them, and how strictly."""

import re
from functools import lru_cache
from typing import Any

from starlette.requests import ClientDisconnect

from todo_server.api.routing.bare_request import MAX_SMALL_BODY, BareRequest
from todo_server.domain import strict_json
from todo_server.errors import (
    BodyTooLargeError,
    LargeBodyTooLargeError,
    MalformedJsonError,
    SmallBodyTooLargeError,
    TodoServerError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
)

_JSON = re.compile(rb"application/(?:[\w.!#$&^-]+\+)?json")  # RFC 6838, section 4.2


class JSONRequest(BareRequest):
    """A request whose body is JSON or nothing, refused before more than 1 MiB is kept."""

    max_body = 1024 * 1024
    """Bytes."""
    max_values = 200
    """Members and elements: a task has twenty members and as many tags; each is dear to refuse."""
    too_large: type[BodyTooLargeError] = BodyTooLargeError
    content = b""
    """The body as it came, once it is loaded."""

    async def load(self) -> dict[str, Any] | None:
        """Give the body's JSON object, or None if there is no body; `body()` and `json()` as well.

        Checks in this order: media type (UnsupportedMediaTypeError), size (BodyTooLargeError),
        syntax (MalformedJsonError), and that it is an object (ValidationFailedError). FastAPI
        itself would turn all of them into one and the same 400.
        """
        body = bytearray()
        more = True
        while more:  # `stream` would do, but costs three times as much
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            more = message.get("more_body", False)
            if chunk := message.get("body"):
                if not body:
                    self._check_type()
                body += chunk
                if len(body) > self.max_body:
                    raise self.too_large
        self._body = self.content = bytes(body)
        if not self._body:
            return None
        value = self._json = _parse(self._body, self.max_values)
        return value

    @classmethod
    def raised(cls) -> tuple[type[TodoServerError], ...]:
        """Give the errors of a body that is not read."""
        return MalformedJsonError, cls.too_large, UnsupportedMediaTypeError

    def _check_type(self) -> None:
        found = False
        for name, value in self.scope["headers"]:
            if name == b"content-type":
                found = True
                if not _is_json(value):
                    raise UnsupportedMediaTypeError
            elif name == b"content-encoding" and value.lower() != b"identity":
                raise UnsupportedMediaTypeError("Send the body uncompressed.")
        if not found:
            raise UnsupportedMediaTypeError


class SmallJSONRequest(JSONRequest):
    """One whose few members fit 16 KiB, as anybody may send it, signed in or not."""

    max_body = MAX_SMALL_BODY
    too_large = SmallBodyTooLargeError


class BulkJSONRequest(JSONRequest):
    """One that a hundred commands fit, each with a task of the greatest length."""

    max_body = 3 * 1024 * 1024
    max_values = 5000
    too_large = LargeBodyTooLargeError


@lru_cache(maxsize=64)
def _is_json(content_type: bytes) -> bool:
    kind, _, _ = content_type.partition(b";")
    return _JSON.fullmatch(kind.strip().lower()) is not None


def _parse(body: bytes, max_values: int) -> dict[str, Any]:
    try:
        value = strict_json.loads(body, max_values)
    except ValueError as error:
        raise MalformedJsonError(f"The body is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ValidationFailedError("The body must be a JSON object.")
    return value
