"""The rules of export and import: everything of somebody as one document, taken in by anybody."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from unittest.mock import ANY
from uuid import UUID

import httpx
from hypothesis.stateful import multiple, rule

from tests.state_machine.answers import INVALID, Answer, RefusedError, instant, refuse_if
from tests.state_machine.base import Base, Known, Request, askers, people, tasks
from tests.state_machine.comparison import read_before
from tests.state_machine.documents import KINDS, document
from tests.state_machine.drawing import weighted
from tests.state_machine.model import Person
from tests.state_machine.nouns import Project, Row, Tag, Task
from tests.state_machine.own_settings import set_settings

_WRONG_ROW = {"title": " "}
_ARRAYS = ("projects", "tags", "filters", "tasks", "trash")
faults = weighted({None: 12, "format": 1, **dict.fromkeys(_ARRAYS, 1), "more": 1})


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
            sent["colours"] = []
        elif fault is not None:
            sent[fault] = [*sent[fault], _WRONG_ROW]
        made: list[Row] = []

        def act(person: Person, response: httpx.Response) -> Answer:
            refuse_if(INVALID, fault == "format")
            if not person.has_settings:
                person.has_settings = True
                set_settings(person, sent["settings"])
                person.settings["version"] = 1
            for member in _ARRAYS:
                # What came before is taken in, all the same.
                refuse_if(INVALID, fault == member)
                made.extend(_take_in(person, KINDS[member], sent[member]))
            refuse_if(INVALID, fault == "more")
            left = sum(len(sent[member]) for member in _ARRAYS) - len(made)
            return Answer(200, {"created": len(made), "left": left})

        self.perform(Request("import", asking, sent), act)
        whose = self.people.index(asking.asker)
        return multiple(*(Known(whose, row.id) for row in made if isinstance(row, Task)))


def _take_in(person: Person, kind: type[Row], rows: list[dict[str, Any]]) -> list[Row]:
    """Take in a page: all of it, or nothing."""
    before = deepcopy(vars(person))
    person.batch, person.at = person.number + 1, person.now
    try:
        new = [*_new_rows(person, kind, rows)]
        person.add_several(new)
    except RefusedError:
        vars(person).update(before)
        raise
    person.batch = person.at = None
    return new


def _new_rows(person: Person, kind: type[Row], rows: list[dict[str, Any]]) -> Iterator[Row]:
    """Give those that are not there: tags by their names, too."""
    for row in rows:
        values: dict[str, Any] = read_before(row) or {}
        known = {n: v for n, v in values.items() if n in kind.__dataclass_fields__}
        known["id"] = UUID(row["id"])
        known |= {"user_id": person.id, "version": 1}
        it = kind(**known)
        if it.id in person.rows or (isinstance(it, Tag) and person.tag(it.name)):
            continue
        # One that was purged goes on with its versions.
        it.version += sum(change.row_id == it.id for change in person.log)
        if isinstance(it, Task):
            _leave_what_is_in_the_trash(person, it)
        yield it


def _leave_what_is_in_the_trash(person: Person, task: Task) -> None:
    if task.project_id in person.rows and not person.is_live(task.project_id, Project):
        task.project_id = None
    if task.is_live and task.parent_id in person.rows and not person.is_live(task.parent_id, Task):
        task.parent_id = None
