"""The rules of notifications: list them, mark one, mark several. They come from elsewhere."""

from collections import Counter
from typing import Any
from uuid import UUID

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.state_machine.answers import Answer, RefusedError, instant, refuse_if
from tests.state_machine.application import ABSENT, Application
from tests.state_machine.base import NEVER, Asking, Base, Request, askers, keys, people
from tests.state_machine.model import Person

_TELL = """
INSERT INTO notification (user_id, id, kind, title, created_at) VALUES ($1, $2, 'reminder', $3, $4)
"""
_MISSING = RefusedError(404, "notification_not_found")

which_of_them = st.integers(0, 3)


class Notifications(Base):
    """What people were told."""

    operations = frozenset({"list_notifications", "update_notification", "read_notifications"})

    def __init__(self, application: Application, answered: Counter[str]) -> None:
        super().__init__(application, answered)
        self._told: dict[str, list[dict[str, Any]]] = {person.id: [] for person in self.people}

    @initialize(owners=st.lists(people, min_size=1, max_size=4))
    def tell_some(self, owners):
        for owner in owners:
            self._tell(owner)

    @rule(owner=people)
    def tell(self, owner):
        self._tell(owner)

    def _tell(self, owner: int) -> None:
        person, number = self.people[owner], sum(map(len, self._told.values())) + 1
        row = {
            "id": str(UUID(int=number)),
            "user_id": person.id,
            "kind": "reminder",
            "task_id": None,
            "title": str(number),
            "due_date": None,
            "remind_at": None,
            "details": None,
            "created_at": instant(self.now),
            "read_at": None,
        }
        self.application.rows(_TELL, person.id, UUID(int=number), row["title"], self.now)
        self._told[person.id].insert(0, row)

    @rule(owner=people, asker=askers, unread=st.sampled_from([None, "true", "false"]))
    def list_notifications(self, owner, asker, unread):
        def act(person: Person, response: httpx.Response) -> Answer:
            wanted = {None: (True, False), "true": (True,), "false": (False,)}[unread]
            rows = [row for row in self._told[person.id] if (row["read_at"] is None) in wanted]
            return Answer(200, rows[:50])

        query = "" if unread is None else f"?unread={unread}"
        self.perform(Request("list_notifications", self.asking(owner, asker), query=query), act)

    @rule(owner=people, asker=askers, which=which_of_them, read=st.booleans(), key=keys)
    def update_notification(self, *, owner, asker, which, read, key):
        its_id = self._id_of(self.people[owner], which)

        def act(person: Person, response: httpx.Response) -> Answer:
            rows = [row for row in self._told[person.id] if row["id"] == its_id]
            refuse_if(_MISSING, not rows)
            (row,) = rows
            row["read_at"] = (row["read_at"] or instant(self.now)) if read else None
            return Answer(200, dict(row))

        asking, path = self.asking(owner, asker), {"notification_id": its_id}
        self.perform(
            Request("update_notification", asking, {"read": read}, path=path, key=key), act
        )

    @rule(owner=people, asker=askers, which=which_of_them, by=st.integers(0, 3), key=keys)
    def read_notifications(self, *, owner, asker, which, by, key):
        asking = self.asking(owner, asker)
        its_id = self._id_of(self.people[owner], which)
        body = (ABSENT, {}, {"ids": [its_id, NEVER, its_id]}, {"up_to": its_id})[by]

        def act(person: Person, response: httpx.Response) -> Answer:
            rows = self._told[person.id]
            unread = [row for row in rows if row["read_at"] is None]
            meant = {0: rows, 1: rows, 2: _one(rows, its_id), 3: _up_to(rows, its_id)}[by]
            marked = [row for row in unread if row in meant]
            for row in marked:
                row["read_at"] = instant(self.now)
            return Answer(200, {"marked": len(marked), "unread": len(unread) - len(marked)})

        self.perform(self._reading(asking, body, key), act)

    @staticmethod
    def _reading(asking: Asking, body: Any, key: str | None) -> Request:
        return Request("read_notifications", asking, body, key=key)

    def _id_of(self, person: Person, which: int) -> str:
        rows = self._told[person.id]
        its_id: str = rows[which]["id"] if which < len(rows) else NEVER
        return its_id


def _one(rows: list[dict[str, Any]], its_id: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["id"] == its_id]


def _up_to(rows: list[dict[str, Any]], its_id: str) -> list[dict[str, Any]]:
    """Of rows, newest first, those not newer than one of them; none where it is not among them."""
    ids = [row["id"] for row in rows]
    return rows[ids.index(its_id) :] if its_id in ids else []
