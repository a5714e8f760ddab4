"""Following the changes of a user: all there is at first, and then what is different since."""

from dataclasses import dataclass
from uuid import UUID

from todo_server.database import Handle
from todo_server.domain.changes_query import ChangesQuery
from todo_server.domain.cursor import read_cursor, write_cursor
from todo_server.errors import InvalidCursorError, NumberTooOldError
from todo_server.services.changes.follow_statements import FOLLOW, START, Page
from todo_server.services.changes.nouns import NOUNS

_BEFORE_ALL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """A page as clients are shown it, in JSON, and what leads to the next one."""

    body: bytes
    next: dict[str, str]
    """The parameters that ask for the next page; none where there is no more."""


async def list_changes(mine: Handle, query: ChangesQuery) -> ChangesPage:
    """Give what is different since a number, or a page of all there is.

    NumberTooOldError where the log does not reach from that number to now, InvalidCursorError for a
    cursor that belongs elsewhere.
    """
    if query.since is not None and query.cursor is None:
        page = await mine.run(FOLLOW, since=query.since, limit=query.limit)
        return show_page(page, query.since)
    number, after = _position(mine, query)
    page = await mine.run(START, number=number, after=after, limit=query.limit)
    if not page[3]:
        return show_page(page, number)
    position = f'["{page[2].decode()}", "{page[3].decode()}"]'
    cursor = write_cursor(mine.identity.user_id, query, position)
    return show_page(page, number, cursor)


def show_page(page: Page, since: int | None = None, cursor: str | None = None) -> ChangesPage:
    """Show clients what a statement has given; NumberTooOldError as above."""
    oldest, newest, last = (int(each) for each in page[:3])
    if since is not None and not oldest - 1 <= since <= newest:
        raise NumberTooOldError
    more = cursor is not None or newest > last
    following: dict[str, str] = {}
    if more:
        following = {"cursor": cursor} if cursor is not None else {"since": str(last)}
    members = {
        "number": page[2],
        "more": b"true" if more else b"false",
        "cursor": b'"%s"' % cursor.encode() if cursor is not None else b"null",
        **dict(zip((noun.member for noun in NOUNS), page[5:], strict=True)),
        "removed": page[4],
    }
    body = b", ".join(b'"%s": %s' % (name.encode(), json) for name, json in members.items())
    return ChangesPage(b"{%s}" % body, following)


def _position(mine: Handle, query: ChangesQuery) -> tuple[int | None, UUID]:
    """Turn a cursor into the number of the first page, and the id after which to go on."""
    if query.cursor is None:
        return None, _BEFORE_ALL
    try:
        number, after = read_cursor(mine.identity.user_id, query)
        return int(number or ""), UUID(after)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidCursorError from error
