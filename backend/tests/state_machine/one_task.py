"""The rules of one task: create, get, change, complete, delete."""

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import multiple, rule

from tests.state_machine import bodies, comparison
from tests.state_machine.application import ABSENT
from tests.state_machine.base import Base, Known, askers, people, tasks
from tests.state_machine.conditions import if_match, if_none_match
from tests.state_machine.model import INVALID, RefusedError, refuse_if

_METHODS = st.sampled_from(["put", "patch"])


class OneTask(Base):
    """The verbs on one task."""

    operations = frozenset(
        {
            *("create_task", "get_task", "update_task_by_put", "update_task_by_patch"),
            *("complete_task", "delete_task"),
        }
    )

    @rule(target=tasks, owner=people, asker=askers, body=bodies.new_tasks)
    def create(self, owner, asker, body):
        asking = self.asking(owner, asker)
        response = self.ask("create_task", asking, body)

        def outcome():
            person = asking.person
            values = bodies.read_members(body, ("title", "description", "completed"))
            refuse_if(INVALID, "title" not in values)
            task_id = UUID(response.json().get("id", "0" * 32))
            comparison.same("an id of version 7 that nobody has", task_id.version, 7)
            assert not any(task_id in somebody.tasks for somebody in self.people)
            return person.create(task_id, self.now, self.origin, values)

        task = self.expect_task(response, 201, outcome)
        if task is None:
            return multiple()
        location = f"/api/{asking.path_of}/tasks/{task.id}"
        comparison.same("the location", response.headers["location"], location)
        return Known(self.people.index(asking.asker), task.id)

    @rule(it=tasks, asker=askers, condition=if_none_match)
    def get(self, it, asker, condition):
        asking, task_id = self.asking_for(it, asker)
        headers = condition.headers("If-None-Match", self.seen(asking, task_id))
        response = self.ask("get_task", asking, headers=headers, task_id=task_id)
        try:
            task = asking.person.find(task_id)
            condition.read()
        except RefusedError as refusal:
            comparison.same_refusal(response, refusal)
            return
        if condition.is_known():
            comparison.same_answer(response, 304, etag=task.etag)
        else:
            comparison.same_task(response, 200, task)

    @rule(method=_METHODS, body=bodies.changes, it=tasks, asker=askers, condition=if_match)
    def update(self, method, body, it, asker, condition):
        asking, task_id = self.asking_for(it, asker)
        headers = condition.headers("If-Match", self.seen(asking, task_id))
        name = f"update_task_by_{method}"
        response = self.ask(name, asking, body, headers, task_id=task_id)

        def outcome():
            person = asking.person
            values = bodies.read_members(body, ("title", "description", "completed"))
            condition.read()
            task = person.find(task_id)
            condition.check(task)
            return person.change(task, self.now, self.origin, values)

        self.expect_task(response, 200, outcome)

    @rule(body=bodies.completions, it=tasks, asker=askers, condition=if_match)
    def complete(self, body, it, asker, condition):
        asking, task_id = self.asking_for(it, asker)
        headers = condition.headers("If-Match", self.seen(asking, task_id))
        response = self.ask("complete_task", asking, body, headers, task_id=task_id)

        def outcome():
            person = asking.person
            values = {} if body is ABSENT else bodies.read_members(body, ("completed",))
            condition.read()
            task = person.find(task_id)
            condition.check(task)
            values.setdefault("completed", not task.completed)
            return person.change(task, self.now, self.origin, values)

        self.expect_task(response, 200, outcome)

    @rule(it=tasks, asker=askers, condition=if_match)
    def delete(self, it, asker, condition):
        asking, task_id = self.asking_for(it, asker)
        headers = condition.headers("If-Match", self.seen(asking, task_id))
        response = self.ask("delete_task", asking, headers=headers, task_id=task_id)
        try:
            person = asking.person
            condition.read()
            task = person.find(task_id)
            condition.check(task)
        except RefusedError as refusal:
            comparison.same_refusal(response, refusal)
            return
        comparison.same_answer(response, 204)
        person.change(task, self.now, self.origin, {"deleted_at": self.now})
