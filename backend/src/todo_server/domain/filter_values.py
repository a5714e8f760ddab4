"""How values of filters are read: no value, or `all`, is no filter; several come by comma."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from todo_server.domain.dates import DATE_PATTERN, WANTED, NoDateError, read_date
from todo_server.domain.text import has_nul

Word = TypeVar("Word", bound=StrEnum)

_NO_FILTER = ("", "all")
_ROW_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:([Zz])|([+ -])(\d\d:\d\d))",
    re.ASCII,
)
_INSTANT_WANTED = "Use an instant with its offset, like 2026-11-30T09:00:00Z"


# Of an offset, where the `+` was sent as it is.
_PLUS = re.compile(r"(:\d\d(?:\.\d+)?) (?=\d\d:\d\d$)", re.ASCII)


class Switch(StrEnum):
    """Whether something shall be so."""

    TRUE = "true"
    FALSE = "false"


class Without(Enum):
    """The value that asks for rows in which there is none."""

    NONE = "none"


NONE: Final = Without.NONE


def _invalid(message: str, **context: object) -> PydanticCustomError:
    return PydanticCustomError("invalid", message, dict(context))


class Several(PlainValidator):
    """Reads what may be sent several times, which is the same as with commas between."""


def _filter(read: Callable[[str], Any], *schemas: dict[str, Any], several: bool = False) -> Any:  # noqa: ANN401 - what `Annotated` takes
    """Make the reader of a filter: None where none is meant."""

    def read_filter(sent: object) -> object:
        if sent is None or sent in _NO_FILTER:
            return None
        if not isinstance(sent, str):
            raise _invalid("Use text")
        return read(sent) or None

    schema = schemas[0] if several else {"anyOf": [*schemas, {"enum": [*_NO_FILTER]}]}
    documented = Annotated[Any, WithJsonSchema(schema)]
    kind = Several if several else PlainValidator
    return kind(read_filter, json_schema_input_type=documented)


def text_filter(most: int) -> Any:  # noqa: ANN401 - what `Annotated` takes
    """Take a text, trimmed, of at most so many characters."""

    def read(sent: str) -> str:
        text = sent.strip()
        if has_nul(text) or len(text) > most:
            raise _invalid("Use at most {most} characters, none of them U+0000", most=most)
        return text

    return _filter(read, {"type": "string", "maxLength": most})


def one_of_several(words: Iterable[str]) -> Any:  # noqa: ANN401 - what `Annotated` takes
    """Take some of some words, in any case, as a tuple."""
    known = {str(word) for word in words}
    listed = ", ".join(words)

    def read(sent: str) -> tuple[str, ...]:
        found = dict.fromkeys(word.strip().lower() for word in sent.split(","))
        found.pop("", None)
        if "all" in found:
            return tuple(known)
        if not found.keys() <= known:
            raise _invalid("Use some of {words}, with commas between them", words=listed)
        return tuple(found)

    items = {"type": "string", "enum": [*words, *_NO_FILTER]}
    return _filter(read, {"type": "array", "items": items}, several=True)


def names(most: int, length: int) -> Any:  # noqa: ANN401 - what `Annotated` takes
    """Take names, as a tuple."""

    def read(sent: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(name for each in sent.split(",") if (name := each.strip())))
        if len(found) > most or any(has_nul(name) or len(name) > length for name in found):
            message = "Use at most {most} names of at most {length} characters"
            raise _invalid(message, most=most, length=length)
        return found

    items = {"type": "string", "maxLength": length}
    return _filter(read, {"type": "array", "items": items}, several=True)


def row_or_none() -> Any:  # noqa: ANN401 - what `Annotated` takes
    """Take the id of a row, or `none`."""

    def read(sent: str) -> UUID | Without:
        if sent.lower() == NONE.value:
            return NONE
        if not _ROW_ID.fullmatch(sent):
            raise _invalid("Use an id, or none")
        return UUID(sent)

    id_or_word = [{"type": "string", "format": "uuid"}, {"type": "string", "const": NONE.value}]
    return _filter(read, *id_or_word)


def row_id() -> Any:  # noqa: ANN401 - what `Annotated` takes
    """Take the id of a row."""

    def read(sent: str) -> UUID:
        if not _ROW_ID.fullmatch(sent):
            raise _invalid("Use an id")
        return UUID(sent)

    return _filter(read, {"type": "string", "format": "uuid"})


def instant() -> Any:  # noqa: ANN401 - what `Annotated` takes
    """Take an instant (RFC 3339), also with the space that a `+` in a URL stands for."""

    def read(sent: str) -> datetime:
        parts = _INSTANT.fullmatch(sent)
        if parts is None:
            raise _invalid(_INSTANT_WANTED)
        day, time, zulu, sign, offset = parts.groups()
        zone = "+00:00" if zulu else ("-" if sign == "-" else "+") + offset
        try:
            return datetime.fromisoformat(f"{day}T{time}{zone}").astimezone(UTC)
        except (ValueError, OverflowError):
            raise _invalid(_INSTANT_WANTED) from None

    return _filter(read, {"type": "string", "format": "date-time"})


def yes_or_no() -> Any:  # noqa: ANN401 - what `Annotated` takes
    """Take `true` or `false`, as a Switch."""

    def read(sent: str) -> Switch:
        try:
            return Switch(sent.lower())
        except ValueError:
            raise _invalid("Use true or false") from None

    return _filter(read, {"type": "string", "enum": [*Switch]})


def one_word(words: type[Word]) -> Any:  # noqa: ANN401 - what `Annotated` takes
    """Take one of some words."""

    def read(sent: str) -> Word:
        try:
            return words(sent.lower())
        except ValueError:
            raise _invalid("Use one of {words}", words=", ".join(words)) from None

    return _filter(read, {"type": "string", "enum": [*words]})


def bound() -> Any:  # noqa: ANN401 - what `Annotated` takes
    """Take a date or time as due dates are kept, also with the space that a `+` stands for."""

    def read(sent: str) -> str | None:
        try:
            return read_date(_PLUS.sub(r"\1+", sent))
        except NoDateError as error:
            raise PydanticCustomError("datetime_parsing", WANTED) from error

    return _filter(read, {"type": "string", "pattern": DATE_PATTERN})
