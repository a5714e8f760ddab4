"""Forms: which are read, and how much of them."""

from todo_server.api.routing.bare_request import MAX_SMALL_BODY, BareRequest
from todo_server.errors import (
    MalformedBodyError,
    SmallBodyTooLargeError,
    TodoServerError,
    UnsupportedMediaTypeError,
)

MAX_LINES = 100
"""Fields of a form; where it comes in parts, lines of them."""

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


class FormRequest(BareRequest):
    """A request whose body is a form, refused before more than 16 KiB is kept."""

    async def load(self) -> None:
        """Read the body; UnsupportedMediaTypeError or BodyTooLargeError, which FastAPI lacks.

        MalformedBodyError if it has more than a hundred fields or lines: each is dear to parse.
        """
        kind, _, _ = self.headers.get("content-type", "").partition(";")
        encoding = self.headers.get("content-encoding", "identity")
        if kind.strip().lower() not in FORMS or encoding.lower() != "identity":
            raise UnsupportedMediaTypeError(
                "Send a form, uncompressed, with the header "
                "'Content-Type: application/x-www-form-urlencoded'."
            )
        body = bytearray()
        async for chunk in self.stream():
            body += chunk
            if len(body) > MAX_SMALL_BODY:
                raise SmallBodyTooLargeError
        if max(map(body.count, (b"&", b";", b"\r", b"\n"))) > MAX_LINES:
            raise MalformedBodyError("The form has more than 100 fields or lines.")
        if 3 * body.count(b"%") > MAX_SMALL_BODY:
            raise MalformedBodyError("The form has more percent signs than escapes fit in it.")
        self._body = bytes(body)

    @classmethod
    def raised(cls) -> tuple[type[TodoServerError], ...]:
        """Give the errors of a body that is not read."""
        return MalformedBodyError, SmallBodyTooLargeError, UnsupportedMediaTypeError
