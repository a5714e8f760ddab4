"""What parameters of a query are read with: one line of a query model each, and one sentence."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, Field, PlainValidator
from pydantic_core import PydanticCustomError


class Asked(BaseModel):
    """A query that is read once and asked often: what it asks is put into words once."""

    free: ClassVar[frozenset[str]] = frozenset({"limit", "cursor"})
    """Its fields that may be others from page to page."""
    worked_out: ClassVar[tuple[str, ...]] = ()
    """What counts instead of some of them."""

    @cached_property
    def memo(self) -> dict[object, Any]:
        """What others have worked out of it, to be had again when it is asked again."""
        return {}

    @cached_property
    def asked_text(self) -> str:
        """All that was asked, but for what may be another from page to page, as text.

        No two questions look alike in it, as no text has a NUL unquoted.
        """
        names = sorted(name for name in type(self).model_fields if name not in self.free)
        values = [getattr(self, name) for name in (*names, *self.worked_out)]
        return "\0".join(v if isinstance(v, StrEnum) else repr(v) for v in values)


MAX_CURSOR = 2048
"""Characters."""

Choice = TypeVar("Choice")


def one_of(words: Mapping[str, Choice]) -> PlainValidator:
    """Take one of some words for what it means."""
    listed = ", ".join(filter(None, words))

    def read(word: object) -> Choice:
        if not isinstance(word, str) or word not in words:
            raise PydanticCustomError("invalid", "Use one of {words}", {"words": listed})
        return words[word]

    return PlainValidator(read, json_schema_input_type=Literal[tuple(words)])


def whole_number(least: int, most: int) -> PlainValidator:
    """Take ASCII digits, no more than the largest number has."""
    bounds: dict[str, Any] = {"least": least, "most": most}

    def read(number: str | int | None) -> int | None:
        if number is None:
            return None
        text = str(number)
        digits = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
        if not digits or not least <= int(text) <= most:
            message = "Use a whole number from {least} to {most}"
            raise PydanticCustomError("invalid", message, bounds)
        return int(text)

    return PlainValidator(read, json_schema_input_type=Annotated[int, Field(ge=least, le=most)])


def cursor_text() -> PlainValidator:
    """Take what may be a cursor: that it is one, is seen where it is used."""

    def read(cursor: str) -> str:
        if not 1 <= len(cursor) <= MAX_CURSOR:
            message = "Use the cursor of a 'Link' header as it stands there"
            raise PydanticCustomError("invalid", message)
        return cursor

    bounded = Annotated[str, Field(min_length=1, max_length=MAX_CURSOR)]
    return PlainValidator(read, json_schema_input_type=bounded)
