"""Bodies, right and wrong, and how the model reads them."""

from typing import Any

from hypothesis import strategies as st

from tests.state_machine.application import ABSENT
from tests.state_machine.drawing import long, right_or_wrong, weighted
from tests.state_machine.model import INVALID

# Letters of which every PostgreSQL and Python agree which are the same in upper and lower case.
TITLES = [
    *("a", "Buy milk", "buy Milk", "Äpfel", "äpfel", "zebra", "日本語", "😀 party", "007", "b b"),
    *(long("x", 500), long("y", 200, "a"), long("y", 200, "b"), long("Y", 200, "0"), "\u200bv"),
    *("  trimmed\t", long("t", 500, " \n"), "'; DROP TABLE task;--", '"%_\\', "null"),
]
WRONG_TITLES: list[Any] = [
    "",
    " \t",
    "\u200b",
    long("x", 501),
    "a\0b",
    "\ud800",
    None,
    7,
    True,
    ["x"],
    {},
]
DESCRIPTIONS = [None, "", "Two litres", "  kept  ", long("d", 5000), 'line\nbreak "quoted" \\', "é"]
WRONG_DESCRIPTIONS: list[Any] = [long("d", 5001), "a\0b", "\udfff", 7, False, []]
WRONG_FLAGS: list[Any] = [None, "true", "yes", 1, 0, "", []]

MEMBERS = ("title", "description", "completed")
_WRONG = {"title": WRONG_TITLES, "description": WRONG_DESCRIPTIONS, "completed": WRONG_FLAGS}

# What is read only is ignored, whatever it says; anything else that is not known is refused.
_EXTRAS: dict[str, dict[str, Any]] = {
    "none": {},
    "read-only": {"id": "00000000-0000-7000-8000-000000000000", "user_id": "x", "version": 99},
    "read-only instants": {"created_at": None, "updated_at": "1970-01-01T00:00:00Z"},
    "stored": {"deleted_at": None},
    "unknown": {"priority": "high"},
}
_extras = weighted({"none": 16, "read-only": 1, "read-only instants": 1, "stored": 1, "unknown": 1})

_MEMBERS = {
    "title": right_or_wrong(TITLES, WRONG_TITLES),
    "description": right_or_wrong(DESCRIPTIONS, WRONG_DESCRIPTIONS),
    "completed": right_or_wrong([False, True], WRONG_FLAGS),
}


def _bodies(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    members: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(required, optional=optional)
    return st.builds(lambda given, more: given | _EXTRAS[more], members, _extras)


new_tasks = _bodies(
    {"title": _MEMBERS["title"]}, {k: v for k, v in _MEMBERS.items() if k != "title"}
)
changes = _bodies({}, _MEMBERS)
completions = right_or_wrong(
    [ABSENT, {}, {"completed": True}, {"completed": False}],
    [{"completed": None}, {"completed": "yes"}, {"title": "no"}, {"id": "ignored"}],
)


def read_members(body: dict[str, Any], known: tuple[str, ...] = MEMBERS) -> dict[str, Any]:
    """Give what a body says of these members; INVALID where it breaks a rule."""
    values = {}
    for name, value in body.items():
        if name in ("id", "user_id", "version", "created_at", "updated_at"):
            continue
        if name not in known or _is_wrong(name, value):
            raise INVALID
        values[name] = _stored(name, value)
    return values


def _is_wrong(name: str, value: Any) -> bool:
    same_kind = [each for each in _WRONG[name] if isinstance(each, bool) is isinstance(value, bool)]
    return value in same_kind


def _stored(name: str, value: Any) -> Any:
    if name == "title":
        return value.strip()
    return value or None if name == "description" else value
