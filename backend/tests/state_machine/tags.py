"""The rules of tags: they are known by their names, which stand in their tasks."""

from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.state_machine import noun_bodies
from tests.state_machine.answers import INVALID, Answer, RefusedError, invalid, refuse_if
from tests.state_machine.application import ABSENT
from tests.state_machine.base import Request, askers, keys, people
from tests.state_machine.conditions import if_match, if_none_match
from tests.state_machine.drawing import weighted
from tests.state_machine.model import Person
from tests.state_machine.nouns import Tag, Task, same_name
from tests.state_machine.placed import Listed, Placed, found, methods, place

_NAMES = ["home", "HOME", "Work", "errands", "straße", "STRASSE", "new", "n0", "two words"]
names = weighted({**dict.fromkeys(_NAMES, 4), "no such tag": 1, "a,b": 1})
_new, _changed = noun_bodies.new_bodies(Tag), noun_bodies.changes_of(Tag)
_merges = st.fixed_dictionaries({"into": st.sampled_from([*_NAMES, "no such tag", "", 7, None])})


def _tasks_with(person: Person, tag: Tag) -> list[Task]:
    key = same_name(tag.name)
    return [task for task in person.live() if key in map(same_name, task.tags)]


def _find(name: str) -> Callable[[Person], Tag]:
    def find(person: Person) -> Tag:
        tag = person.tag(name)
        if tag is None:
            raise RefusedError(404, "tag_not_found")
        return tag

    return find


def _reading(name: str) -> Callable[[Person], Tag]:
    """Find it where the name is one that a tag may have; else INVALID."""

    def find(person: Person) -> Tag:
        refuse_if(INVALID, "," in name)
        return _find(name)(person)

    return find


def _rename(person: Person, old: str, new: str | None) -> None:
    """Give a tag another name in all tasks, or take it off them; those in the trash after."""
    for tasks in (person.live(), person.trash()):
        changed = [(task, {"tags": _renamed(task.tags, same_name(old), new)}) for task in tasks]
        person.change_several([each for each in changed if each[0].tags != each[1]["tags"]])


def _renamed(tags: list[str], old: str, new: str | None) -> list[str]:
    unique: dict[str, str] = {}
    for name in tags:
        it = new if same_name(name) == old else name
        if it is not None:
            unique.setdefault(same_name(it), it)
    return [*unique.values()]


def _refuse_another(person: Person, name: str, but: Tag | None = None) -> None:
    other = person.tag(name)
    refuse_if(RefusedError(409, "tag_exists", other), other is not None and other is not but)


class Tags(Placed):
    """What tasks are called by."""

    operations = frozenset(
        {
            *("list_tags", "create_tag", "get_tag", "delete_tag", "merge_tag"),
            *("update_tag_by_put", "update_tag_by_patch"),
        }
    )

    @rule(owner=people, asker=askers, conditional=st.booleans())
    def list_tags(self, owner, asker, conditional):
        question = Listed(Tag, counts=_tasks_with)
        self.whole("list_tags", owner, asker, question, conditional=conditional)

    @rule(owner=people, asker=askers, body=_new, key=keys)
    def create_tag(self, owner, asker, body, key):
        def refuse(person: Person, values: dict[str, Any]) -> None:
            _refuse_another(person, values["name"])

        asking = self.asking(owner, asker)
        self.create_row(Tag, asking, body, key, refuse)

    @rule(owner=people, asker=askers, name=names, condition=if_none_match)
    def get_tag(self, owner, asker, name, condition):
        asking = self.asking(owner, asker)
        self.get_found(Tag, asking, {"name": name}, _reading(name), condition)

    @rule(
        method=methods,
        body=_changed,
        owner=people,
        asker=askers,
        name=names,
        condition=if_match,
        key=keys,
    )
    def update_tag(self, *, method, body, owner, asker, name, condition, key):
        asking = self.asking(owner, asker)
        body = self.filled(body, asking)

        def read() -> dict[str, Any]:
            return noun_bodies.read(Tag, body)

        def act(person: Person, tag: Tag, answered: dict[str, Any]) -> Answer:
            values = read()
            new = values.get("name", tag.name)
            if new != tag.name:
                _refuse_another(person, new, but=tag)
            self.refuse_conflict(tag, versions)
            place(person, tag, values, answered)
            person.batch = person.number + 1 if new != tag.name else None
            renamed = new != tag.name
            person.change(tag, values)
            if renamed:
                _rename(person, name, new)
            person.batch = None
            return tag.answer()

        versions = condition.named(found(asking, _reading(name)))
        self._change(f"update_tag_by_{method}", (asking, name, condition, key), act, body, read)

    @rule(owner=people, asker=askers, name=names, condition=if_match, key=keys)
    def delete_tag(self, *, owner, asker, name, condition, key):
        asking = self.asking(owner, asker)
        versions = condition.named(found(asking, _reading(name)))

        def act(person: Person, tag: Tag, answered: dict[str, Any]) -> Answer:
            self.refuse_conflict(tag, versions)
            person.batch = person.number + 1
            _rename(person, name, None)
            person.change(tag, {"deleted_at": person.now})
            person.batch = None
            return Answer(204)

        self._change("delete_tag", (asking, name, condition, key), act)

    @rule(owner=people, asker=askers, name=names, body=_merges, condition=if_match, key=keys)
    def merge_tag(self, *, owner, asker, name, body, condition, key):
        asking = self.asking(owner, asker)
        versions = condition.named(found(asking, _reading(name)))

        def read() -> None:
            refuse_if(INVALID, body["into"] in ("", 7, None))

        def act(person: Person, tag: Tag, answered: dict[str, Any]) -> Answer:
            other = person.tag(body["into"])
            if other is None or other is tag:
                raise invalid(("into", "not_found" if other is None else "invalid"))
            self.refuse_conflict(tag, versions)
            person.batch = person.number + 1
            _rename(person, name, other.name)
            person.change(tag, {"deleted_at": person.now})
            person.batch = None
            return other.answer()

        self._change("merge_tag", (asking, name, condition, key), act, body, read)

    def _change(
        self,
        operation: str,
        asked: tuple[Any, str, Any, str | None],
        act: Callable[[Person, Tag, dict[str, Any]], Answer],
        *body_and_read: Any,
    ) -> None:
        asking, name, condition, key = asked
        seen = found(asking, _reading(name))
        headers = condition.headers("If-Match", seen)
        body, read = body_and_read or (ABSENT, lambda: None)

        def check() -> None:
            refuse_if(INVALID, "," in name)
            read()
            condition.read()

        def change(person: Person, response: httpx.Response) -> Answer:
            return act(person, _find(name)(person), response.json() if response.content else {})

        request = Request(operation, asking, body, headers, "", {"name": name}, key)
        self.perform(request, change, check)
