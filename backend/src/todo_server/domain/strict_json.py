"""JSON on which all parsers agree (RFC 8259, and I-JSON of RFC 7493 where parsers differ)."""

import json
from typing import Any

MAX_DEPTH = 32
_BOM = b"\xef\xbb\xbf"


def loads(data: bytes) -> Any:  # noqa: ANN401 - JSON
    """Parse UTF-8 JSON; ValueError, with a sentence for the sender, on anything doubtful.

    Refused beside malformed text: a byte-order mark, duplicate names, NaN and Infinity, nesting
    deeper than 32, and numbers of thousands of digits. Lone surrogates pass, as text that no
    field accepts.
    """
    if data.startswith(_BOM):
        raise ValueError("it begins with a byte-order mark")
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
        raise ValueError(f"it is nested deeper than {MAX_DEPTH}") from error
    # As many openings, within strings or not, must there be for a value to be nested so deep.
    if text.count("{") + text.count("[") > MAX_DEPTH and not _shallow(value, MAX_DEPTH):
        raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
    return value


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise ValueError("an object names a member twice")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > 1000:  # noqa: PLR2004 - far below what Python itself refuses to convert
        raise ValueError("a number has more than 1,000 digits")
    return int(digits)


def _shallow(value: Any, depth: int) -> bool:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return depth > 0 and all(_shallow(member, depth - 1) for member in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_shallow(member, depth - 1) for member in value)
    return True


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse, parse_int=_integer, strict=True
)
