"""JSON on which all parsers agree (RFC 8259, and I-JSON of RFC 7493 where parsers differ)."""

import json
from typing import Any

MAX_DEPTH = 32
MAX_VALUES = 1000
"""Members and elements: what a value costs to parse, and to refuse, is up to how many it has."""

_MAX_DIGITS = 400  # of a number: the greatest that a float can hold has 309
_BOM = b"\xef\xbb\xbf"
_TOO_DEEP = f"it is nested deeper than {MAX_DEPTH}"


def loads(data: bytes, max_values: int = MAX_VALUES) -> Any:  # noqa: ANN401 - JSON
    """Parse UTF-8 JSON; ValueError, with a sentence for the sender, on anything doubtful.

    Refused beside malformed text: a byte-order mark, duplicate names, NaN and Infinity, nesting
    deeper than 32, numbers of more than 400 digits, and more than `max_values` members and
    elements together, before any is made. Lone surrogates pass, as text that no field accepts.
    """
    if data.startswith(_BOM):
        raise ValueError("it begins with a byte-order mark")
    if len(data) > max_values:
        _check_number(data, max_values)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 at byte {error.start}") from error
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        message = error.msg.removesuffix(" at")
        raise ValueError(f"{message} at character {error.pos}") from error
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    # As many openings, within strings or not, must there be for a value to be nested so deep.
    if text.count("{") + text.count("[") > MAX_DEPTH and not _shallow(value, MAX_DEPTH):
        raise ValueError(_TOO_DEEP)
    return value


def value_at(text: str, at: int) -> tuple[Any, int]:
    """Parse the value that begins at a place of a text; give it, and where it ends.

    As strict as `loads`, but for the number of members: the caller bounds the text. ValueError as
    there; a JSONDecodeError, with the place in the text, where it is malformed.
    """
    try:
        value, end = _DECODER.raw_decode(text, at)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    if text.count("{", at, end) + text.count("[", at, end) > MAX_DEPTH and not _shallow(
        value, MAX_DEPTH
    ):
        raise ValueError(_TOO_DEEP)
    return value, end


def _check_number(data: bytes, max_values: int) -> None:
    # A comma, an opening brace or bracket stands before each, and others within strings.
    if _openings(data) > max_values and _openings(_without_strings(data, max_values)) > max_values:
        raise ValueError(f"it has more than {max_values:,} members and elements")


def _openings(data: bytes) -> int:
    return data.count(b",") + data.count(b"{") + data.count(b"[")


def _without_strings(data: bytes, max_values: int) -> bytes:
    """Leave out what stands in quotes; ValueError if that is more than so many values can have."""
    if b"\\" in data:  # replaced by as many bytes, as that is twice as fast as to leave them out
        data = data.replace(rb"\\", b"__").replace(rb"\"", b"__")
    if data.count(b'"') > 4 * max_values + 2:  # a name and a text for each, or one text alone
        raise ValueError(f"it has more than {max_values:,} members and elements")
    return b"".join(data.split(b'"')[::2])


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise ValueError("an object names a member twice")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


def _integer(digits: str) -> int:
    return int(_bounded(digits))


def _float(digits: str) -> float:
    return float(_bounded(digits))


def _bounded(digits: str) -> str:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a number has more than {_MAX_DIGITS} digits")
    return digits


def _shallow(value: Any, depth: int) -> bool:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return depth > 0 and all(_shallow(member, depth - 1) for member in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_shallow(member, depth - 1) for member in value)
    return True


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_refuse,
    parse_float=_float,
    parse_int=_integer,
    strict=True,
)
