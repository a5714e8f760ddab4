"""Queries that are kept in filters: read as those that stand in a URL."""

from urllib.parse import urlencode

from fastapi.exceptions import RequestValidationError

from todo_server.api.routing.query_reader import QueryReader, names_of
from todo_server.domain.filter_query import FilterPage
from todo_server.domain.task_query import TaskQuery

_read = QueryReader(TaskQuery).read
_NAMES = {name for names in names_of(TaskQuery) for name in names}
_UNKNOWN = "'GET …/tasks' has no such parameter"


def check_query(query: dict[str, str] | None) -> None:
    """Refuse what a listing would refuse, and what it would ignore (RequestValidationError)."""
    unknown = [
        _wrong(name, "unknown_parameter", _UNKNOWN) for name in query or () if name not in _NAMES
    ]
    if unknown:
        raise RequestValidationError(unknown)
    read_query(query or {}, FilterPage())


def wrong_parameters(query: dict[str, str]) -> list[tuple[str, str, str]]:
    """Give the parameters that `check_query` refuses, each with its code and the reason."""
    try:
        check_query(query)
    except RequestValidationError as error:
        return [(str(each["loc"][-1]), each["type"], each["msg"]) for each in error.errors()]
    return []


def read_query(query: dict[str, str], page: FilterPage) -> TaskQuery:
    """Read a saved query, of which this page is asked for; raises as `check_query`."""
    where = {name: value for name, value in page if value is not None}
    try:
        asked = _read(urlencode({**query, **where}).encode())
    except RequestValidationError as error:
        wrong = [_wrong(str(e["loc"][-1]), e["type"], e["msg"]) for e in error.errors()]
        raise RequestValidationError(wrong) from error
    assert isinstance(asked, TaskQuery)  # noqa: S101 - as the reader was made for it
    return asked


def _wrong(name: str, code: str, message: str) -> dict[str, object]:
    return {"type": code, "loc": ("body", "query", name), "msg": message}
