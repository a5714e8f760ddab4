"""The objects around lists, where a client, or who runs the server, wants them."""

from typing import NamedTuple

from fastapi import Request
from pydantic_core import to_json

from todo_server.services import tasks


class Envelope(NamedTuple):
    """What stands around an array."""

    before: bytes = b""
    after: bytes = b""


def is_enveloped(request: Request, listing: tasks.Listing) -> bool:
    """Tell whether a list is answered as an object."""
    return listing.is_numbered or bool(request.scope["app"].state.lists_are_objects)


def envelope_of(listing: tasks.Listing, page: tasks.Page) -> Envelope:
    """Give what stands around a page."""
    if page.total is None:
        return Envelope()
    about: dict[str, object] = {"total": page.total}
    if listing.is_numbered:
        size, skipped = listing.size, listing.skipped
        about |= {
            "page": skipped // size + 1,
            "page_size": size,
            "pages": -(-page.total // size),
            "has_more": skipped + size < page.total,
        }
    return Envelope(b'{"tasks":', b"," + to_json(about)[1:])
