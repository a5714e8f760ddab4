"""What parameters of a query are read with: one line of a query model each, and one sentence."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

MAX_CURSOR = 2048
"""Characters."""

Choice = TypeVar("Choice")


def one_of(words: Mapping[str, Choice]) -> PlainValidator:
    """Take one of some words for what it means."""
    listed = ", ".join(words)

    def read(word: str) -> Choice:
        if word not in words:
            raise PydanticCustomError("invalid", "Use one of {words}", {"words": listed})
        return words[word]

    return PlainValidator(read, json_schema_input_type=Literal[tuple(words)])


def whole_number(least: int, most: int) -> PlainValidator:
    """Take ASCII digits, no more than the largest number has."""
    bounds: dict[str, Any] = {"least": least, "most": most}

    def read(number: str | int) -> int:
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
