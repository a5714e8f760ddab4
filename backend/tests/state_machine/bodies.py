"""Bodies of tasks, right and wrong; what they say of other rows is filled in by who sends them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.state_machine import reading
from tests.state_machine.application import ABSENT
from tests.state_machine.drawing import long, right_or_wrong, weighted

# Letters of which every PostgreSQL and Python agree which are the same in upper and lower case.
TITLES = [
    *("a", "Buy milk", "buy Milk", "Äpfel", "äpfel", "zebra", "日本語", "😀 party", "007", "b b"),
    *(long("x", 500), long("y", 200, "a"), long("y", 200, "b"), long("Y", 200, "0"), "\u200bv"),
    *("  trimmed\t", long("t", 500, " \n"), "'; DROP TABLE task;--", '"%_\\', "null"),
]
WRONG_TITLES: list[Any] = [
    *("", " \t", "\u200b", long("x", 501), "a\0b", "\ud800", None, 7, True, ["x"], {}),
]
DESCRIPTIONS = [None, "", "Two litres", "  kept  ", long("d", 5000), 'line\nbreak "quoted" \\', "é"]
WRONG_DESCRIPTIONS: list[Any] = [long("d", 5001), "a\0b", "\udfff", 7, False, []]
PRIORITIES = ["none", "low", "medium", "high", "urgent", "HIGH", "Urgent", None]
WRONG_PRIORITIES: list[Any] = ["", "normal", "2", 2, True, [], ["high"]]
TAGS: list[Any] = [
    *([], None, "", ["home"], ["Home", "work"], ["HOME", "home", "Work"], "home, errands,,Home"),
    *(["straße", "STRASSE", "日本"], ["  two words "], [long("t", 50)], ["new", "Straße"]),
    [f"n{number}" for number in range(3)],
]
WRONG_TAGS: list[Any] = [
    *([""], ["a,b"], [long("t", 51)], ["a\0"], ["a\nb"], ["\u200b"], [7], [None], 7, True, {}),
    [f"n{number}" for number in range(21)],
]
CATEGORIES = [None, "", "errands", " Errands ", long("c", 50)]
WRONG_CATEGORIES: list[Any] = [long("c", 51), "a\0b", "\ud800", 7, False, []]
WRONG_FLAGS: list[Any] = [None, "true", "yes", 1, 0, "", []]

ZONES = ["UTC", "Asia/Kathmandu", "Pacific/Pago_Pago"]
"""Whose clocks do not change."""
WRONG_DATES: list[Any] = [
    *("2026-02-30", "tomorrow", "2026-11-30T24:00", "1899-12-31", "9999-01-01", "2026-1-1", " "),
    *(20261130, True, [], {}, "2026-11-30T09:00:00+99:99", "2026-11-30T09:00\0"),
]
WRONG_ZONES: list[Any] = ["Mars/Olympus", "utc", "+01:00", 0, True, []]

WRONG = {
    "start_date": WRONG_DATES,
    "due_date": WRONG_DATES,
    "time_zone": WRONG_ZONES,
    "title": WRONG_TITLES,
    "description": WRONG_DESCRIPTIONS,
    "priority": WRONG_PRIORITIES,
    "tags": WRONG_TAGS,
    "category": WRONG_CATEGORIES,
}


STRANGERS, NOBODYS = -1, -2


class Some(NamedTuple):
    """An id of a row of a noun: one of those that whoever sends it has; of a stranger; of none."""

    noun: str
    which: int


def _some(noun: str) -> st.SearchStrategy[Any]:
    others = {Some(noun, STRANGERS): 1, Some(noun, NOBODYS): 1}
    return weighted({**{Some(noun, which): 3 for which in range(6)}, **others})


_TASK, _PROJECT = _some("task"), _some("project")
_wrong_ids = st.sampled_from([7, True, "no", "#no!", [], {}])
_PARENTS = st.one_of(weighted({None: 2, "": 1}), _TASK, _TASK, _TASK)
_wrong_moves: st.SearchStrategy[Any] = st.sampled_from(
    [None, {}, [], True, {"first": False}, {"after": None}, {"first": True, "last": True}]
)


def mostly(right: st.SearchStrategy[Any], wrong: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One of the right ones, some 15 times of 16."""
    return st.integers(0, 15).flatmap(lambda number: wrong if number == 15 else right)


def moves_among(noun: str) -> st.SearchStrategy[Any]:
    """Places among the rows of a noun, right and wrong."""
    beside = st.builds(lambda where, it: {where: it}, st.sampled_from(_BESIDE), _some(noun))
    return mostly(st.one_of(beside, beside, st.sampled_from(_ENDS)), _wrong_moves)


_BESIDE, _ENDS = ["after", "before"], [{"first": True}, {"last": True}]
MOVES = moves_among("task")
_STATES = ["pending", "completed", "Done", "todo", None]
_ALIASES = {
    "is_completed": right_or_wrong([False, True, None], ["true", 1]),
    "is_complete": right_or_wrong([False, True], [0, []]),
    "status": right_or_wrong(_STATES, ["overdue", 1, True]),
}

# What is read only is ignored, whatever it says; anything else that is not known is refused.
_EXTRAS: dict[str, dict[str, Any]] = {
    "none": {},
    "read-only": {"id": "00000000-0000-7000-8000-000000000000", "user_id": "x", "version": 99},
    "read-only instants": {
        "created_at": None,
        "updated_at": "1970-01-01T00:00:00Z",
        "deleted_at": 7,
    },
    "derived": {
        "completed_at": 7,
        "position": "a0",
        "subtasks": {"total": 3, "completed": 9},
        "overdue": "no",
        "due_at": 7,
    },
    "stored": {"live": True},
    "unknown": {"colour": "high"},
}
_extras = weighted(
    {"none": 20, "read-only": 1, "read-only instants": 1, "derived": 2, "stored": 1, "unknown": 1}
)

_USUAL = {
    "title": right_or_wrong(TITLES, WRONG_TITLES),
    "description": right_or_wrong(DESCRIPTIONS, WRONG_DESCRIPTIONS),
    "completed": right_or_wrong([False, True], WRONG_FLAGS),
}
_OTHERS = {
    "priority": right_or_wrong(PRIORITIES, WRONG_PRIORITIES),
    "tags": right_or_wrong(TAGS, WRONG_TAGS),
    "category": right_or_wrong(CATEGORIES, WRONG_CATEGORIES),
    "project_id": mostly(st.one_of(st.none(), _PROJECT, _PROJECT), _wrong_ids),
    "parent_id": mostly(_PARENTS, _wrong_ids),
    "move": MOVES,
    "start_date": right_or_wrong([*reading.DATES], WRONG_DATES),
    "due_date": right_or_wrong([*reading.DATES], WRONG_DATES),
    "time_zone": right_or_wrong([*ZONES, None, ""], WRONG_ZONES),
}


def _several_of(members: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Few of many members, mostly none: so that a body is wrong no more often than before."""
    names = st.lists(st.sampled_from([*members]), max_size=3, unique=True)
    return names.flatmap(
        lambda chosen: st.fixed_dictionaries({name: members[name] for name in chosen})
    )


def _bodies(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    usual: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(required, optional=optional)
    others = _several_of(_OTHERS | _ALIASES)
    return st.builds(
        lambda given, more, extra: given | more | _EXTRAS[extra], usual, others, _extras
    )


new_tasks = _bodies({"title": _USUAL["title"]}, {k: v for k, v in _USUAL.items() if k != "title"})
changes = _bodies({}, _USUAL)
completions = right_or_wrong(
    [
        *(ABSENT, {}, {"completed": True}, {"completed": False}, {"status": "done"}),
        {"status": "open", "is_completed": True},
    ],
    [
        *({"completed": None}, {"completed": "yes"}, {"title": "no"}, {"id": "ignored"}),
        *({"completed": "yes", "status": "done"}, {"priority": "high"}),
    ],
)


def filled(body: Any, pick: Callable[[Some], str]) -> Any:
    """Put ids where a body names some row."""
    if isinstance(body, Some):
        return pick(body)
    if isinstance(body, dict):
        return {name: filled(value, pick) for name, value in body.items()}
    return body


def read_members(
    body: dict[str, Any], known: tuple[str, ...] = reading.MEMBERS, *, refs: bool = False
) -> dict[str, Any]:
    """Give what a body says of these members; INVALID where it breaks a rule."""
    return reading.read_members(body, known, WRONG, refs=refs)
