"""What counts as blank."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from todo_server.domain.text import NO_NUL_PATTERN, VISIBLE_PATTERN, has_nul, is_blank

PROPERTY = settings(derandomize=True, database=None, deadline=None, max_examples=200)

INVISIBLE = {
    "nothing at all": "",
    "spaces": " \t\r\n\v\f",
    "no-break spaces": "\u00a0\u202f",
    "the spaces of typography": "\u2000\u2003\u200a\u3000\u1680\u205f",
    "line and paragraph separators": "\u2028\u2029\u0085",
    "zero-width space, joiner and non-joiner": "\u200b\u200c\u200d",
    "word joiner and byte-order mark": "\u2060\ufeff",
    "soft hyphen": "\u00ad",
    "direction marks and overrides": "\u200e\u200f\u202a\u202e\u2066\u2069\u061c",
    "invisible operators": "\u2061\u2062\u2063\u2064",
    "controls": "\x00\x01\x1b\x7f\x9f",
    "hangul fillers": "\u115f\u1160\u3164\uffa0",
    "khmer inherent vowels": "\u17b4\u17b5",
    "the empty braille pattern": "\u2800",
    "combining grapheme joiner": "\u034f",
    "mongolian selectors": "\u180b\u180e\u180f",
    "variation selectors": "\ufe00\ufe0f\U000e0100\U000e01ef",
    "tags": "\U000e0001\U000e0020\U000e007f",
    "reserved for what will be ignored": "\u2065\ufff0\ufff8\U000e0fff",
    "musical controls": "\U0001d173\U0001d17a",
}
VISIBLE = {
    "a letter": "a",
    "a full stop": ".",
    "a letter among the invisible": "\u200b\u00a0x\u200d",
    "an emoji": "\U0001f642",
    "an emoji newer than this Python": "\U0001fae9",
    "a family": "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "a keycap": "1\ufe0f\u20e3",
    "a combining mark alone": "\u0301",
    "right to left": "\u05d0\u0627",
    "private use, as in fonts of icons": "\uf8ff",
    "private use of the last plane": "\U0010fffd",
    "a character that nobody has assigned": "\U0003fffd",
    "the replacement character": "\ufffd",
}


@pytest.mark.parametrize("text", INVISIBLE.values(), ids=list(INVISIBLE))
def test_what_nobody_can_see_is_blank(text: str):
    assert is_blank(text)
    assert is_blank(text * 3)


@pytest.mark.parametrize("text", VISIBLE.values(), ids=list(VISIBLE))
def test_what_somebody_can_see_is_not_blank(text: str):
    assert not is_blank(text)


def test_every_space_that_python_knows_is_blank():
    assert all(is_blank(chr(point)) for point in range(sys.maxunicode) if chr(point).isspace())


def test_letters_marks_numbers_punctuation_and_symbols_are_content():
    invisible = {"\u034f", "\u2800", "\u3164", "\uffa0", "\u115f", "\u1160", "\u17b4", "\u17b5"}
    blank = {
        chr(point)
        for point in range(sys.maxunicode + 1)
        if is_blank(chr(point)) and unicodedata.category(chr(point))[0] in "LMNPS"
    }
    selectors = {c for c in blank if "VARIATION SELECTOR" in unicodedata.name(c)}
    assert blank - selectors == invisible


@PROPERTY
@given(st.text(), st.text())
def test_a_text_is_blank_if_all_its_parts_are(one: str, other: str):
    assert is_blank(one + other) == (is_blank(one) and is_blank(other))


@PROPERTY
@given(st.text(st.characters(exclude_characters="\0")), st.text())
def test_one_nul_anywhere_is_found(before: str, after: str):
    assert not has_nul(before)
    assert has_nul(before + "\0" + after)


def test_the_pattern_of_the_contract_knows_all_that_is_blank_below_the_surrogates_and_above():
    visible = re.compile(VISIBLE_PATTERN)
    points = [*range(0xD800), *range(0xE000, 0x10000)]
    wrong = [hex(p) for p in points if bool(visible.search(chr(p))) == is_blank(chr(p))]
    assert wrong == []


@PROPERTY
@given(st.text(st.sampled_from("\0\t \u200b\u3000ab"), max_size=8))
def test_the_pattern_of_the_contract_is_what_the_code_says_of_any_text(text: str):
    assert bool(re.search(VISIBLE_PATTERN, text)) == (not is_blank(text) and not has_nul(text))
    assert bool(re.search(NO_NUL_PATTERN, text)) == (not has_nul(text))
