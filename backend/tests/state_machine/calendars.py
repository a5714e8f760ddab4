"""The rules of the calendar: its address, and what is read there."""

import re
from datetime import UTC
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.domain.ical.tasks import read
from tests.state_machine.answers import Answer, instant
from tests.state_machine.base import Base, Request, askers, people
from tests.state_machine.comparison import same
from tests.state_machine.model import Person

_NONE: dict[str, Any] = {"active": False, "created_at": None, "read_on": None}


class Calendars(Base):
    """What somebody lets be read without a token."""

    operations = frozenset({"get_calendar", "make_calendar", "end_calendar"})

    @rule(owner=people, asker=askers)
    def get_calendar(self, owner, asker):
        def act(person: Person, _: httpx.Response) -> Answer:
            return Answer(200, person.calendar or _NONE, {"cache-control": "no-store"})

        self.perform(Request("get_calendar", self.asking(owner, asker)), act)

    @rule(owner=people, asker=askers)
    def make_calendar(self, owner, asker):
        def act(person: Person, response: httpx.Response) -> Answer:
            answered = response.json()
            path = answered["path"]
            assert re.fullmatch(r"/api/calendar/[\w-]+\.[\w-]{43}\.ics", path)
            assert path not in person.addresses
            person.addresses.append(path)
            person.calendar = {"active": True, "created_at": instant(self.now), "read_on": None}
            return Answer(201, {**person.calendar, "path": path, "url": answered["url"]})

        self.perform(Request("make_calendar", self.asking(owner, asker)), act)

    @rule(owner=people, asker=askers)
    def end_calendar(self, owner, asker):
        def act(person: Person, _: httpx.Response) -> Answer:
            person.calendar = {}
            return Answer(204)

        self.perform(Request("end_calendar", self.asking(owner, asker)), act)

    @rule(owner=people, is_old=st.booleans(), events=st.booleans())
    def read_a_calendar(self, owner, is_old, events):
        person = self.people[owner]
        if not person.addresses:
            return
        path = person.addresses[0 if is_old else -1]
        response = self.application.request("GET", path + ("?as=events" if events else ""), {})
        if not person.calendar or path != person.addresses[-1]:
            same("the calendar that is none", response.status_code, 404)
            return
        same("the calendar", response.status_code, 200)
        person.calendar["read_on"] = self.now.astimezone(UTC).date().isoformat()
        found = {
            str(each["uid"])[:36] for each in read(response.text).subcomponents if "uid" in each
        }
        live = {str(task.id) for task in person.live()}
        open_ones = {str(task.id) for task in person.live() if not task.completed}
        assert found <= (open_ones if events else live)
        assert events or open_ones <= found
