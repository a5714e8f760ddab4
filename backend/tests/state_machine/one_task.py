"""The rules of one task: create, get, change, complete, delete."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, rule

from tests.state_machine import bodies
from tests.state_machine.answers import INVALID, Answer, refuse_if
from tests.state_machine.application import ABSENT
from tests.state_machine.base import (
    OWNER,
    Base,
    Known,
    OneChange,
    Request,
    askers,
    deleted,
    keys,
    people,
    tasks,
)
from tests.state_machine.conditions import if_match, if_none_match
from tests.state_machine.model import Person
from tests.state_machine.reading import FLIP
from tests.state_machine.writing import change_task, create_task

# What somebody begins with: a parent, its parts, and tags.
_PART = {"title": "part", "parent_id": bodies.Some("task", 0)}
_FIRST: list[dict[str, Any]] = [
    {"title": "a"},
    _PART | {"tags": ["home", "Work"]},
    _PART | {"completed": True},
    {"title": "b", "tags": "errands, HOME", "priority": "high"},
    *[{"title": "c"}] * 4,
]

_METHODS = st.sampled_from(["put", "patch"])


class OneTask(Base):
    """The verbs on one task."""

    operations = frozenset(
        {
            *("create_task", "get_task", "update_task_by_put", "update_task_by_patch"),
            *("complete_task", "delete_task"),
        }
    )

    @initialize(target=tasks, owners=st.lists(people, min_size=1, max_size=8))
    def create_some(self, owners):
        # Of each program, Hypothesis leaves out some of the rules: `create`, too.
        bodies = [_FIRST[owners[:at].count(owner)] for at, owner in enumerate(owners)]
        made = [
            self._create(owner, OWNER, body, None)
            for owner, body in zip(owners, bodies, strict=True)
        ]
        return multiple(*(each for several in made for each in several))

    @rule(target=tasks, owner=people, asker=askers, body=bodies.new_tasks, key=keys)
    def create(self, owner, asker, body, key):
        return multiple(*self._create(owner, asker, body, key))

    def _create(self, owner: int, asker: str, body: Any, key: str | None) -> list[Known]:
        asking = self.asking(owner, asker)
        body = self.filled(body, asking)
        made: list[UUID] = []

        def check() -> None:
            refuse_if(INVALID, "title" not in bodies.read_members(body))

        def act(person: Person, response: httpx.Response) -> Answer:
            answered = response.json() if response.is_success else {}
            new_id = self.new_id(answered["id"]) if answered else uuid4()
            task = create_task(person, new_id, bodies.read_members(body), answered)
            made.append(task.id)
            return task.answer(201, location=f"/api/{asking.path_of}/tasks/{task.id}")

        self.perform(Request("create_task", asking, body, key=key), act, check)
        return [Known(self.people.index(asking.asker), each) for each in made]

    @rule(it=tasks, asker=askers, condition=if_none_match)
    def get(self, it, asker, condition):
        asking, task_id = self.asking_for(it, asker)
        headers = condition.headers("If-None-Match", self.seen(asking, task_id))

        def act(person, response):
            task = person.find(task_id)
            if condition.is_known(task):
                return Answer(304, headers={"etag": task.etag})
            return task.answer()

        path = {"task_id": task_id}
        request = Request("get_task", asking, headers=headers, path=path)
        self.perform(request, act, condition.read)

    @rule(
        method=_METHODS,
        body=bodies.changes,
        it=tasks,
        asker=askers,
        condition=if_match,
        key=keys,
    )
    def update(self, *, method, body, it, asker, condition, key):
        body = self.filled(body, self.asking_for(it, asker)[0])

        def act(person, task, answered):
            return change_task(person, task, bodies.read_members(body), answered).answer()

        name = f"update_task_by_{method}"
        self.change(
            OneChange(name, it, asker, condition, key, body), act, lambda: bodies.read_members(body)
        )

    @rule(body=bodies.completions, it=tasks, asker=askers, condition=if_match, key=keys)
    def complete(self, *, body, it, asker, condition, key):
        def read() -> dict[str, Any]:
            return {} if body is ABSENT else bodies.read_members(body, ("completed",))

        def act(person, task, answered):
            values = {"completed": FLIP, **read()}
            return change_task(person, task, values, answered).answer()

        self.change(OneChange("complete_task", it, asker, condition, key, body), act, read)

    @rule(target=deleted, it=tasks, asker=askers, condition=if_match, key=keys)
    def delete(self, it, asker, condition, key):
        def act(person, task, answered):
            person.change(task, {"deleted_at": self.now})
            return Answer(204)

        done = self.change(OneChange("delete_task", it, asker, condition, key), act)
        return it if done else multiple()
