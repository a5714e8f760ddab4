"""How a user's tasks are listed: every parameter of the query, written here once."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import AliasChoices, ConfigDict, Field

from todo_server.domain.query import Asked, cursor_text, one_of, whole_number

MAXIMUM = 10_000
"""A listing without a limit shows this many; clients that know no paging must see everything."""

PAGE_MAXIMUM = 200


class Status(StrEnum):
    """Which tasks to list."""

    ALL = "all"
    PENDING = "pending"
    COMPLETED = "completed"


class Order(StrEnum):
    """In which direction."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class Sort(StrEnum):
    """By what to order: the table of sorts, one to a line.

    Its name, the stored column that is compared, and its direction where none was asked for. The
    column's type, and whether it may be null, are the model's (`services/tasks/keys.py`).
    """

    column: str
    default_order: Order

    def __new__(cls, name: str, column: str, default_order: Order) -> Self:
        """Make a member that is its name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.column, member.default_order = column, default_order
        return member

    CREATED = "created_at", "id", Order.DESCENDING  # ids are of version 7: the order of creation
    UPDATED = "updated_at", "updated_at", Order.DESCENDING
    TITLE = "title", "title_key", Order.ASCENDING


_STATUS = {**{s.value: s for s in Status}, "incomplete": Status.PENDING}
_SORT = {**{s.value: s for s in Sort}, "created": Sort.CREATED, "updated": Sort.UPDATED}
_ORDER = {o.value: o for o in Order}


_USUAL_ORDERS = ", ".join(f"`{sort.default_order}` for `{sort}`" for sort in Sort)


def _usual_order(asked: dict[str, Any]) -> Order:
    order: Order = asked["sort"].default_order
    return order


class TaskQuery(Asked):
    """A question for tasks; `limit` None is the whole list.

    Further names of a parameter stand in its AliasChoices, after the one that it is known by.
    """

    model_config = ConfigDict(frozen=True)

    trashed: ClassVar[bool] = False

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
        description=f"In which direction; without it, {_USUAL_ORDERS}.",
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
            "parameters; `limit` alone may be another."
        ),
    ] = None

    @property
    def column(self) -> str:
        """The stored column that is compared."""
        return self.sort.column
