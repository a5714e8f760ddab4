"""Cursors: read back where they were made for, refused everywhere else."""

import base64
import json
from itertools import product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from todo_server.domain.cursor import read_cursor, write_cursor
from todo_server.domain.task_query import Order, Sort, Status, TaskQuery
from todo_server.errors import InvalidCursorError

PROPERTY = settings(derandomize=True, database=None, deadline=None, max_examples=300)

OWNERS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=255)
LISTINGS = st.builds(
    TaskQuery,
    status=st.sampled_from(Status),
    sort=st.sampled_from(Sort),
    order=st.sampled_from(Order),
    limit=st.integers(1, 200),
)
KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
POSITIONS = st.lists(KEYS, min_size=1, max_size=3)

OWNER = "an owner"
POSITION = ["buy milk", "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"]
CURSOR = write_cursor(OWNER, TaskQuery(), json.dumps(POSITION))


def refuse(cursor: str, owner: str = OWNER, listing: TaskQuery | None = None) -> None:
    with pytest.raises(InvalidCursorError):
        read_cursor(owner, (listing or TaskQuery()).model_copy(update={"cursor": cursor}))


@PROPERTY
@given(OWNERS, LISTINGS, POSITIONS, st.none() | st.integers(1, 200))
def test_a_cursor_is_read_back_whatever_the_limit(
    owner: str, listing: TaskQuery, position: list[str], limit: int | None
):
    cursor = write_cursor(owner, listing, json.dumps(position))
    again = listing.model_copy(update={"limit": limit, "cursor": cursor})
    assert read_cursor(owner, again) == position


@PROPERTY
@given(OWNERS, OWNERS, POSITIONS)
def test_a_cursor_of_another_owner_is_refused(one: str, other: str, position: list[str]):
    assume(one != other)
    refuse(write_cursor(one, TaskQuery(), json.dumps(position)), owner=other)


LISTED = [
    TaskQuery(status=status, sort=sort, order=order)
    for status, sort, order in product(Status, Sort, Order)
]


@pytest.mark.parametrize("made_for", LISTED)
def test_a_cursor_of_another_status_sort_or_order_is_refused(
    made_for: TaskQuery,
):
    cursor = write_cursor(OWNER, made_for, json.dumps(POSITION))
    for used_with in LISTED:
        if used_with == made_for:
            here = used_with.model_copy(update={"cursor": cursor})
            assert read_cursor(OWNER, here) == POSITION
        else:
            refuse(cursor, listing=used_with)


@pytest.mark.parametrize("place", range(len(CURSOR)))
def test_no_character_of_a_cursor_can_be_changed(place: int):
    before, here, after = CURSOR[:place], CURSOR[place], CURSOR[place + 1 :]
    for other in "ABZaz09-_+/=. \0\u00e9":
        if other != here:
            refuse(before + other + after)
    refuse(before + after)
    refuse(before + here + here + after)


WRITTEN_OTHERWISE = {
    "with padding": CURSOR + "=" * (-len(CURSOR) % 4 or 4),
    "with too much padding": CURSOR + "====",
    "with a space after it": CURSOR + " ",
    "with a line feed after it": CURSOR + "\n",
    "with a space before it": " " + CURSOR,
    "with a line break in it": CURSOR[:8] + "\r\n" + CURSOR[8:],
    "with characters that decoders skip": CURSOR[:8] + "!" + CURSOR[8:],
    "in capitals": CURSOR.upper(),
    "twice": CURSOR + CURSOR,
    "cut": CURSOR[:-4],
    "percent-encoded": f"%{ord(CURSOR[0]):02X}{CURSOR[1:]}",
}


@pytest.mark.parametrize("cursor", WRITTEN_OTHERWISE.values(), ids=list(WRITTEN_OTHERWISE))
def test_a_cursor_is_written_in_one_way_only(cursor: str):
    refuse(cursor)


def test_a_cursor_in_the_other_alphabet_of_base64_is_refused():
    cursor = write_cursor(OWNER, TaskQuery(), '["??????"]')
    assert "_" in cursor
    refuse(cursor.replace("_", "/").replace("-", "+"))


@pytest.mark.parametrize("unused", range(1, 4))
def test_the_unused_bits_of_the_last_character_are_zero(unused: int):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    cursor = write_cursor(OWNER, TaskQuery(), '["xx"]')  # 14 bytes: two bits of the last are unused
    last = alphabet.index(cursor[-1])
    assert read_cursor(OWNER, TaskQuery(cursor=cursor)) == ["xx"]
    refuse(cursor[:-1] + alphabet[last | unused])


MADE_UP = {
    "nothing": "",
    "not JSON": "[",
    "null": "null",
    "a number": "5",
    "a string": '"019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"',
    "an object": '{"019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11":1}',
    "numbers": "[5,5]",
    "nulls": "[null,null]",
    "lists": "[[],[]]",
    "objects": "[{},{}]",
    "truth": "[true]",
    "a NUL": r'["\u0000","x"]',
    "a lone surrogate": r'["\ud800","x"]',
    "NaN": "[NaN]",
    "a great number": "[" + "9" * 1000 + "]",
    "deep nesting": "[" * 1400,
    "deep nesting that ends": "[" * 700 + "]" * 700,
    "a name twice": '{"a":1,"a":1}',
    "trailing bytes": '["x"] ["y"]',
}


@pytest.mark.parametrize("position", MADE_UP.values(), ids=list(MADE_UP))
def test_what_postgresql_would_not_have_written_is_refused_though_the_checksum_holds(
    position: str,
):
    refuse(write_cursor(OWNER, TaskQuery(), position))


@PROPERTY
@given(
    st.text()
    | st.text("ABCDabcd0123-_=").filter(bool)
    | st.binary().map(base64.b64encode).map(bytes.decode)
)
@example(base64.urlsafe_b64encode(b"\0" * 8 + b"[" * 1400).decode())
@example("W10")
@example("=")
@example("\ud800")
def test_anything_else_is_refused(cursor: str):
    refuse(cursor)
