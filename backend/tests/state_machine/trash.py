"""The rules of the trash: list, restore, purge, empty."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, rule

from tests.state_machine.answers import Answer, instant
from tests.state_machine.base import OneChange, Request, askers, deleted, keys, people
from tests.state_machine.conditions import if_match
from tests.state_machine.listing import Cursor, Lists, limits
from tests.state_machine.model import Person
from tests.state_machine.nouns import Task
from tests.state_machine.writing import restore_task


class InTrash(NamedTuple):
    """The question for what is in the trash: there is but one."""

    is_wrong: bool = False
    meaning: str = "trash"

    def query(self, **asked: object) -> str:
        return "?" + urlencode({name: v for name, v in asked.items() if v is not None})

    def key(self, task: Task) -> tuple[Any, ...]:
        return (task.deleted_at, task.id)

    def rows(self, person: Person, after: tuple[Any, ...] | None = None) -> list[Task]:
        rows = sorted(person.trash(), key=self.key, reverse=True)
        return rows if after is None else [row for row in rows if self.key(row) < after]

    def answer(self, person: Person) -> list[dict[str, Any]]:
        return self.shown(self.rows(person))

    @staticmethod
    def shown(rows: list[Task]) -> list[dict[str, Any]]:
        return [
            task.shown() | {"deleted_at": instant(task.deleted_at)}
            for task in rows
            if task.deleted_at is not None
        ]


trash_cursors: Bundle[Cursor] = Bundle("trash_cursors")


class Trash(Lists):
    """What is in the trash, and what becomes of it."""

    operations = frozenset({"list_trash", "restore_task", "purge_task", "empty_trash"})

    @rule(owner=people, asker=askers, conditional=st.booleans())
    def list_the_trash(self, owner, asker, conditional):
        self.whole("list_trash", owner, asker, InTrash(), conditional=conditional)

    @rule(target=trash_cursors, owner=people, asker=askers, limit=limits)
    def list_first_page_of_trash(self, owner, asker, limit):
        return self.page("list_trash", self.asking(owner, asker), InTrash(), limit, None)

    @rule(target=trash_cursors, cursor=trash_cursors, asker=askers, limit=limits)
    def list_next_page_of_trash(self, cursor, asker, limit):
        asking = self.asking(cursor.owner, asker)
        return self.page("list_trash", asking, InTrash(), limit, cursor)

    @rule(it=deleted, asker=askers, condition=if_match, key=keys)
    def restore(self, it, asker, condition, key):
        def act(person, task, answered):
            return restore_task(person, task).answer()

        wanted = OneChange("restore_task", it, asker, condition, key)
        self.change(wanted, act, find=Person.find_trashed)

    @rule(it=deleted, asker=askers, condition=if_match, key=keys)
    def purge(self, it, asker, condition, key):
        def act(person, task, answered):
            person.purge(task)
            return Answer(204)

        wanted = OneChange("purge_task", it, asker, condition, key)
        self.change(wanted, act, find=Person.find_trashed)

    @rule(owner=people, asker=askers, key=keys)
    def empty_the_trash(self, owner, asker, key):
        def act(person, response):
            while person.trash():  # the subtasks go with the first of them
                person.purge(person.trash()[0])
            return Answer(204)

        self.perform(Request("empty_trash", self.asking(owner, asker), key=key), act)
