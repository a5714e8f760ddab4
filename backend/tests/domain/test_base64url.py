"""base64url: one text for some bytes, and what is read leniently or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from todo_server.domain import base64url


@given(st.binary(max_size=64))
def test_what_is_written_is_read_in_either_way(data):
    text = base64url.encode(data)
    assert "=" not in text
    assert base64url.decode(text) == base64url.decode_canonical(text) == data


@pytest.mark.parametrize("text", ["AB", "AA==", "A+A", "A A", "AA\n"])
def test_any_other_text_is_not_canonical(text):
    with pytest.raises(ValueError, match=r"canonical|padding"):
        base64url.decode_canonical(text)


@pytest.mark.parametrize("text", ["A", "é", "AAAAA"])
def test_what_cannot_be_read_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011 - its words are Python's
        base64url.decode(text)
