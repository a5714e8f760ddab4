"""Lines of a calendar: text that cannot break out of one, and is folded (RFC 5545, section 3.1)."""

import re
from collections.abc import Iterable

LINE_LENGTH = 75
"""Octets, without the line's end."""

BREAK = "\r\n"

# Besides what the standard wants escaped: controls, which text may not have, and all that some
# reader takes for the end of a line.
_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_SPECIAL = re.compile("\r\n|[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029\\\\;,]")
_BREAKS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
_ESCAPED = dict.fromkeys(_BREAKS, "\\n") | {char: f"\\{char}" for char in "\\;,"}


def text(value: str) -> str:
    """Write a value of the type TEXT: breaks are escaped as well, other controls left out."""
    return _SPECIAL.sub(_escape, value)


def one_line(value: str) -> str:
    """Write a TEXT that has no breaks: some readers refuse a summary with one (calcurse)."""
    return text(_BREAK.sub(" ", value))


def _escape(found: re.Match[str]) -> str:
    return _ESCAPED.get(found[0], "")


def texts(values: Iterable[str]) -> str:
    """Write several values of one property."""
    return ",".join(map(text, values))


def folded(line: str) -> str:
    """Fold a line that is too long, within no character; without its end."""
    if len(line) * 4 <= LINE_LENGTH:
        return line
    if line.isascii():
        if len(line) <= LINE_LENGTH:
            return line
        step = LINE_LENGTH - 1  # behind the space that each further line begins with
        rest = [line[at : at + step] for at in range(LINE_LENGTH, len(line), step)]
        return "\r\n ".join([line[:LINE_LENGTH], *rest])
    return _folded_bytes(line.encode()).decode()


def _folded_bytes(line: bytes) -> bytes:
    parts, start, room = [], 0, LINE_LENGTH
    while len(line) - start > room:
        end = start + room
        while line[end] & 0xC0 == 0x80:  # noqa: PLR2004 - the rest of a character in UTF-8
            end -= 1
        parts.append(line[start:end])
        start, room = end, LINE_LENGTH - 1
    return b"\r\n ".join([*parts, line[start:]])


def written(lines: Iterable[str]) -> str:
    """Write some lines, each with its end."""
    return "".join([folded(line) + BREAK for line in lines])
