"""The rules of what people have set for themselves, and of what depends on it."""

from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.state_machine.answers import INVALID, Answer, RefusedError, refuse_if
from tests.state_machine.base import Base, Request, askers, keys, people
from tests.state_machine.bodies import WRONG_ZONES, ZONES
from tests.state_machine.drawing import right_or_wrong
from tests.state_machine.model import Person
from tests.state_machine.nouns import Task
from tests.state_machine.rules import later

_zones = right_or_wrong(ZONES, [*WRONG_ZONES, None, ""])
_weeks = right_or_wrong(["monday", "sunday", "saturday"], ["friday", None, 1])
_bodies = st.fixed_dictionaries(
    {},
    optional={
        "time_zone": _zones,
        "week_start": _weeks,
        "email_reminders": right_or_wrong([True, False], [None, "yes"]),
        "version": st.just(7),
    },
)
_ANY = (None, "*")


class OwnSettings(Base):
    """One row for each, that is always there."""

    operations = frozenset({"get_settings", "update_settings"})

    @rule(owner=people, asker=askers, tag=st.sampled_from([None, "v", "o"]))
    def get_settings(self, owner, asker, tag):
        asking = self.asking(owner, asker)
        headers = _condition("If-None-Match", tag, asking.asker)

        def act(person: Person, response: httpx.Response) -> Answer:
            etag: dict[str, str | None] = {"etag": _etag(person)}
            return Answer(304, None, etag) if tag == "v" else Answer(200, person.settings, etag)

        self.perform(Request("get_settings", asking, headers=headers), act)

    @rule(
        owner=people,
        asker=askers,
        body=_bodies,
        tag=st.sampled_from([None, None, "v", "o", "*"]),
        key=keys,
    )
    def update_settings(self, *, owner, asker, body, tag, key):
        asking = self.asking(owner, asker)
        headers = _condition("If-Match", tag, asking.asker)

        def check() -> None:
            refuse_if(INVALID, body.get("time_zone", "UTC") not in ZONES)
            refuse_if(INVALID, body.get("week_start", "monday") not in _WEEKS)
            refuse_if(INVALID, body.get("email_reminders", False) not in (True, False))

        def act(person: Person, response: httpx.Response) -> Answer:
            refuse_if(RefusedError(412, "version_conflict", _Shown(person)), tag == "o")
            person.has_settings = True
            set_settings(person, {**person.settings, **body})
            return Answer(200, dict(person.settings), {"etag": _etag(person)})

        self.perform(Request("update_settings", asking, body, headers, key=key), act, check)


_WEEKS = ("monday", "sunday", "saturday")


class _Shown:
    """What a conflict shows."""

    def __init__(self, person: Person) -> None:
        self.etag, self._settings = _etag(person), dict(person.settings)

    def shown(self) -> dict[str, Any]:
        return self._settings


def _etag(person: Person) -> str:
    return f'"{person.settings["version"]}"'


def _condition(name: str, tag: str | None, person: Person) -> dict[str, str]:
    if tag is None:
        return {}
    other = f'"{person.settings["version"] + 1}"'
    return {name: {"*": "*", "v": _etag(person), "o": other}[tag]}


def set_settings(person: Person, values: dict[str, Any]) -> None:
    """Set what somebody has asked for; what was due by the other zone is due by this one."""
    before = person.settings
    version = before["version"]
    wanted = {name: values[name] for name in ("time_zone", "week_start", "email_reminders")}
    changed = any(value != before[name] for name, value in wanted.items())
    person.settings = {**wanted, "version": version + changed}
    Task.zones[person.id] = values["time_zone"]
    batch, person.batch = person.batch, person.batch or person.number + 1
    moved = []
    for task in person.of(Task):
        was = task.due_at
        task.derive()
        now, task.due_at = task.due_at, was
        if now != was:
            moved.append((task, {"due_at": now}, later(task, person.now)))
    person.change_several_by_rule(moved)
    person.batch = batch
