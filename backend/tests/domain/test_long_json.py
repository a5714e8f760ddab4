"""Long objects of JSON, whichever way they are cut into chunks."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from todo_server.domain.long_json import MAX_VALUE, LongObject
from todo_server.errors import MalformedJsonError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def read(data: bytes, size: int = 7) -> dict[str, Any]:
    """Read an object from chunks of a size: its arrays by element, all else as values."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]

    async def read_all() -> dict[str, Any]:
        document, found = LongObject(chunks()), {}
        async for name in document.names():
            if await document.begins_with("["):
                found[name] = [element async for element in document.elements()]
            else:
                found[name] = await document.value()
        return found

    return asyncio.run(read_all())


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.integers(1, 100), st.booleans())
def test_what_json_writes_is_read_whichever_way_it_is_cut(
    value: dict[str, Any], size: int, plain: bool
):
    text = json.dumps(value, ensure_ascii=plain, indent=None if plain else 2)
    try:
        data = f" {text}\n".encode()
    except UnicodeEncodeError:  # lone surrogates have no UTF-8
        data = f" {json.dumps(value)}\n".encode()
    assert read(data, size) == value


@given(st.dictionaries(st.text(), VALUES, min_size=1, max_size=4), st.data())
def test_of_what_is_cut_off_nothing_is_taken_for_the_whole(value: dict[str, Any], data: Any):
    whole = json.dumps(value).encode()
    length = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(MalformedJsonError):
        read(whole[:length])


def test_an_array_may_be_much_longer_than_a_value():
    long = {"many": [{"text": "x" * 1000}] * 1000, "end": None}
    assert read(json.dumps(long).encode(), 65536) == long


@pytest.mark.parametrize("length", [MAX_VALUE - 2, MAX_VALUE - 1, MAX_VALUE * 3])
@pytest.mark.parametrize("before", [0, 1, MAX_VALUE])
def test_a_value_that_is_too_long_is_refused_wherever_it_stands(length: int, before: int):
    data = b'{"a": [%b"%b"]}' % (b" " * before, b"x" * length)
    if length + 2 <= MAX_VALUE:
        assert len(read(data, 65536)["a"][0]) == length
    else:
        with pytest.raises(MalformedJsonError, match="too long"):
            read(data, 65536)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Expecting '{' at character 0"),
        (b"{", "Expecting a name at character 1"),
        (b'{"a": 1 "b": 2}', "Expecting '}' at character 8"),
        (b'{"a": 1, }', "Expecting a name at character 9"),
        (b'{"a": 1, "a": 2}', "names a member twice"),
        (b'{"a": [1, ]}', "Expecting value at character 10"),
        (b'{"a": [1 2]}', "Expecting ']' at character 9"),
        (b'{"a": {"b": 1, "b": 2}}', "names a member twice"),
        (b'{"a": 01}', "Expecting '}' at character 7"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": ' + b"1" * 401 + b"}", "more than 400 digits"),
        (b'{"a": ' + b"[" * 34 + b"]" * 34 + b"}", "nested deeper than 32"),
        (b'{"a": "\t"}', "Invalid control character"),
        (b'{"a": "\xff"}', "not UTF-8 soon after character 7"),
        (b'\xef\xbb\xbf{"a": 1}', "byte-order mark"),
        (b'{"a": 1}{', "Expecting the end at character 8"),
        (b'{"a": 1}\0', "Expecting the end at character 8"),
    ],
)
def test_what_is_doubtful_is_refused_with_a_sentence(data: bytes, sentence: str):
    with pytest.raises(MalformedJsonError) as refusal:
        read(data)
    assert sentence in refusal.value.message
