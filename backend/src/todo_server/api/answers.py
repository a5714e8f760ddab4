"""Answers that several nouns have: one row with its `ETag`, a list with a `Link`; as documented."""

from typing import Any

from fastapi import Request, Response

from todo_server.api import links
from todo_server.api.envelopes import envelope_of, is_enveloped
from todo_server.api.routing.responses import JSONBytes, NotModified, StreamedArray
from todo_server.database import Handle
from todo_server.domain.etags import etag, etag_of_content, is_known
from todo_server.domain.task_query import TaskQuery
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


def listed(noun: str) -> dict[str, Any]:
    """Document the headers of a list of what is at a path below `/api/me`."""
    link = links.document(f"/api/me/{noun}?limit=20&cursor=Jkad9twrSXZbIjAx")
    return {"headers": {"Link": link, "ETag": _ETAG_OF_LIST}}


LISTED: dict[str, Any] = {"headers": {"ETag": _ETAG_OF_LIST}}


def row_answer(row: tasks.Versioned, status: int = 200, *headers: tuple[bytes, bytes]) -> JSONBytes:
    """Answer one row."""
    return JSONBytes(row.body, status, (b"etag", etag(row.version).encode()), *headers)


def content_answer(body: bytes, if_none_match: str | None) -> Response:
    """Answer a whole list by what is in it, or that it is what the client has."""
    tag = etag_of_content(body)
    return (
        NotModified(tag)
        if is_known(tag, if_none_match)
        else JSONBytes(body, 200, (b"etag", tag.encode()))
    )


async def list_answer(
    request: Request, mine: Handle, query: tasks.Listing, if_none_match: str | None
) -> Response:
    """Answer a list: whole, or in pieces where it is long, or that it is what the client has."""
    page = await tasks.list_tasks(mine, query, counted=is_enveloped(request, query))
    envelope = envelope_of(query, page)
    if page.rest:
        rest = tasks.read_rest(mine, query, page.rest)
        return StreamedArray(page.body, rest, *_to_next(request, query, page), around=envelope)
    body = envelope.before + page.body + envelope.after
    tag = etag_of_content(body, (page.next_cursor or "").encode())
    if is_known(tag, if_none_match):
        return NotModified(tag)
    headers = ((b"etag", tag.encode()), *_to_next(request, query, page))
    return JSONBytes(body, 200, *headers)


def _to_next(
    request: Request, query: tasks.Listing, page: tasks.Page
) -> tuple[tuple[bytes, bytes], ...]:
    """Link to the next page: by its number or by how many are before it, where that was asked."""
    if not (isinstance(query, TaskQuery) and query.is_numbered):
        return links.to_next(request, cursor=page.next_cursor)
    behind = query.skipped + query.size
    if page.total is None or behind >= page.total:
        return ()
    if query.offset is not None:
        return links.to_next(request, offset=str(behind))
    return links.to_next(request, page=str(behind // query.size + 1))
