"""The query of a listing: its parameters, as they are documented and as they are read."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from todo_server.domain.listing import PAGE_MAXIMUM, Listing, Order, Sort, Status
from todo_server.errors import FieldError, ValidationFailedError

_STATUS = {**{s.value: s for s in Status}, "incomplete": Status.PENDING}
_SORT = {**{s.value: s for s in Sort}, "created": Sort.CREATED, "updated": Sort.UPDATED}
_ORDER = {o.value: o for o in Order}
_ALIASES = {"sort_by": "sort", "sort_order": "order"}
_MAX_CURSOR = 2048


def _choice(choices: dict[str, Any]) -> Callable[[str], Any]:
    def read(value: str) -> Any:  # noqa: ANN401 - one of several enumerations
        if value not in choices:
            raise ValueError(f"Use one of {', '.join(choices)}")
        return choices[value]

    return read


def _limit(value: str) -> int:
    digits = value.isascii() and value.isdecimal() and len(value) <= len(str(PAGE_MAXIMUM))
    if not digits or not 1 <= int(value) <= PAGE_MAXIMUM:
        raise ValueError(f"Use a whole number from 1 to {PAGE_MAXIMUM}")
    return int(value)


def _cursor(value: str) -> str:
    if not 1 <= len(value) <= _MAX_CURSOR:
        raise ValueError("Use the cursor of a 'Link' header as it stands there")
    return value


_READERS: dict[str, Callable[[str], Any]] = {
    "status": _choice(_STATUS),
    "sort": _choice(_SORT),
    "order": _choice(_ORDER),
    "limit": _limit,
    "cursor": _cursor,
}


@lru_cache(maxsize=512)
def read_listing(query: bytes) -> Listing:
    """Read a query string; ValidationFailedError lists what is wrong with it.

    Remembered, since front ends send the same few: FastAPI's own reading of five parameters
    costs a third of an empty request.
    """
    values: dict[str, Any] = {}
    wrong: list[FieldError] = []
    for given, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        name = _ALIASES.get(given, given)
        if name not in _READERS:
            continue
        if name in values:
            wrong.append(FieldError(given, "repeated", "Send this parameter once"))
            continue
        try:
            values[name] = _READERS[name](text)
        except ValueError as error:
            values[name] = None
            wrong.append(FieldError(given, "invalid", str(error)))
    if wrong:
        raise ValidationFailedError(f"{wrong[0].field}: {wrong[0].message}.", details=tuple(wrong))
    if "order" not in values and values.get("sort") is Sort.TITLE:
        values["order"] = Order.ASCENDING
    return Listing(**values)


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"name": name, "in": "query", "description": description, "schema": schema}


_SORTED = {"type": "string", "enum": list(_SORT)}
_ORDERED = {"type": "string", "enum": list(_ORDER)}

LISTING_PARAMETERS = [
    _parameter(
        "status",
        "Which tasks to list; `incomplete` is another name of `pending`.",
        type="string",
        enum=list(_STATUS),
        default="all",
    ),
    _parameter(
        "sort",
        "By what to order: `created` and `updated` are short for the two instants; titles are "
        "compared without regard to case, by their first 200 characters.",
        **_SORTED,
        default="created_at",
    ),
    _parameter(
        "order",
        "In which direction: by default the newest first, and titles from A to Z.",
        **_ORDERED,
    ),
    _parameter(
        "limit",
        "At most this many, with a `Link` to the next page. Without it, the whole list up to "
        "10,000 tasks.",
        type="integer",
        minimum=1,
        maximum=PAGE_MAXIMUM,
        examples=[20],
    ),
    _parameter(
        "cursor",
        "Where to go on: take it from the `Link` of the page before, with the same sort, order "
        "and status.",
        type="string",
        minLength=1,
        maxLength=_MAX_CURSOR,
    ),
    _parameter("sort_by", "Another name of `sort`; send one of the two.", **_SORTED),
    _parameter("sort_order", "Another name of `order`; send one of the two.", **_ORDERED),
]
