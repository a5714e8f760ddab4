"""Bodies of projects, tags and saved filters, right and wrong, and how the model reads them."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.state_machine import bodies, reading
from tests.state_machine.answers import INVALID, refuse_if
from tests.state_machine.drawing import long, right_or_wrong, weighted
from tests.state_machine.nouns import Project, Row, SavedFilter, Tag

READ_ONLY = ("id", "user_id", "position", "tasks", "version", "created_at", "updated_at")

NAMES = ["Household", " Garden ", "a", "日本語", long("n", 100)]
_WRONG_NAMES: list[Any] = ["", " ", "\u200b", long("n", 101), "a\0b", None, 7, ["x"]]
TAG_NAMES = ["home", "HOME", "Work", "errands", "straße", "STRASSE", "new", " n0 ", "two words"]
_WRONG_TAG_NAMES: list[Any] = ["", " ", "a,b", long("t", 51), "a\nb", None, 7, ["x"]]
_COLORS = [None, "", "#2e7d32", "#AABBCC", "#aabbcc"]
_WRONG_COLORS: list[Any] = ["red", "#12345", "#1234567", 7, True, []]
QUERIES: list[Any] = [
    *({}, {"status": "pending"}, {"sort": "title", "order": "desc"}, {"status": "done"}),
    *({"priority": "high,urgent", "sort": "position"}, {"tags": ["home", "work"]}),
    *({"completed": True, "limit": 3}, {"q": "MILK", "sort": "priority,-title"}),
]
_WRONG_QUERIES: list[Any] = [
    *(None, [], "status=done", {"colour": "red"}, {"status": "maybe"}, {"sort": "colour"}),
    {"status": {"a": 1}},
]

Members: TypeAlias = Mapping[str, tuple[list[Any], list[Any]]]
"""Of each member, what is right and what is wrong."""

_COLOR = {"color": (_COLORS, _WRONG_COLORS)}
PROJECT: Members = {
    "name": (NAMES, _WRONG_NAMES),
    **_COLOR,
    "archived": ([False, True], [None, "true", 1, []]),
}
TAG: Members = {"name": (TAG_NAMES, _WRONG_TAG_NAMES), **_COLOR}
FILTER: Members = {"name": (NAMES, _WRONG_NAMES), "query": (QUERIES, _WRONG_QUERIES)}
_OF: dict[type[Row], Members] = {Project: PROJECT, Tag: TAG, SavedFilter: FILTER}

_EXTRAS: dict[str, dict[str, Any]] = {
    "none": {},
    "read-only": {"id": 7, "user_id": "x", "position": "a0", "tasks": {}, "version": "9"},
    "unknown": {"title": "x"},
}


def required_of(kind: type[Row]) -> tuple[str, ...]:
    return ("name", "query") if kind is SavedFilter else ("name",)


def new_bodies(kind: type[Row]) -> st.SearchStrategy[Any]:
    return _bodies_of(kind, *required_of(kind))


def changes_of(kind: type[Row]) -> st.SearchStrategy[Any]:
    return _bodies_of(kind)


def _bodies_of(kind: type[Row], *required: str) -> st.SearchStrategy[Any]:
    """Give bodies, with a move among rows of the noun now and then."""
    drawn = {name: right_or_wrong(*values) for name, values in _OF[kind].items()}
    needed = {name: drawn.pop(name) for name in required}
    extras = weighted({"none": 10, "read-only": 1, "unknown": 1})
    moves = st.one_of(st.just({}), st.just({}), st.builds(_move, bodies.moves_among(kind.noun)))
    given: st.SearchStrategy[Any] = st.fixed_dictionaries(needed, optional=drawn)
    return st.builds(lambda it, move, extra: it | move | _EXTRAS[extra], given, moves, extras)


def _move(move: Any) -> dict[str, Any]:
    return {"move": move}


def read_new(kind: type[Row], body: dict[str, Any]) -> dict[str, Any]:
    """Give what the body of a new row says; INVALID where it breaks a rule."""
    values = read(kind, body)
    refuse_if(INVALID, any(name not in values for name in required_of(kind)))
    return values


def read(kind: type[Row], body: dict[str, Any]) -> dict[str, Any]:
    """Give what a body says; INVALID where it breaks a rule."""
    members = _OF[kind]
    values: dict[str, Any] = {}
    for name, value in body.items():
        if name in READ_ONLY:
            continue
        refuse_if(INVALID, name not in (*members, "move"))
        if name == "move":
            values[name] = reading.read_move(value, refs=False)
            continue
        refuse_if(INVALID, reading.is_among(value, members[name][1]))
        values[name] = _stored(name, value)
    return values


def _stored(name: str, value: Any) -> Any:
    if name == "name":
        return value.strip()
    if name == "color":
        return (value or "").lower() or None
    if name == "query":
        return {n: _text(v) for n, v in value.items() if n != "limit"}
    return value


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return value if isinstance(value, str) else str(value).lower()
