"""The rules of projects: what they are, and what becomes of their tasks."""

from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.state_machine import noun_bodies
from tests.state_machine.answers import INVALID, Answer, refuse_if
from tests.state_machine.base import OWNER, askers, keys, people
from tests.state_machine.conditions import if_match, if_none_match
from tests.state_machine.drawing import weighted
from tests.state_machine.model import Person
from tests.state_machine.nouns import Project, Task
from tests.state_machine.placed import Listed, Placed, methods, which_row

_ARCHIVED: dict[str | None, tuple[bool, ...]] = {
    None: (False,),
    "false": (False,),
    "true": (True,),
    "all": (False, True),
}
_new, _changed = noun_bodies.new_bodies(Project), noun_bodies.changes_of(Project)


def _tasks_in(person: Person, project: Project) -> list[Task]:
    return [task for task in person.live() if task.project_id == project.id]


class Projects(Placed):
    """What tasks belong to."""

    operations = frozenset(
        {
            *("list_projects", "create_project", "get_project", "delete_project"),
            *("update_project_by_put", "update_project_by_patch"),
        }
    )

    @initialize(owners=st.lists(people, max_size=3, unique=True))
    def create_a_project(self, owners):
        for owner in owners:
            self.create_row(Project, self.asking(owner, OWNER), {"name": "a"}, None)

    @rule(owner=people, asker=askers, archived=weighted(dict.fromkeys(_ARCHIVED, 1)))
    def list_projects(self, owner, asker, archived):
        text = "" if archived is None else "?" + urlencode({"archived": archived})
        wanted = _ARCHIVED[archived]
        question = Listed(Project, text, lambda row: row.archived in wanted, _tasks_in)
        self.whole("list_projects", owner, asker, question, conditional=False)

    @rule(owner=people, asker=askers, body=_new, key=keys)
    def create_project(self, owner, asker, body, key):
        self.create_row(Project, self.asking(owner, asker), body, key)

    @rule(owner=people, asker=askers, which=which_row, condition=if_none_match)
    def get_project(self, owner, asker, which, condition):
        self.get_row(self.asked(Project, self.asking(owner, asker), which, condition))

    @rule(
        method=methods,
        body=_changed,
        owner=people,
        asker=askers,
        which=which_row,
        condition=if_match,
        key=keys,
    )
    def update_project(self, *, method, body, owner, asker, which, condition, key):
        asked = self.asked(Project, self.asking(owner, asker), which, condition, key)
        self.update_row(method, asked, body)

    @rule(
        owner=people,
        asker=askers,
        which=which_row,
        tasks=weighted({None: 3, "keep": 2, "delete": 4, "all": 1}),
        condition=if_match,
        key=keys,
    )
    def delete_project(self, *, owner, asker, which, tasks, condition, key):
        query = "" if tasks is None else "?" + urlencode({"tasks": tasks})

        def act(person: Person, project: Project, answered: Any) -> Answer:
            _delete(person, project, with_tasks=tasks == "delete")
            return Answer(204)

        def read() -> None:
            refuse_if(INVALID, tasks == "all")

        asked = self.asked(Project, self.asking(owner, asker), which, condition, key)
        self.ask_to_change("delete_project", asked, act, read, query=query)


def _delete(person: Person, project: Project, *, with_tasks: bool) -> None:
    """Delete a project: its tasks have none, and go to the trash if that is wanted."""
    person.batch = person.number + 1
    left: dict[str, Any] = {"project_id": None}
    also = {"deleted_at": person.now} if with_tasks else {}
    person.change_several([(task, left | also) for task in _tasks_in(person, project)])
    trashed = [task for task in person.trash() if task.project_id == project.id]
    person.change_several([(task, left) for task in trashed])
    person.change(project, {"deleted_at": person.now})
    person.batch = None
