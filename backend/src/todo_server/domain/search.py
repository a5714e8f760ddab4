"""What the parameter `search` asks for: words and phrases, each of which must appear."""

import re
from typing import Annotated

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from todo_server.domain.text import has_nul, is_blank

MAX_LENGTH = 200
"""Characters."""

MAX_WORDS = 20

_QUOTES = '"“”„‟«»＂「」『』'  # noqa: RUF001 - all that a keyboard may give
_PARTS = re.compile(rf"[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)[{_QUOTES}]?|(?P<word>\S+)")


def words_of(search: str) -> tuple[str, ...]:
    """Split into words, at whitespace, and phrases; none of them where nothing is asked for.

    A quote at the beginning of a word begins a phrase, up to the next quote of any kind, or to the
    end, as somebody is still typing; elsewhere it is a character. Whitespace within a phrase is one
    space. What comes twice, in whatever case, or cannot be seen is left out. A PydanticCustomError
    says what is wrong.
    """
    if len(search) > MAX_LENGTH:
        raise PydanticCustomError("invalid", "Use at most {most} characters", {"most": MAX_LENGTH})
    if has_nul(search):
        raise PydanticCustomError("nul_character", "Text cannot contain the character U+0000")
    words: dict[str, str] = {}
    for part in _PARTS.finditer(search):
        word = " ".join((part["phrase"] or part["word"] or "").split())
        if not is_blank(word):
            words.setdefault(word.casefold(), word)
    if len(words) > MAX_WORDS:
        raise PydanticCustomError("invalid", "Use at most {most} words", {"most": MAX_WORDS})
    return tuple(words.values())


def search_words() -> PlainValidator:
    """Take text for its words; None where it asks for nothing."""

    def read(search: object) -> tuple[str, ...] | None:
        if search is None:
            return None
        if not isinstance(search, str):
            raise PydanticCustomError("invalid", "Use text")
        return words_of(search) or None

    return PlainValidator(read, json_schema_input_type=Annotated[str, Field(max_length=MAX_LENGTH)])
