"""Requests of which nothing is read that nobody asks for."""

from fastapi import Request
from starlette.datastructures import QueryParams

MAX_SMALL_BODY = 16 * 1024
"""Bytes: of a form, and of what anybody may send who has no token."""

_NO_QUERY = QueryParams()


class BareRequest(Request):
    """A request without query and cookies.

    FastAPI reads both for every operation, and no operation that it runs has any; thousands of
    them would cost more than the request.
    """

    @property
    def query_params(self) -> QueryParams:
        """Give no parameters; `QueryReader` reads those that a query model has."""
        return _NO_QUERY

    @property
    def cookies(self) -> dict[str, str]:
        """Give no cookies: nobody is known here by one."""
        return {}
