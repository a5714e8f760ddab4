"""The rules of bulk: several commands, or one action with several tasks, in one transaction."""

from copy import deepcopy
from typing import Any
from unittest.mock import ANY
from uuid import UUID

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from tests.state_machine import commands
from tests.state_machine.answers import (
    INVALID,
    NOT_FOUND,
    Answer,
    RefusedError,
    invalid,
    refuse_if,
)
from tests.state_machine.base import Asking, Base, Known, Request, askers, keys, tasks
from tests.state_machine.commands import Command, Written
from tests.state_machine.drawing import weighted
from tests.state_machine.model import Person
from tests.state_machine.nouns import Task
from tests.state_machine.reading import FLIP, with_ids
from tests.state_machine.writing import change_task, create_task, restore_task
from todo_server.domain.uuid7 import uuid7

some_tasks = st.lists(tasks, min_size=1, max_size=4)
atomic = weighted({None: 2, True: 1, False: 3})
actions = weighted({"complete": 3, "reopen": 3, "delete": 3, "restore": 3, "move": 1})


class Bulk(Base):
    """Many changes in one request."""

    operations = frozenset({"change_tasks"})

    @rule(
        target=tasks,
        its=some_tasks,
        asker=askers,
        several=commands.several,
        atomic=atomic,
        key=keys,
    )
    def do_commands(self, *, its, asker, several, atomic, key):
        asking = self.asking(its[0].owner, asker)
        ids = [self.asking_for(it, asker)[1] for it in its]
        tasks = {str(task_id): self.seen(asking, task_id) for task_id in ids}

        def fill(body: Any) -> Any:
            return self.filled(body, asking)

        written = [each.written(list(tasks), list(tasks.values()), fill) for each in several]
        body = {"commands": written} | ({} if atomic is None else {"atomic": atomic})
        return self._do(asking, [*zip(several, written, strict=True)], body, key)

    @rule(its=some_tasks, asker=askers, action=actions, atomic=atomic, key=keys)
    def do_an_action(self, *, its, asker, action, atomic, key):
        asking = self.asking(its[0].owner, asker)
        ids = [str(self.asking_for(it, asker)[1]) for it in its]
        body = {"task_ids": ids, "action": action} | ({} if atomic is None else {"atomic": atomic})
        completion = {"complete": {"completed": True}, "reopen": {"completed": False}}
        op = "complete" if action in completion else action
        command = Command(op, 0, None, None, {})
        written = [{"id": each, **completion.get(action, {})} for each in ids]
        self._do(asking, [(command, each) for each in written], body, key)

    def _do(self, asking: Asking, commands: list[Written], body: Any, key: str | None) -> Any:
        """Send them; gives what was made."""
        made: list[UUID] = []
        atomic = body.get("atomic", True)

        def check() -> None:
            refuse_if(INVALID, body.get("action") == "move")
            for command, written in commands:
                if atomic:
                    command.check(written)

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
        values = command.check(written)
        answered = self._answered(number)
        if command.op == "create":
            refuse_if(INVALID, command.ref in self.refs)
            new = self._machine.new_id(answered["id"]) if answered else uuid7(self._person.now)
            task = create_task(self._person, new, values, answered, self._named)
            self.refs[command.ref or f"{number}"] = new
            return {"status": 201, "task": task.shown()}
        task_id = self._target(written["id"])
        values = with_ids(values, self._named)
        return self._change(command, task_id, written.get("if_version"), values, answered)

    def _change(
        self,
        command: Command,
        task_id: UUID,
        version: int | None,
        values: dict[str, Any],
        answered: dict[str, Any],
    ) -> dict[str, Any]:
        person = self._person
        task = person.find_trashed(task_id) if command.op == "restore" else person.find(task_id)
        if version not in (None, task.version):
            self._take_over(task)
            raise RefusedError(412, "version_conflict", task)
        if command.op == "delete":
            person.change(task, {"deleted_at": person.now})
            return {"status": 204}
        if command.op == "restore":
            restore_task(person, task)
        else:
            if command.op == "complete":
                values.setdefault("completed", FLIP)
            change_task(person, task, values, answered)
        return {"status": 200, "task": task.shown()}

    def _target(self, target: str) -> UUID:
        if not target.startswith("#"):
            return UUID(target)
        refuse_if(NOT_FOUND, target[1:] not in self.refs)
        return self.refs[target[1:]]

    def _named(self, text: str, field: str) -> UUID:
        if not text.startswith("#"):
            return UUID(text)
        unknown = ((field, "unknown_ref"), (field.rpartition(".")[2], "unknown_ref"))
        refuse_if(invalid(*unknown), text[1:] not in self.refs)
        return self.refs[text[1:]]

    def _take_over(self, task: Task) -> None:
        """Take what the same request made, and will undo, from who shows it."""
        current = self._answer.get("current")
        if current is not None and task.id in self.refs.values():
            del self._person.rows[task.id]
            task.id = self._machine.new_id(current["id"])
            self._person.rows[task.id] = task
            task.position = current["position"]

    def _answered(self, number: int) -> dict[str, Any]:
        """Give the task that the server shows; none of what is undone, as a later one fails."""
        results = self._answer.get("results", [])
        found = results[number] if number < len(results) else {}
        task: dict[str, Any] = found.get("task", {})
        return task


def _shown(refusal: RefusedError) -> dict[str, Any]:
    """As one of several results."""
    shown = {"status": refusal.status, "error": refusal.code, "message": ANY, "details": ANY}
    return shown | ({} if refusal.current is None else {"current": refusal.current.shown()})
