"""Positions: there is always one in between, and it stays short."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.databases import run, url_of
from tests.properties import PROPERTY
from todo_server.domain.position import (
    DIGITS_OF_ID,
    HEAD_OF_ID,
    MAX_LENGTH,
    POSITION_PATTERN,
    NoRoomError,
    between,
)
from todo_server.domain.uuid7 import uuid7

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NO_POSITIONS = [
    "",
    "0",
    "a",
    "A0",
    "a00",
    "b0",
    "Z",
    "a-",
    "a0 ",
    "a0\n",
    " a0",
    "aé",
    "é",
    "a\0",
    "z0",
]
MOVES = 1000

Neighbours = Callable[[list[str], int], tuple[str | None, str | None]]


def of_row_made_at(at: datetime) -> str:
    return HEAD_OF_ID + uuid7(at).hex[:DIGITS_OF_ID]


X, Y = of_row_made_at(NOON), of_row_made_at(NOON + timedelta(microseconds=2))


def moved(neighbours: Neighbours) -> list[str]:
    """Give the positions of rows that are moved one by one, by what was moved before."""
    made: list[str] = []
    for number in range(MOVES):
        before, after = neighbours(made, number)
        made.append(between(before, after))
        assert before is None or before < made[-1]
        assert after is None or made[-1] < after
    assert len(set(made)) == MOVES
    return made


PLACES: dict[str, tuple[int, Neighbours]] = {
    "first": (27, lambda made, _: (None, made[-1] if made else X)),
    "last": (27, lambda made, _: (made[-1] if made else X, None)),
    "first of nothing": (7, lambda made, _: (None, made[-1] if made else None)),
    "last of nothing": (7, lambda made, _: (made[-1] if made else None, None)),
    "after the same": (31, lambda made, _: (X, made[-1] if made else Y)),
    "before the same": (31, lambda made, _: (made[-1] if made else X, Y)),
    "after the one and before the other": (
        31,
        lambda made, n: (X, min(made, default=Y)) if n % 2 else (max(made, default=X), Y),
    ),
    "between the last two": (
        213,
        lambda made, _: (min([X, Y, *made][-2:]), max([X, Y, *made][-2:])),
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_thousand_moves_to_a_place_make_short_positions(place: str):
    length, neighbours = PLACES[place]
    assert max(map(len, moved(neighbours))) <= length


@pytest.mark.parametrize("gap", [1, 10**3, 10**6, 10**12], ids="{} µs".format)
@pytest.mark.parametrize("side", ["longer", "random", "threes", "tens"])
def test_a_thousand_moves_beside_the_last_moved_make_positions_of_228_characters_at_most(
    side: str, gap: int
):
    before, after = X, of_row_made_at(NOON + timedelta(microseconds=gap))
    chance = random.Random(7)
    longest = 0
    for number in range(MOVES):
        made = between(before, after)
        assert before < made < after
        longest = max(longest, len(made))
        is_lower = {
            "longer": len(between(made, after)) > len(between(before, made)),
            "random": chance.random() < 0.5,
            "threes": number // 3 % 2 == 0,
            "tens": number // 10 % 2 == 0,
        }[side]
        before, after = (made, after) if is_lower else (before, made)
    assert longest <= 228


def test_every_place_of_a_list_can_be_moved_to_and_nothing_else_moves():
    listed = sorted(of_row_made_at(NOON + timedelta(seconds=second)) for second in range(50))
    for place in range(len(listed) + 1):
        made = between(
            listed[place - 1] if place else None, listed[place] if place < len(listed) else None
        )
        assert sorted([*listed, made]).index(made) == place


@PROPERTY
@given(st.lists(st.floats(0, 1, exclude_max=True) | st.sampled_from([0.0, 0.5]), max_size=60))
def test_rows_stay_where_they_were_moved_to(places: list[float]):
    listed: list[str] = []
    for share in places:
        place = int(share * (len(listed) + 1))
        before = listed[place - 1] if place else None
        after = listed[place] if place < len(listed) else None
        listed.insert(place, between(before, after))
    assert all(one < other for one, other in pairwise(listed))
    assert all(between(position, None) for position in listed)  # they are positions


TOKENS = st.one_of(
    st.from_regex(r"[ab][0-9A-Za-z]{1}|[YZ][0-9A-Za-z]{1}", fullmatch=True),
    st.sampled_from([X, Y, "a0", "a1", "az", "b00", "bzz", "Zz", "Zy", "Z0", "Yzz", "Y00"]),
)


def is_position(text: str) -> bool:
    try:
        return bool(between(text, None))
    except ValueError:
        return False


@PROPERTY
@given(*[st.lists(TOKENS, min_size=1, max_size=5).map("".join).filter(is_position)] * 2)
def test_between_any_two_positions_is_another_one(one: str, other: str):
    if one == other:
        with pytest.raises(ValueError, match="order"):
            between(one, other)
        return
    before, after = sorted([one, other])
    made = between(before, after)
    assert before < made < after
    assert before < between(before, made) < made < between(made, after) < after
    with pytest.raises(ValueError, match="order"):
        between(after, before)


@pytest.mark.parametrize("text", NO_POSITIONS, ids=repr)
def test_what_is_no_position_is_refused(text: str):
    for neighbours in ((text, None), (None, text)):
        with pytest.raises(ValueError, match="no position"):
            between(*neighbours)


def test_a_position_is_never_longer_than_can_be_stored():
    same = "a0" * (MAX_LENGTH // 2 - 1)
    assert len(between(f"{same}a0", f"{same}a2")) == MAX_LENGTH
    with pytest.raises(NoRoomError):
        between(f"{same}a0", f"{same}a1")
    with pytest.raises(ValueError, match="no position"):
        between(f"{same}a0a0", None)


def test_nothing_is_before_the_least_or_after_the_greatest_but_what_is_longer():
    with pytest.raises(NoRoomError):
        between(None, "A" + "0" * 26)
    greatest = "z" * 27
    assert greatest < between(greatest, None)


def test_postgresql_orders_them_alike_and_knows_what_is_one():
    made = moved(PLACES["between the last two"][1]) + moved(PLACES["first of nothing"][1])
    mixed = made + [of_row_made_at(NOON + timedelta(seconds=second)) for second in range(100)]
    random.Random(7).shuffle(mixed)
    rows = run(
        url_of("postgres"),
        'SELECT it, it ~ $2 AS fits FROM unnest($1::text[]) AS it ORDER BY it COLLATE "C"',
        [*mixed, *(text for text in NO_POSITIONS if "\0" not in text)],
        POSITION_PATTERN,
    )
    assert [row["it"] for row in rows if row["fits"]] == sorted(mixed)
