"""The rules of bulk: several commands, or one action with several tasks, in one transaction."""

from copy import deepcopy
from typing import Any, NamedTuple, TypeAlias
from unittest.mock import ANY
from uuid import UUID, uuid4

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from tests.state_machine import bodies
from tests.state_machine.application import ABSENT
from tests.state_machine.base import Asking, Base, Known, Request, askers, keys, tasks
from tests.state_machine.drawing import weighted
from tests.state_machine.model import (
    INVALID,
    NOT_FOUND,
    Answer,
    Person,
    RefusedError,
    Task,
    refuse_if,
)


class Command(NamedTuple):
    """One command; its target is the `ref` of another, or the number of a task."""

    op: str
    target: str | int
    ref: str | None
    version: str | None
    body: dict[str, Any]

    def written(self, ids: list[str], tasks: list[Task | None]) -> dict[str, Any]:
        """Write it for some ids, and the tasks that they are of."""
        written = {"op": self.op, **self.body}
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

    def check(self) -> dict[str, Any]:
        """Give what it sets; INVALID where it breaks a rule."""
        known = {"create": bodies.MEMBERS, "update": bodies.MEMBERS, "complete": ("completed",)}
        values = bodies.read_members(self.body, known.get(self.op, ()))
        refuse_if(INVALID, self.op == "move")
        if self.op == "create":
            refuse_if(INVALID, "title" not in values or self.ref == "no!")
        else:
            refuse_if(INVALID, self.target == "#no!" or self.version == "wrong")
        return values


Written: TypeAlias = tuple[Command, dict[str, Any]]
"""A command, and how it is sent."""


def _commands(op: str, body: st.SearchStrategy[Any]) -> st.SearchStrategy[Command]:
    targets = weighted({**dict.fromkeys(range(4), 4), "#a": 3, "#b": 1, "#no!": 1})
    refs = weighted({None: 4, "a": 3, "b": 1, "no!": 1})
    versions = weighted({None: 6, "right": 2, "stale": 1, "wrong": 1})
    return st.builds(Command, st.just(op), targets, refs, versions, body)


_nothing: st.SearchStrategy[Any] = st.just({})
_completions = bodies.completions.map(lambda body: {} if body is ABSENT else body)
_KINDS = {
    "create": (5, bodies.new_tasks),
    "update": (5, bodies.changes),
    "complete": (4, _completions),
    "delete": (3, _nothing),
    "restore": (3, _nothing),
    "move": (1, _nothing),
}
_one_command = weighted({op: weight for op, (weight, _) in _KINDS.items()}).flatmap(
    lambda op: _commands(op, _KINDS[op][1])
)
commands = st.lists(_one_command, min_size=1, max_size=6)
some_tasks = st.lists(tasks, min_size=1, max_size=4)
atomic = weighted({None: 2, True: 1, False: 3})
actions = weighted({"complete": 3, "reopen": 3, "delete": 3, "restore": 3, "move": 1})


class Bulk(Base):
    """Many changes in one request."""

    operations = frozenset({"change_tasks"})

    @rule(target=tasks, its=some_tasks, asker=askers, several=commands, atomic=atomic, key=keys)
    def do_commands(self, *, its, asker, several, atomic, key):
        asking = self.asking(its[0].owner, asker)
        ids = [self.asking_for(it, asker)[1] for it in its]
        tasks = {str(task_id): self.seen(asking, task_id) for task_id in ids}
        written = [each.written(list(tasks), list(tasks.values())) for each in several]
        body = {"commands": written} | ({} if atomic is None else {"atomic": atomic})
        return self._do(asking, [*zip(several, written, strict=True)], body, key)

    @rule(its=some_tasks, asker=askers, action=actions, atomic=atomic, key=keys)
    def do_an_action(self, *, its, asker, action, atomic, key):
        asking = self.asking(its[0].owner, asker)
        ids = [str(self.asking_for(it, asker)[1]) for it in its]
        body = {"task_ids": ids, "action": action} | ({} if atomic is None else {"atomic": atomic})
        completion = {"complete": {"completed": True}, "reopen": {"completed": False}}
        op = "complete" if action in completion else action
        command = Command(op, 0, None, None, completion.get(action, {}))
        self._do(asking, [(command, {"id": each}) for each in ids], body, key)

    def _do(self, asking: Asking, commands: list[Written], body: Any, key: str | None) -> Any:
        """Send them; gives what was made."""
        made: list[UUID] = []
        atomic = body.get("atomic", True)

        def check() -> None:
            for command, _ in commands:
                if atomic or (command.op == "move" and "action" in body):
                    command.check()

        def act(person: Person, response: httpx.Response) -> Answer:
            before = deepcopy(vars(person))
            run = _Run(self, person, response.json())
            try:
                results = run.all(commands, atomic=atomic)
            except RefusedError:
                vars(person).update(before)
                raise
            finally:
                person.batch = None
            made.extend(run.refs.values())
            return Answer(200, {"results": results})

        request = Request("change_tasks", asking, body, key=key)
        self.perform(request, act, check)
        return multiple(*(Known(self.people.index(asking.asker), each) for each in made))


class _Run:
    """Commands that the model does; `answer` is the one that the server gave."""

    def __init__(self, machine: Base, person: Person, answer: dict[str, Any]) -> None:
        self._machine, self._person, self._answer = machine, person, answer
        self.refs: dict[str, UUID] = {}
        person.batch = person.number + 1

    def all(self, commands: list[Written], *, atomic: bool) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        for command, written in commands:
            try:
                results.append(self._one(command, written, len(results)))
            except RefusedError as refusal:
                if atomic:
                    raise
                results.append(_shown(refusal))
        return results

    def _one(self, command: Command, written: dict[str, Any], number: int) -> dict[str, Any]:
        values = command.check()
        person, now, origin = self._person, self._machine.now, self._machine.origin
        if command.op == "create":
            refuse_if(INVALID, command.ref in self.refs)
            new = self._new_id(number)
            self.refs[command.ref or f"{number}"] = new
            return {"status": 201, "task": person.create(new, now, origin, values).shown()}
        task = self._find(command, written["id"])
        version = written.get("if_version", task.version)
        if version != task.version:
            self._take_id(task)
            raise RefusedError(412, "version_conflict", task)
        if command.op in ("delete", "restore"):
            values = {"deleted_at": now if command.op == "delete" else None}
        if command.op == "complete":
            values.setdefault("completed", not task.completed)
        person.change(task, now, origin, values)
        if command.op == "delete":
            return {"status": 204}
        return {"status": 200, "task": task.shown()}

    def _find(self, command: Command, target: str) -> Task:
        if target.startswith("#"):
            refuse_if(NOT_FOUND, target[1:] not in self.refs)
            task_id = self.refs[target[1:]]
        else:
            task_id = UUID(target)
        find = self._person.find_trashed if command.op == "restore" else self._person.find
        return find(task_id)

    def _take_id(self, task: Task) -> None:
        """Take the id of a task that the same request made and undid from who shows it."""
        current = self._answer.get("current")
        if current is not None and task.id in self.refs.values():
            task.id = self._machine.new_id(current["id"])

    def _new_id(self, number: int) -> UUID:
        results = self._answer.get("results", [])
        found = results[number] if number < len(results) else {}
        if "task" not in found:  # of what is undone, as a later one fails
            return uuid4()
        return self._machine.new_id(found["task"]["id"])


def _shown(refusal: RefusedError) -> dict[str, Any]:
    """As one of several results."""
    shown = {"status": refusal.status, "error": refusal.code, "message": ANY, "details": ANY}
    return shown | ({} if refusal.current is None else {"current": refusal.current.shown()})
