"""How a user's tasks are listed: every parameter of the query, written here once."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from todo_server.domain.query import cursor_text, one_of, whole_number

MAXIMUM = 10_000
"""A listing without a limit shows this many; clients that know no paging must see everything."""

PAGE_MAXIMUM = 200


class Status(StrEnum):
    """Which tasks to list."""

    ALL = "all"
    PENDING = "pending"
    COMPLETED = "completed"


class Sort(StrEnum):
    """By what to order them."""

    CREATED = "created_at"
    UPDATED = "updated_at"
    TITLE = "title"


class Order(StrEnum):
    """In which direction."""

    ASCENDING = "asc"
    DESCENDING = "desc"


_STATUS = {**{s.value: s for s in Status}, "incomplete": Status.PENDING}
_SORT = {**{s.value: s for s in Sort}, "created": Sort.CREATED, "updated": Sort.UPDATED}
_ORDER = {o.value: o for o in Order}


def _usual_order(asked: dict[str, Any]) -> Order:
    return Order.ASCENDING if asked["sort"] is Sort.TITLE else Order.DESCENDING


class TaskQuery(BaseModel):
    """A question for tasks; `limit` None is the whole list.

    Further names of a parameter stand in its AliasChoices, after the one that it is known by.
    """

    model_config = ConfigDict(frozen=True)

    status: Annotated[
        Status,
        one_of(_STATUS),
        Field(description="Which tasks to list; `incomplete` is another name of `pending`."),
    ] = Status.ALL
    sort: Annotated[
        Sort,
        one_of(_SORT),
        Field(
            validation_alias=AliasChoices("sort", "sort_by"),
            description="By what to order: `created` and `updated` are short for the two instants; "
            "titles are compared without regard to case, by their first 200 characters.",
        ),
    ] = Sort.CREATED
    order: Annotated[Order, one_of(_ORDER)] = Field(
        default_factory=_usual_order,
        validation_alias=AliasChoices("order", "sort_order"),
        description="In which direction: by default the newest first, and titles from A to Z.",
    )
    limit: Annotated[
        int | None,
        whole_number(1, PAGE_MAXIMUM),
        Field(
            description="At most this many, with a `Link` to the next page. Without it, the whole "
            "list up to 10,000 tasks.",
            examples=[20],
        ),
    ] = None
    cursor: Annotated[
        str | None,
        cursor_text(),
        Field(
            description="Where to go on: take it from the `Link` of the page before, with the same "
            "sort, order and status."
        ),
    ] = None
