"""Answers that several nouns have: one row with its `ETag`, a list with a `Link`; as documented."""

from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_plus

from fastapi import Request, Response

from todo_server.api.routing.responses import JSONBytes, NotModified, StreamedArray
from todo_server.database import Handle
from todo_server.domain.etags import etag, etag_of_content, is_known
from todo_server.services import tasks

ETAG = {
    "description": "The version, in quotes: for `If-Match` and `If-None-Match`.",
    "schema": {"type": "string"},
    "example": '"1"',
}
_ETAG_OF_LIST = {
    "description": "Another one for another list; none where it is sent in chunks.",
    "schema": {"type": "string"},
    "example": '"9f86d081884c7d659a2feaa0c55ad015"',
}
TAGGED: dict[str, Any] = {"headers": {"ETag": ETAG}}
NOT_MODIFIED: dict[str, Any] = {"description": "What you have is still so.", **TAGGED}

_URI = "%:/?#[]@!$&'()*+,;=~"


def listed(noun: str) -> dict[str, Any]:
    """Document the headers of a list of what is at a path below `/api/me`."""
    link = {
        "description": "Where the next page is (RFC 8288); absent on the last one.",
        "schema": {"type": "string"},
        "example": f'</api/me/{noun}?limit=20&cursor=Jkad9twrSXZbIjAx>; rel="next"',
    }
    return {"headers": {"Link": link, "ETag": _ETAG_OF_LIST}}


def row_answer(row: tasks.Versioned, status: int = 200, *headers: tuple[bytes, bytes]) -> JSONBytes:
    """Answer one row."""
    return JSONBytes(row.body, status, (b"etag", etag(row.version).encode()), *headers)


async def list_answer(
    request: Request, mine: Handle, query: tasks.Listing, if_none_match: str | None
) -> Response:
    """Answer a list: whole, or in pieces where it is long, or that it is what the client has."""
    page = await tasks.list_tasks(mine, query)
    if page.rest:
        rest = tasks.read_rest(mine, query, page.rest)
        return StreamedArray(page.body, rest, *_link(request, page.next_cursor))
    tag = etag_of_content(page.body, (page.next_cursor or "").encode())
    if is_known(tag, if_none_match):
        return NotModified(tag)
    headers = ((b"etag", tag.encode()), *_link(request, page.next_cursor))
    return JSONBytes(page.body, 200, *headers)


def _link(request: Request, cursor: str | None) -> tuple[tuple[bytes, bytes], ...]:
    if cursor is None:
        return ()
    page = _next_page(request.scope["path"], request.scope["query_string"])
    return ((b"link", f'<{page}cursor={cursor}>; rel="next"'.encode()),)


@lru_cache(maxsize=512)
def _next_page(path: str, query: bytes) -> str:
    """Give the URI of the next page, but for its cursor: front ends keep asking the same."""
    given = query.decode("latin-1").split("&")
    others = [part for part in given if part and unquote_plus(part.partition("=")[0]) != "cursor"]
    target = "".join(f"{part}&" for part in others)
    # What was sent may hold what ends a URI reference in a field (RFC 8288, section 3).
    return f"{quoted(path)}?{quote(target, safe=_URI)}"


@lru_cache(maxsize=512)
def quoted(path: str) -> str:
    """Write a path as it may stand in a header."""
    return quote(path, safe="/%")
