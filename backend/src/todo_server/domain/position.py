"""Positions in a list: opaque text compared by bytes, of which there is always one in between.

A position is a row of tokens, each an integer: a head, which says the sign and the number of
digits, and digits in base 62, in the order of ASCII. The tokens of more digits come after those of
fewer, and where the head is negative before them, so no integer has two tokens, no token begins
another one, and bytes compare as integers do. A position comes before its extensions.

A row that was never moved has the position that its id gives, of version 7: `HEAD_OF_ID` and the
first 26 hexadecimal digits, in lower case, which are one token. A move writes one row. Of rows
of one microsecond 38 bits of these digits are random; should two share a position all the same,
the id breaks the tie, and nothing goes between them.

Characters after 1,000 moves, the first 27 of which are an id's: 27 where all go to the first place
or to the last; 31 always after the same row, always before it, or in turns; at most 228 where each
goes beside the last one, on the side that is worse, for which 62 digits need 168.
"""

from bisect import bisect_right
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

_DIGITS = digits + ascii_uppercase + ascii_lowercase
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_MOST_DIGITS = 26
_COUNTS = {
    **{head: count for count, head in enumerate(reversed(ascii_uppercase), 1)},
    **{head: count for count, head in enumerate(ascii_lowercase, 1)},
}
"""How many digits follow a head: Z is negative with one, A with 26; a and z are not negative."""

_FEWER: list[int] = [max(0, 62**count - 62) // 61 for count in range(_MOST_DIGITS + 2)]
"""How many integers of one sign have fewer digits than this."""

_LEAST, _MOST = -_FEWER[-1], _FEWER[-1] - 1

_STEPS = [62**4, 16, *(16 * 62**more for more in range(1, 9))]
"""How far to go aside, by depth: a deep place is fought for, and long steps leave more room."""

DIGITS_OF_ID = 26
HEAD_OF_ID = ascii_lowercase[DIGITS_OF_ID - 1]
"""What stands before the first digits of an id to make a position of them."""

MAX_LENGTH = 4096
"""Characters, which 20,000 moves reach, each between the two before it."""

_TOKEN = "|".join(f"{head}[0-9A-Za-z]{{{_COUNTS[head]}}}" for head in ascii_letters)
POSITION_PATTERN = f"^(?:{_TOKEN})+$"
"""What is a position, as a regular expression of PostgreSQL."""


class NoRoomError(ValueError):
    """No position is in between that is short enough."""


def between(before: str | None, after: str | None) -> str:
    """Give a position after the one and before the other, each None where there is no neighbour.

    ValueError if they are not positions in this order; NoRoomError, which is one, if there is none
    of `MAX_LENGTH`.
    """
    if before is not None and after is not None and before >= after:
        raise ValueError("the neighbours are not in order")
    made = "".join(map(_write, _between(_read(before), _read(after))))
    if len(made) > MAX_LENGTH:
        raise NoRoomError
    return made


def _between(before: list[int], after: list[int], depth: int = 0) -> list[int]:
    """Go where the two part: to the middle, or a step aside where only one of them binds."""
    if not before and not after:
        return [0]
    place = 0
    while before[place : place + 1] == after[place : place + 1]:
        place += 1
    same, below, above = before[:place], before[place:], after[place:]
    lower, upper = below[0] if below else _LEAST, above[0] if above else _MOST
    room, step = (upper - lower) // 2, _STEPS[min(depth + place, len(_STEPS) - 1)]
    if room and not below:
        return [*same, upper - min(step, room)]
    if room:
        return [*same, lower + (room if above else min(step, room))]
    if len(above) > 1:
        return [*same, upper]
    if not below:
        raise NoRoomError
    return [*same, lower, *_between(below[1:], [], depth + place + 1)]


def _read(position: str | None) -> list[int]:
    numbers = []
    rest = "" if position is None else position
    if position is not None and not 0 < len(position) <= MAX_LENGTH:
        raise ValueError("this is no position")
    while rest:
        end = 1 + _COUNTS.get(rest[0], len(rest))
        token, rest = rest[:end], rest[end:]
        if len(token) < end or not _VALUES.keys() >= set(token):
            raise ValueError("this is no position")
        numbers.append(_number(token))
    return numbers


def _number(token: str) -> int:
    value = 0
    for digit in token[1:]:
        value = value * 62 + _VALUES[digit]
    count = len(token) - 1
    return value + (_FEWER[count] if token[0].islower() else -_FEWER[count + 1])


def _write(number: int) -> str:
    fewer = number if number >= 0 else -1 - number
    count = bisect_right(_FEWER, fewer) - 1
    value = number + (-_FEWER[count] if number >= 0 else _FEWER[count + 1])
    written = ""
    for _ in range(count):
        value, digit = divmod(value, 62)
        written = _DIGITS[digit] + written
    heads = ascii_lowercase if number >= 0 else ascii_uppercase[::-1]
    return heads[count - 1] + written
