"""The commands of bulk: how they are drawn, written, and read."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from hypothesis import strategies as st

from tests.state_machine import bodies, reading
from tests.state_machine.answers import INVALID, refuse_if
from tests.state_machine.application import ABSENT
from tests.state_machine.drawing import weighted
from tests.state_machine.nouns import Task


class Command(NamedTuple):
    """One command; its target is the `ref` of another, or the number of a task."""

    op: str
    target: str | int
    ref: str | None
    version: str | None
    body: dict[str, Any]

    def written(
        self, ids: list[str], tasks: list[Task | None], fill: Callable[[Any], Any]
    ) -> dict[str, Any]:
        """Write it for some ids, and the tasks that they are of."""
        written = {"op": self.op, **fill(self.body)}
        if self.op == "create":
            return written | ({} if self.ref is None else {"ref": self.ref})
        task = None
        if isinstance(self.target, str):
            written["id"] = self.target
        else:
            written["id"], task = ids[self.target % len(ids)], tasks[self.target % len(ids)]
        if self.version is not None:
            version = 1 if task is None else task.version
            sent = {"right": version, "stale": version + 1, "wrong": 0}
            written["if_version"] = sent[self.version]
        return written

    def check(self, written: dict[str, Any]) -> dict[str, Any]:
        """Give what it sets, as it was written; INVALID where it breaks a rule."""
        body = {name: value for name, value in written.items() if name not in _OF_COMMANDS}
        if self.op == "create":
            refuse_if(INVALID, self.ref == "no!")
        else:
            refuse_if(INVALID, self.target == "#no!" or self.version == "wrong")
        if self.op == "move":
            return {"move": reading.read_move(body, refs=True)}
        known = {"create": reading.MEMBERS, "update": reading.MEMBERS, "complete": ("completed",)}
        values = bodies.read_members(body, known.get(self.op, ()), refs=True)
        refuse_if(INVALID, self.op == "create" and "title" not in values)
        return values


_OF_COMMANDS = ("op", "id", "ref", "if_version")

Written: TypeAlias = tuple[Command, dict[str, Any]]
"""A command, and how it is sent."""


def _commands(op: str, body: st.SearchStrategy[Any]) -> st.SearchStrategy[Command]:
    targets = weighted({**dict.fromkeys(range(4), 4), "#a": 3, "#b": 1, "#no!": 1})
    refs = weighted({None: 4, "a": 3, "b": 1, "no!": 1})
    versions = weighted({None: 6, "right": 2, "stale": 1, "wrong": 1})
    return st.builds(Command, st.just(op), targets, refs, versions, body)


_ref = weighted({"#a": 5, "#b": 1})
_parts = st.builds(lambda body, ref: body | {"parent_id": ref}, bodies.new_tasks, _ref)
_beside = st.builds(lambda where, ref: {where: ref}, st.sampled_from(["after", "before"]), _ref)
_moved = st.builds(lambda body, move: body | {"move": move}, bodies.changes, _beside)
_nothing: st.SearchStrategy[Any] = st.just({})
_completions = bodies.completions.map(lambda body: {} if body is ABSENT else body)
_places = st.one_of(bodies.MOVES, bodies.MOVES, _beside).map(
    lambda move: move if isinstance(move, dict) else {"first": False}
)
_KINDS = {
    "create": (5, st.one_of(bodies.new_tasks, bodies.new_tasks, _parts)),
    "update": (5, st.one_of(bodies.changes, bodies.changes, _moved)),
    "complete": (4, _completions),
    "delete": (3, _nothing),
    "restore": (3, _nothing),
    "move": (4, _places),
}
_one_command = weighted({op: weight for op, (weight, _) in _KINDS.items()}).flatmap(
    lambda op: _commands(op, _KINDS[op][1])
)
several = st.lists(_one_command, min_size=1, max_size=6)
