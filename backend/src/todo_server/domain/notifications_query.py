"""How a user's notifications are listed: the parameters of the query."""

from typing import Annotated

from pydantic import ConfigDict, Field

from todo_server.domain.query import Asked, cursor_text, one_of, whole_number

PAGE = 50
PAGE_MAXIMUM = 200

_UNREAD = {"true": True, "false": False, "all": None, "": None}


class NotificationsQuery(Asked):
    """A question for notifications; `unread` None is all of them."""

    model_config = ConfigDict(frozen=True)

    unread: Annotated[
        bool | None,
        one_of(_UNREAD),
        Field(
            description="`true` for those that are unread, `false` for the others; all without it."
        ),
    ] = None
    limit: Annotated[
        int,
        whole_number(1, PAGE_MAXIMUM),
        Field(description="At most so many, with a `Link` to the next page.", examples=[50]),
    ] = PAGE
    cursor: Annotated[
        str | None,
        cursor_text(),
        Field(description="Where to go on: take it from the `Link` of the page before."),
    ] = None
