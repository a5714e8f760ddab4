"""The rules of export and import: everything of somebody as one document, taken in by anybody."""

from datetime import datetime
from typing import Any
from unittest.mock import ANY
from uuid import UUID

import httpx
from hypothesis.stateful import multiple, rule

from tests.state_machine import bodies
from tests.state_machine.base import Base, Known, Request, askers, people, tasks
from tests.state_machine.drawing import weighted
from tests.state_machine.model import INVALID, Answer, Change, Person, Task, instant, refuse_if

_INSTANTS = ("created_at", "updated_at", "deleted_at")
_WRONG_ROW = {"title": " "}
faults = weighted({None: 8, "format": 1, "tasks": 1, "trash": 1, "more": 1})


class Everything(Base):
    """What somebody takes away, and brings along."""

    operations = frozenset({"export", "import"})

    @rule(owner=people, asker=askers)
    def export(self, owner, asker):
        asking = self.asking(owner, asker)

        def act(person: Person, response: httpx.Response) -> Answer:
            return Answer(200, document(person, self.now, unknown=ANY))

        self.perform(Request("export", asking), act)

    @rule(target=tasks, owner=people, source=people, asker=askers, fault=faults)
    def import_a_document(self, owner, source, asker, fault):
        asking = self.asking(owner, asker)
        sent = document(self.people[source], self.now, unknown=instant(self.now))
        if fault == "format":
            sent["format"] = "todo-server/0"
        elif fault == "more":
            sent["tags"] = []
        elif fault is not None:
            sent[fault] = [*sent[fault], _WRONG_ROW]
        made: list[UUID] = []

        def act(person: Person, response: httpx.Response) -> Answer:
            refuse_if(INVALID, fault == "format")
            refuse_if(INVALID, fault == "tasks")
            made.extend(self._take_in(person, sent["tasks"]))
            # What came before is taken in, all the same.
            refuse_if(INVALID, fault == "trash")
            made.extend(self._take_in(person, sent["trash"]))
            refuse_if(INVALID, fault == "more")
            left = len(sent["tasks"]) + len(sent["trash"]) - len(made)
            return Answer(200, {"created": len(made), "left": left})

        self.perform(Request("import", asking, sent), act)
        return multiple(*(Known(self.people.index(asking.asker), each) for each in made))

    def _take_in(self, person: Person, rows: list[dict[str, Any]]) -> list[UUID]:
        new = [row for row in rows if UUID(row["id"]) not in person.tasks]
        person.batch = person.number + 1
        for row in new:
            instants = {name: _instant(row.get(name)) for name in _INSTANTS}
            members = {name: row[name] for name in bodies.MEMBERS}
            task = Task(user_id=person.id, id=UUID(row["id"]), **instants, **members)
            # One that was purged goes on with its versions.
            task.version += sum(change.row_id == task.id for change in person.log)
            person.add(task, self.now, self.origin)
        person.batch = None
        return [UUID(row["id"]) for row in new]


def _instant(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)


def document(person: Person, now: datetime, unknown: Any) -> dict[str, Any]:
    """Write everything of a person as one document."""
    trash = sorted((task.deleted_at, task.id) for task in person.trash() if task.deleted_at)
    return {
        "format": "todo-server/1",
        "exported_at": instant(now),
        "number": person.number,
        "account": None,
        "tasks": [task.shown() for task in sorted(person.live(), key=lambda task: task.id)],
        "trash": [
            person.tasks[task_id].shown() | {"deleted_at": instant(deleted_at)}
            for deleted_at, task_id in trash
        ],
        "changes": [_exported(change, unknown) for change in person.log],
    }


def _exported(change: Change, unknown: Any) -> dict[str, Any]:
    before = change.before
    if before is not None:
        before = {name: _in_log(value) for name, value in before.items()}
    return vars(change) | {
        "at": unknown if change.at is None else instant(change.at),
        "noun": "task",
        "row_id": str(change.row_id),
        "before": before,
    }


def _in_log(value: Any) -> Any:
    """As PostgreSQL writes it into JSON."""
    if not isinstance(value, datetime):
        return value
    whole, dot, fraction = value.isoformat().removesuffix("+00:00").partition(".")
    return f"{whole}{dot}{fraction.rstrip('0')}+00:00"
