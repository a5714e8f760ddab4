"""Bodies that are long, and are not kept: they are read as they arrive."""

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect

from todo_server.api.routing.json_request import JSONRequest
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.errors import FieldError, LongBodyTooLargeError, ValidationFailedError

LONG_BODY = "long_body"
"""In a request's state: it has not to arrive as fast as others (`http_protocol.py`)."""


class LongJSONRequest(JSONRequest):
    """A request whose body is JSON of up to 256 MiB."""

    max_body = 256 * 1024 * 1024
    too_large = LongBodyTooLargeError

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the body as it arrives.

        UnsupportedMediaTypeError or BodyTooLargeError, where its length says so before the first;
        ValidationFailedError where there is none.
        """
        self.scope["state"][LONG_BODY] = True
        size, more = 0, True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            more = message.get("more_body", False)
            if chunk := message.get("body"):
                if not size:
                    self._check_type()
                    self._check_length()
                size += len(chunk)
                if size > self.max_body:
                    raise self.too_large
                yield chunk
        if not size:
            raise ValidationFailedError.of(FieldError("body", "missing", "Field required"))

    def _check_length(self) -> None:
        announced = self.headers.get("content-length", "0")
        if int(announced) > self.max_body:
            raise self.too_large


class LongJSONRoute(OwnerRoute):
    """A route whose endpoint reads a long body itself: its request is a `LongJSONRequest`."""

    request_class = LongJSONRequest
    may_have_key = False  # it takes many transactions, and may be sent again without
