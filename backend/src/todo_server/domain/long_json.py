"""A long JSON object, read value by value as it arrives, in constant memory.

The standard library's decoder reads the one value that begins at a place of a text. So the text at
hand has always as much as a value may have, or all that is left, and each value is read as
strictly as a body of its own (`strict_json.py`). A parser of events would need a dependency, and
the rules of strictness once more.
"""

import codecs
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from todo_server.domain import strict_json
from todo_server.errors import MalformedJsonError

MAX_VALUE = 128 * 1024
"""Characters: a task has 67,000 at most, if every character of it is written as an escape."""

_SPACE = re.compile(r"[ \t\n\r]*")
_NEAR_THE_END = 12
"""Characters: of an escape that is cut off, `\\ud83d\\ude00`, the error is where it begins."""


class LongObject:
    """A JSON object whose members are short values or long arrays of such.

    `names` gives one name after the other; the value of each is read, by `value` or `elements`,
    before the next name is asked for. All raise MalformedJsonError on JSON that is doubtful; what
    was given before was good.
    """

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._text = ""
        self._at = 0
        self._passed = 0  # characters before the text at hand
        self._ended = False

    async def begins_with(self, character: str) -> bool:
        """Tell whether what comes next begins with a character."""
        return await self._peek() == character

    async def names(self) -> AsyncIterator[str]:
        """Give the names of the members, in their order, and look for the end of the document."""
        await self._expect("{")
        seen: set[str] = set()
        while await self._peek() != "}" or seen:
            if await self._peek() != '"':
                raise self._expecting("a name")
            name = await self.value()
            if name in seen:
                raise _malformed("an object names a member twice")
            seen.add(name)
            await self._expect(":")
            yield name
            if await self._peek() != ",":
                break
            self._at += 1
        await self._expect("}")
        if await self._peek():
            raise self._expecting("the end")

    async def elements(self) -> AsyncIterator[Any]:
        """Give the elements of an array."""
        await self._expect("[")
        if await self._peek() != "]":
            yield await self.value()
            while await self._peek() == ",":
                self._at += 1
                yield await self.value()
        await self._expect("]")

    async def value(self) -> Any:  # noqa: ANN401 - JSON
        """Give a value of at most MAX_VALUE characters."""
        await self._peek()
        await self._fill()
        try:
            value, end = strict_json.value_at(self._text, self._at)
        except json.JSONDecodeError as error:
            if self._is_cut(error):
                raise self._too_long() from error
            message = error.msg.removesuffix(" at")
            raise _malformed(f"{message} at character {self._passed + error.pos}") from error
        except ValueError as error:
            raise _malformed(str(error)) from error
        is_cut = end == len(self._text) and not self._ended  # a number, that may go on
        if is_cut or end - self._at > MAX_VALUE:
            raise self._too_long()
        self._at = end
        return value

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Tell a value that goes on behind the text at hand from one that is malformed."""
        near = error.pos > len(self._text) - _NEAR_THE_END or error.msg.startswith("Unterminated")
        return near and not self._ended

    def _too_long(self) -> MalformedJsonError:
        return _malformed(f"the value at character {self._passed + self._at} is too long")

    def _expecting(self, what: str) -> MalformedJsonError:
        return _malformed(f"Expecting {what} at character {self._passed + self._at}")

    async def _expect(self, character: str) -> None:
        if await self._peek() != character:
            raise self._expecting(f"'{character}'")
        self._at += 1

    async def _peek(self) -> str:
        """Go to the next character that is no white space, and give it; none at the end."""
        while True:
            await self._fill()
            found = _SPACE.match(self._text, self._at)
            assert found is not None  # noqa: S101 - it may be empty
            self._at = found.end()
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]

    async def _fill(self) -> None:
        """Have as much at hand as a value may have, or all that is left."""
        left = len(self._text) - self._at
        if self._ended or left > MAX_VALUE:
            return
        pieces = [self._text[self._at :]]
        while left < 2 * MAX_VALUE and not self._ended:  # so that little is copied for each value
            chunk = await anext(self._chunks, None)
            self._ended = chunk is None
            try:
                piece = self._decode(chunk or b"", self._ended)
            except UnicodeDecodeError as error:
                place = self._passed + self._at + left
                raise _malformed(f"it is not UTF-8 soon after character {place}") from error
            pieces.append(piece)
            left += len(piece)
        self._passed += self._at
        self._text, self._at = "".join(pieces), 0
        if self._passed == 0 and self._text.startswith("\ufeff"):
            raise _malformed("it begins with a byte-order mark")


def _malformed(what: str) -> MalformedJsonError:
    return MalformedJsonError(f"The body is not valid JSON: {what}.")
