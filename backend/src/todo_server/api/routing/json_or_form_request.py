"""Bodies that are JSON or a form, for front ends that send either."""

from typing import Any

from starlette.datastructures import Headers

from todo_server.api.routing.form_request import FORMS, FormRequest
from todo_server.api.routing.json_request import SmallJSONRequest
from todo_server.errors import MalformedBodyError, TodoServerError


class JSONOrFormRequest(SmallJSONRequest):
    """A request whose form is read as the JSON object that has its fields as members."""

    async def load(self) -> dict[str, Any] | None:
        """Give the body's members; the errors are those of JSON, or those of forms."""
        kind, _, _ = self.headers.get("content-type", "").partition(";")
        if kind.strip().lower() not in FORMS:
            return await super().load()
        request = FormRequest(self.scope, self.receive)
        await request.load()
        async with request.form() as form:
            # A file is no text, and so none of the members.
            members = {name: v if isinstance(v, str) else None for name, v in form.items()}
        # FastAPI looks at the header, for whether it shall ask for JSON.
        self._headers = Headers({"content-type": "application/json"})
        self._body, self._json = b"{}", members
        return members

    @classmethod
    def raised(cls) -> tuple[type[TodoServerError], ...]:
        """Give the errors of a body that is not read."""
        return *super().raised(), MalformedBodyError
