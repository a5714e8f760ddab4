"""How what is searched for comes apart into words and phrases."""

# ruff: noqa: RUF001 - letters and spaces that look like others are what this is about

import re
import sys
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from tests.properties import PROPERTY
from todo_server.domain.search import MAX_LENGTH, MAX_WORDS, search_words, words_of
from todo_server.domain.text import is_blank

WORDS = {
    "nothing": ("", ()),
    "spaces": (" \t\n\u00a0\u3000 ", ()),
    "what cannot be seen": ("\u200b \ufeff\u00ad \u200d", ()),
    "one word": ("milk", ("milk",)),
    "one character": ("買", ("買",)),
    "words": ("  buy  milk ", ("buy", "milk")),
    "other spaces": ("buy\u3000milk\u00a0now\u2028then", ("buy", "milk", "now", "then")),
    "no spaces": ("牛乳を買う", ("牛乳を買う",)),
    "spelling stays": ("Straße ISPARTA", ("Straße", "ISPARTA")),
    "twice": ("milk Milk MILK eggs milk", ("milk", "eggs")),
    "sharp s twice": ("Straße STRASSE", ("Straße",)),
    "a phrase": ('"buy milk"', ("buy milk",)),
    "phrase and words": ('now "buy milk" then', ("now", "buy milk", "then")),
    "phrase that a word follows at once": ('"buy milk"now', ("buy milk", "now")),
    "two phrases in one": ('"buy milk""eat eggs"', ("buy milk", "eat eggs")),
    "phrase with more spaces": ('" buy \n\t milk "', ("buy milk",)),
    "phrase still being typed": ('now "buy mi', ("now", "buy mi")),
    "phrase of one word": ('"milk" milk', ("milk",)),
    "empty phrase": ('"" "  " milk', ("milk",)),
    "a quote alone": ('"', ()),
    "quotes alone": ('"""""', ()),
    "inches": ('a 5" pipe', ("a", '5"', "pipe")),
    "apostrophes": ("don't 'quote me'", ("don't", "'quote", "me'")),
    "typographic quotes": ("“buy milk” now", ("buy milk", "now")),
    "german quotes": ("„Milch kaufen“ »und Eier«", ("Milch kaufen", "und Eier")),
    "french quotes": ("« acheter du lait »", ("acheter du lait",)),
    "japanese quotes": ("「牛乳 卵」 『本』", ("牛乳 卵", "本")),
    "quotes that differ": ('“buy milk"', ("buy milk",)),
    "wildcards are characters": ("100% a_b * ? \\ %", ("100%", "a_b", "*", "?", "\\", "%")),
    "operators are characters": (
        "a & b | !c -d (e) :*",
        ("a", "&", "b", "|", "!c", "-d", "(e)", ":*"),
    ),
    "emoji": ("👩\u200d💻 ❤\ufe0f", ("👩\u200d💻", "❤\ufe0f")),
    "as long as may be": ("x" * 200, ("x" * 200,)),
    "as many as may be": (" ".join("abcdefghijklmnopqrst"), tuple("abcdefghijklmnopqrst")),
    "many, but the same": ("a " * 100, ("a",)),
    "two hundred quotes": ('"' * 200, ()),
    "two hundred wildcards": ("%" * 200, ("%" * 200,)),
    "two hundred spaces": (" " * 200, ()),
    "half of it a word, half spaces": ("a" * 100 + " " * 100, ("a" * 100,)),
    "a phrase without an end": ('"' + "a " * 99, (" ".join("a" * 99),)),
    "quotes in a word": ("a" + '"' * 199, ("a" + '"' * 199,)),
    "regular expression": ("(a+)+$" * 33, ("(a+)+$" * 33,)),
    "marks": ("\u0301" * 200, ("\u0301" * 200,)),
}
REFUSED = {
    "too long": ("x" * 201, "Use at most 200 characters"),
    "too long, of spaces": (" " * 201, "Use at most 200 characters"),
    "too many": (" ".join("abcdefghijklmnopqrstu"), "Use at most 20 words"),
    "nul": ("a\0b", "Text cannot contain the character U+0000"),
}
LIKELY = st.text(st.sampled_from("ab %_\"“„«」'\\\u3000\u00a0\u200b\u0301\n"), max_size=60)


class Query(BaseModel):
    search: Annotated[tuple[str, ...] | None, search_words()] = None


@pytest.mark.parametrize("name", WORDS)
def test_words_and_phrases_are_told_apart(name: str):
    text, expected = WORDS[name]
    assert words_of(text) == expected


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_searched_for_is_refused_with_a_sentence(name: str):
    text, sentence = REFUSED[name]
    with pytest.raises(PydanticCustomError, match=re.escape(sentence)):
        words_of(text)


def test_every_space_that_python_knows_parts_words():
    spaces = [chr(point) for point in range(sys.maxunicode + 1) if chr(point).isspace()]
    assert all(words_of(f"a{space}b") == ("a", "b") for space in spaces)


@PROPERTY
@given(LIKELY | st.text(st.characters(exclude_characters="\0"), max_size=MAX_LENGTH))
def test_what_is_found_is_in_the_text_and_can_be_seen_and_comes_once(text: str):
    try:
        words = words_of(text)
    except PydanticCustomError:
        assert len(text.split()) + sum(map(text.count, '"“”„‟«»＂「」『』')) > MAX_WORDS
        return
    spaced = " ".join(text.split())
    assert all(word in spaced and not is_blank(word) for word in words)
    assert all(word == " ".join(word.split()) for word in words)
    assert len({word.casefold() for word in words}) == len(words) <= MAX_WORDS


@PROPERTY
@given(st.lists(st.from_regex(r"[a-z%_'0-9]+( [a-z]+)?", fullmatch=True), max_size=MAX_WORDS))
def test_whatever_is_quoted_is_found_whole(phrases: list[str]):
    quoted = " ".join(f'"{phrase}"' for phrase in phrases)
    if len(quoted) <= MAX_LENGTH:
        assert words_of(quoted) == tuple(dict.fromkeys(phrases))


def test_a_query_without_words_has_no_filter():
    assert Query().search is None
    for text in (None, "", "  ", '""', "\u200b"):
        assert Query.model_validate({"search": text}).search is None
    assert Query.model_validate({"search": "b a"}).search == ("b", "a")


@pytest.mark.parametrize("value", [1, True, ["a"], {"a": 1}, b"a"], ids=repr)
def test_what_is_not_text_is_refused(value: Any):
    with pytest.raises(ValidationError) as refused:
        Query(search=value)
    assert [(e["type"], e["msg"]) for e in refused.value.errors()] == [("invalid", "Use text")]


def test_the_contract_knows_how_long_it_may_be():
    assert Query.model_json_schema()["properties"]["search"]["maxLength"] == MAX_LENGTH
