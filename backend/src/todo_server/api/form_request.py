"""Forms: which are read, and how much of them."""

from fastapi import Request, Response
from fastapi.routing import APIRoute

from todo_server.api.route import Handler
from todo_server.errors import BodyTooLargeError, UnsupportedMediaTypeError

MAX_FORM = 16 * 1024
"""Bytes."""

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


class FormRequest(Request):
    """A request whose body is a form, refused before more than 16 KiB is kept."""

    async def load(self) -> None:
        """Read the body; UnsupportedMediaTypeError or BodyTooLargeError, which FastAPI lacks."""
        kind, _, _ = self.headers.get("content-type", "").partition(";")
        encoding = self.headers.get("content-encoding", "identity")
        if kind.strip().lower() not in _FORMS or encoding.lower() != "identity":
            raise UnsupportedMediaTypeError(
                "Send a form, uncompressed, with the header "
                "'Content-Type: application/x-www-form-urlencoded'."
            )
        body = bytearray()
        async for chunk in self.stream():
            body += chunk
            if len(body) > MAX_FORM:
                raise BodyTooLargeError("The form is larger than 16 KiB (16,384 bytes).")
        self._body = bytes(body)


class FormRoute(APIRoute):
    """A route for everybody, whose body is a form (415, 413 before FastAPI's 422)."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()

        async def with_form(request: Request) -> Response:
            form = FormRequest(request.scope, request.receive)
            await form.load()
            return await handle(form)

        return with_form
