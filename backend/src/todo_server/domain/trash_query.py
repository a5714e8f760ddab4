"""How a user's trash is listed: the parameters of the query."""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from todo_server.domain.query import Asked, cursor_text, whole_number
from todo_server.domain.sorting import Key, Order
from todo_server.domain.task_filters import Status
from todo_server.domain.task_query import MAXIMUM, PAGE_MAXIMUM


class TrashQuery(Asked):
    """A question for what is in the trash; `limit` None is the whole list."""

    model_config = ConfigDict(frozen=True)

    trashed: ClassVar[bool] = True
    state: ClassVar[Status] = Status.ALL
    keys: ClassVar[tuple[Key, ...]] = (
        Key("deleted_at", Order.DESCENDING),
        Key("id", Order.DESCENDING),
    )
    is_numbered: ClassVar[bool] = False
    skipped: ClassVar[int] = 0

    limit: Annotated[
        int | None,
        whole_number(1, PAGE_MAXIMUM),
        Field(
            description="At most this many, with a `Link` to the next page. Without it, the whole "
            "trash up to 10,000 tasks.",
            examples=[20],
        ),
    ] = None
    cursor: Annotated[
        str | None,
        cursor_text(),
        Field(description="Where to go on: take it from the `Link` of the page before."),
    ] = None

    @property
    def size(self) -> int:
        """How many to list."""
        return self.limit or MAXIMUM
