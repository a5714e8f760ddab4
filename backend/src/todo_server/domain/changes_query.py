"""How a user's changes are asked for: every parameter of the queries, written here once."""

from functools import cached_property
from typing import Annotated

from pydantic import ConfigDict, Field

from todo_server.domain.query import Asked, cursor_text, whole_number

MAX_NUMBER = 2**53 - 1
"""The largest number that every reader of JSON reads as it is (RFC 8259, section 6)."""

PAGE = 500
PAGE_MAXIMUM = 1000

HISTORY_PAGE = 50
HISTORY_PAGE_MAXIMUM = 200


class ChangesQuery(Asked):
    """A question for what is different since a number; for all there is, without one."""

    model_config = ConfigDict(frozen=True)

    since: Annotated[
        int | None,
        whole_number(0, MAX_NUMBER),
        Field(
            description="The `number` of the answer before. Without it, all there is.",
            examples=[1],
        ),
    ] = None
    limit: Annotated[
        int,
        whole_number(1, PAGE_MAXIMUM),
        Field(description="At most so many changes, or rows of all there is.", examples=[500]),
    ] = PAGE
    cursor: Annotated[
        str | None,
        cursor_text(),
        Field(description="The `cursor` of the page before; without `since`."),
    ] = None

    @cached_property
    def asked_text(self) -> str:
        """What a cursor is bound to."""
        return f"changes since {self.since}"


class HistoryQuery(Asked):
    """A question for the changes of one task."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[
        int,
        whole_number(1, HISTORY_PAGE_MAXIMUM),
        Field(description="At most so many, with a `Link` to the next page.", examples=[50]),
    ] = HISTORY_PAGE
    cursor: Annotated[
        str | None,
        cursor_text(),
        Field(description="Where to go on: take it from the `Link` of the page before."),
    ] = None
