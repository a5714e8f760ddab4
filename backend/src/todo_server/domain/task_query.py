"""How a user's tasks are listed: every parameter of the query but its filters, here once."""

from functools import cached_property
from typing import Annotated, ClassVar

from pydantic import AfterValidator, AliasChoices, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from todo_server.domain.query import cursor_text, one_of, whole_number
from todo_server.domain.sorting import Key, Order, Sort, SortKey, keys_of, sort_keys
from todo_server.domain.task_filters import Status, TaskFilters

__all__ = ["MAXIMUM", "PAGE_MAXIMUM", "Order", "Sort", "Status", "TaskQuery"]

MAXIMUM = 10_000
"""A listing without a limit shows this many; clients that know no paging must see everything."""

PAGE_MAXIMUM = 200

PAGE_SIZE = 20
"""Of a page with a number, where no size was asked for."""

LAST_PAGE, LAST_OFFSET = 1_000_000, 200_000_000

_ORDER = {o.value: o for o in Order}
_USUAL_ORDERS = ", ".join(f"`{sort.default_order}` for `{sort}`" for sort in Sort)


def _not_with(*others: str) -> AfterValidator:
    """Refuse a parameter beside others that say the same in another way."""

    def check(value: int | None, info: ValidationInfo) -> int | None:
        for name in others:
            if value is not None and info.data.get(name) is not None:
                message = "Send this or '{other}', not both"
                raise PydanticCustomError("exclusive", message, {"other": name})
        return value

    return AfterValidator(check)


class TaskQuery(TaskFilters):
    """A question for tasks; `limit` None is the whole list, where no page is asked for."""

    model_config = ConfigDict(frozen=True)

    trashed: ClassVar[bool] = False
    free: ClassVar[frozenset[str]] = TaskFilters.free | {"order"}
    worked_out: ClassVar[tuple[str, ...]] = ("keys",)

    sort: Annotated[
        tuple[SortKey, ...],
        sort_keys(),
        Field(
            validation_alias=AliasChoices("sort", "sort_by"),
            description="By what to order, several by comma; `-` before one is descending, `+` "
            "ascending. `created` and `updated` are short for the two instants; titles are "
            "compared without regard to case, by their first 200 characters; `relevance` has those "
            "first whose title has all words of `search`, then the newest. What has no value comes "
            "last in both directions; among equals, the id decides.",
            examples=[*(sort.value for sort in Sort), "priority,-title"],
        ),
    ] = (SortKey(Sort.CREATED),)
    order: Annotated[Order | None, one_of(_ORDER)] = Field(
        default=None,
        validation_alias=AliasChoices("order", "sort_order"),
        description=f"In which direction what has no sign of its own; without it, {_USUAL_ORDERS}.",
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
    page_size: Annotated[
        int | None,
        whole_number(1, PAGE_MAXIMUM),
        _not_with("limit", "cursor"),
        Field(
            validation_alias=AliasChoices("page_size", "per_page"),
            description=f"How many are on a page; {PAGE_SIZE} without it, or what `limit` says. "
            "The answer is an object.",
            examples=[20],
        ),
    ] = None
    page: Annotated[
        int | None,
        whole_number(1, LAST_PAGE),
        _not_with("cursor"),
        Field(description="Which page, from 1 on. The answer is an object.", examples=[1]),
    ] = None
    offset: Annotated[
        int | None,
        whole_number(0, LAST_OFFSET),
        _not_with("cursor", "page"),
        Field(
            validation_alias=AliasChoices("offset", "skip"),
            description="How many to leave out before the page. The answer is an object.",
            examples=[20],
        ),
    ] = None

    @property
    def keys(self) -> tuple[Key, ...]:
        """What the rows are compared by, the id last."""
        sorts = self.sort
        if self.search is None:  # no title has more of it than another
            newest = {Sort.RELEVANCE: Sort.CREATED}
            sorts = tuple(SortKey(newest.get(sort, sort), order) for sort, order in sorts)
        return keys_of(sorts, self.order)

    @cached_property
    def is_numbered(self) -> bool:
        """Whether a page is asked for by its number, or by how many are before it."""
        return (self.page, self.page_size, self.offset) != (None, None, None)

    @property
    def size(self) -> int:
        """How many to list."""
        if self.is_numbered:
            return self.page_size or self.limit or PAGE_SIZE
        return self.limit or MAXIMUM

    @property
    def skipped(self) -> int:
        """How many are before those to list, where they are numbered."""
        if self.offset is not None:
            return self.offset
        return ((self.page or 1) - 1) * self.size
