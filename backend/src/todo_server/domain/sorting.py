"""By what tasks are sorted: the table of sorts, and how several are written in one parameter."""

import re
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


class Order(StrEnum):
    """In which direction."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class Sort(StrEnum):
    """By what to order: the table of sorts, one to a line.

    Its name, what is compared, and its direction where none was asked for. What is compared is a
    stored column, or made of some by `services/tasks/keys.py`, which knows its type as well, and
    whether it may be null.
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
    DUE = "due_date", "due_at", Order.ASCENDING
    PRIORITY = "priority", "priority", Order.DESCENDING
    POSITION = "position", "position", Order.ASCENDING
    COMPLETED = "completed_at", "completed_at", Order.DESCENDING
    RELEVANCE = "relevance", "relevance", Order.DESCENDING


class Key(NamedTuple):
    """One of the things that rows are compared by."""

    column: str
    order: Order


class SortKey(NamedTuple):
    """One of several sorts, and its direction where it has one of its own."""

    sort: Sort
    order: Order | None = None


_WORDS = {**{s.value: s for s in Sort}, "created": Sort.CREATED, "updated": Sort.UPDATED}
# A `+` that was sent as it is stands for a space.
_SIGNS = {"-": Order.DESCENDING, "+": Order.ASCENDING, " ": Order.ASCENDING, "": None}
_PART = re.compile(rf"([-+ ]?)({'|'.join(_WORDS)})")
SORTS_PATTERN = rf"^[-+ ]?({'|'.join(_WORDS)})(,[-+ ]?({'|'.join(_WORDS)}))*$"
MAX_SORTS = len(Sort)


def sort_keys() -> PlainValidator:
    """Take one sort, or several by comma, each with a sign for its direction where it has one."""

    def read(sent: Any) -> tuple[SortKey, ...]:  # noqa: ANN401 - what was sent
        parts = sent.split(",") if isinstance(sent, str) else []
        found = [_PART.fullmatch(part) for part in parts]
        if not found or None in found:
            message = "Use some of {words}, with commas between them, each with - or + before it"
            raise PydanticCustomError("invalid", message, {"words": ", ".join(_WORDS)})
        keys: dict[Sort, Order | None] = {}
        for part in found:
            assert part is not None  # noqa: S101 - seen above
            keys.setdefault(_WORDS[part[2]], _SIGNS[part[1]])
        return tuple(SortKey(sort, order) for sort, order in keys.items())

    schema = {"type": "string", "pattern": SORTS_PATTERN}
    return PlainValidator(read, json_schema_input_type=Annotated[str, WithJsonSchema(schema)])


def keys_of(sorts: tuple[SortKey, ...], order: Order | None) -> tuple[Key, ...]:
    """Give what rows are compared by, and then by their ids: the last key is the id.

    A direction of its own counts first, then the one for all, then the usual one. Ids break ties in
    the direction of the key before; nothing behind an id says anything.
    """
    keys: list[Key] = []
    for sort, own in sorts:
        keys.append(Key(sort.column, own or order or sort.default_order))
        if sort.column == "id":
            return tuple(keys)
    return (*keys, Key("id", keys[-1].order))
