"""The header `Link`: where the next page of an answer is (RFC 8288)."""

from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote_plus

from fastapi import Request

_URI = "%:/?#[]@!$&'()*+,;=~"
_WHERE = ("cursor", "since", "page", "offset", "skip")
"""The parameters that say where a page begins."""


def to_next(request: Request, **where: str | None) -> tuple[tuple[bytes, bytes], ...]:
    """Link to the page of the same question that begins there: none where there is none."""
    begins = [f"{name}={value}" for name, value in where.items() if value is not None]
    if not begins:
        return ()
    page = _page(request.scope["path"], request.scope["query_string"])
    return ((b"link", f'<{page}{"&".join(begins)}>; rel="next"'.encode()),)


def document(example: str) -> dict[str, Any]:
    """Document the header."""
    return {
        "description": "Where the next page is (RFC 8288); absent on the last one.",
        "schema": {"type": "string"},
        "example": f'<{example}>; rel="next"',
    }


def to_new(request: Request, segment: str) -> tuple[bytes, bytes]:
    """Give the header `Location` of what was made at the path of its list; `segment` is quoted."""
    return (b"location", f"{quoted(request.scope['path'])}/{segment}".encode())


def location(example: str) -> dict[str, Any]:
    """Document the header."""
    return {
        "description": "The path of what was made.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": example,
    }


@lru_cache(maxsize=512)
def _page(path: str, query: bytes) -> str:
    """Give the URI of any page, but for where it begins: front ends keep asking the same."""
    given = query.decode("latin-1").split("&")
    others = [part for part in given if part and unquote_plus(part.partition("=")[0]) not in _WHERE]
    target = "".join(f"{part}&" for part in others)
    # What was sent may hold what ends a URI reference in a field (RFC 8288, section 3).
    return f"{quoted(path)}?{quote(target, safe=_URI)}"


@lru_cache(maxsize=512)
def quoted(path: str) -> str:
    """Quote a path for a header."""
    return quote(path, safe="/%")
