"""The rules of repeating tasks, of such that do not: `tests/api/repeating/` has the others."""

from hypothesis.stateful import rule

from tests.state_machine.answers import NOT_FOUND, Answer, RefusedError, refuse
from tests.state_machine.base import Base, OneChange, Request, askers, keys, tasks
from tests.state_machine.conditions import if_match

_NO_NEXT = RefusedError(409, "no_next_occurrence")


class Repeating(Base):
    """Skipping, what comes, and the series."""

    operations = frozenset({"skip_task", "list_occurrences", "list_series"})

    @rule(it=tasks, asker=askers, condition=if_match, key=keys)
    def skip(self, it, asker, condition, key):
        def act(person, task, answered):
            refuse(_NO_NEXT)

        self.change(OneChange("skip_task", it, asker, condition, key), act)

    @rule(it=tasks, asker=askers)
    def list_occurrences(self, it, asker):
        asking, task_id = self.asking_for(it, asker)

        def act(person, response):
            person.find(task_id)
            return Answer(200, [])

        self.perform(Request("list_occurrences", asking, path={"task_id": task_id}), act)

    @rule(it=tasks, asker=askers)
    def list_series(self, it, asker):
        asking, task_id = self.asking_for(it, asker)

        def act(person, response):
            refuse(NOT_FOUND)

        self.perform(Request("list_series", asking, path={"series_id": task_id}), act)
