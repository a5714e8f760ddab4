"""Strategies that the rules share."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

Value = TypeVar("Value")


def weighted(weights: Mapping[Value, int]) -> st.SearchStrategy[Value]:
    """One of some values, each as often as its weight says; it shrinks to the first."""
    values = [value for value, weight in weights.items() for _ in range(weight)]
    return st.sampled_from(range(len(values))).map(values.__getitem__)


def right_or_wrong(right: Sequence[Any], wrong: Sequence[Any]) -> st.SearchStrategy[Any]:
    """One of the right ones, some 15 times of 16."""
    values = [*list(right) * (1 + 15 * len(wrong) // len(right)), *wrong]
    return st.sampled_from(range(len(values))).map(values.__getitem__)


class _Long(str):
    """A text whose repr fits a line."""

    __slots__ = ()

    def __repr__(self) -> str:
        same = len(self) - len(self.lstrip(self[0]))
        return f"{self[0]!r} * {same} + {self[same:]!r}"


def long(letter: str, count: int, rest: str = "") -> str:
    """Repeat a letter; the rest follows."""
    return _Long(letter * count + rest)
