"""The rules of webhooks that are told of reminders alone: nothing here follows the log.

Nothing is sent either, as no worker runs: a test waits until it is dropped.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.state_machine.answers import INVALID, Answer, RefusedError, instant, refuse, refuse_if
from tests.state_machine.application import Application
from tests.state_machine.base import NEVER, OWNER, Base, Request, askers, keys, people
from tests.state_machine.comparison import same
from tests.state_machine.drawing import right_or_wrong
from tests.state_machine.model import Person
from todo_server.models.webhook import MAX_WEBHOOKS

_MISSING = RefusedError(404, "webhook_not_found")
_DISABLED = RefusedError(409, "webhook_disabled")
_FULL = RefusedError(409, "limit_reached")

_URLS = {
    "https://example.com/a": "https://example.com/a",
    "HTTP://Example.COM:80": "http://example.com/",
}
_urls = right_or_wrong([*_URLS], ["http://127.0.0.1/", "ftp://example.com/", None])
_enabled = right_or_wrong([True, True, False], [None])
_events = right_or_wrong([["reminders"], ["reminders", "reminders"]], [[], ["tasks"], None])
_members = {"enabled": _enabled, "events": _events}
_new = st.fixed_dictionaries({"url": _urls}, optional=_members)
_changes = st.fixed_dictionaries({}, optional={"url": _urls, **_members})
which_of_them = st.integers(0, 2)

Its = tuple[dict[str, Any], list[dict[str, Any]]]
"""A webhook, and what waits for it."""


class Webhooks(Base):
    """Where people want to be told."""

    operations = frozenset(
        {
            *("list_webhooks", "create_webhook", "get_webhook", "update_webhook"),
            *("delete_webhook", "renew_webhook_secret", "test_webhook", "list_deliveries"),
        }
    )

    def __init__(self, application: Application, answered: Counter[str]) -> None:
        super().__init__(application, answered)
        self._webhooks: dict[str, dict[str, Its]] = {person.id: {} for person in self.people}

    @initialize(owners=st.lists(people, min_size=1, max_size=4))
    def create_some_webhooks(self, owners):
        for owner in owners:
            self._make_webhook(owner, OWNER, {"url": "https://example.com/a"}, None)

    @rule(owner=people, asker=askers, body=_new, key=keys)
    def create_webhook(self, owner, asker, body, key):
        self._make_webhook(owner, asker, body, key)

    def _make_webhook(self, owner: int, asker: str, body: dict[str, Any], key: str | None) -> None:
        asking = self.asking(owner, asker)

        def act(person: Person, response: httpx.Response) -> Answer:
            refuse_if(_FULL, len(self._webhooks[person.id]) >= MAX_WEBHOOKS)
            answered = response.json()
            its_id = str(UUID(answered["id"]))
            assert not any(its_id in theirs for theirs in self._webhooks.values())
            row = {
                "id": its_id,
                "user_id": person.id,
                "events": ["reminders"],
                "enabled": True,
                "error": None,
                "created_at": instant(self.now),
                "updated_at": instant(self.now),
                **_read(body),
            }
            self._webhooks[person.id][its_id] = row, []
            headers: dict[str, str | None] = {
                "location": f"/api/{asking.path_of}/webhooks/{its_id}",
                "cache-control": "no-store",
            }
            return Answer(201, row | {"secret": _secret(answered)}, headers)

        self.perform(Request("create_webhook", asking, body, key=key), act, lambda: _check(body))

    @rule(owner=people, asker=askers)
    def list_webhooks(self, owner, asker):
        def act(person: Person, _: httpx.Response) -> Answer:
            rows = (row for row, _ in self._webhooks[person.id].values())
            return Answer(200, sorted(rows, key=lambda row: str(row["id"])))

        self.perform(Request("list_webhooks", self.asking(owner, asker)), act)

    @rule(owner=people, asker=askers, which=which_of_them)
    def get_webhook(self, owner, asker, which):
        self._ask_one("get_webhook", owner, asker, which, lambda its, _: Answer(200, dict(its[0])))

    @rule(owner=people, asker=askers, which=which_of_them)
    def list_deliveries(self, owner, asker, which):
        self._ask_one("list_deliveries", owner, asker, which, lambda its, _: Answer(200, its[1]))

    @rule(owner=people, asker=askers, which=which_of_them, body=_changes, key=keys)
    def update_webhook(self, *, owner, asker, which, body, key):
        def act(its: Its, _: httpx.Response) -> Answer:
            row, waiting = its
            row.update(_read(body), updated_at=instant(self.now))
            if not row["enabled"]:
                waiting.clear()
            for delivery in waiting:
                delivery["next_at"] = min(delivery["next_at"], instant(self.now))
            return Answer(200, dict(row))

        self._ask_one("update_webhook", owner, asker, which, act, body=body, key=key)

    @rule(owner=people, asker=askers, which=which_of_them, key=keys)
    def delete_webhook(self, owner, asker, which, key):
        def act(its: Its, response: httpx.Response) -> Answer:
            row, _ = its
            del self._webhooks[row["user_id"]][row["id"]]
            return Answer(204)

        self._ask_one("delete_webhook", owner, asker, which, act, key=key)

    @rule(owner=people, asker=askers, which=which_of_them, key=keys)
    def renew_webhook_secret(self, owner, asker, which, key):
        def act(its: Its, response: httpx.Response) -> Answer:
            row, _ = its
            row["updated_at"] = instant(self.now)
            secret = _secret(response.json())
            return Answer(200, row | {"secret": secret}, {"cache-control": "no-store"})

        self._ask_one("renew_webhook_secret", owner, asker, which, act, key=key)

    @rule(owner=people, asker=askers, which=which_of_them, key=keys)
    def test_webhook(self, owner, asker, which, key):
        def act(its: Its, response: httpx.Response) -> Answer:
            row, waiting = its
            refuse_if(_DISABLED, not row["enabled"])
            if not waiting:
                waiting.append(
                    {
                        "id": str(UUID(response.json()["id"])),
                        "event": "test",
                        "status": "waiting",
                        "attempts": 0,
                        **dict.fromkeys(("answered", "error", "finished_at")),
                        **dict.fromkeys(("created_at", "next_at"), instant(self.now)),
                    }
                )
            return Answer(202, dict(waiting[0]))

        self._ask_one("test_webhook", owner, asker, which, act, key=key)

    def _ask_one(
        self,
        operation: str,
        owner: int,
        asker: str,
        which: int,
        act: Callable[[Its, httpx.Response], Answer],
        **more: Any,
    ) -> None:
        """Ask for one webhook of the owner's, or for one that nobody has."""
        ids = [*self._webhooks[self.people[owner].id]]
        its_id = ids[which % len(ids)] if ids else NEVER

        def act_on_it(person: Person, response: httpx.Response) -> Answer:
            its = self._webhooks[person.id].get(its_id)
            if its is None:
                refuse(_MISSING)
            return act(its, response)

        path = {"webhook_id": its_id}
        request = Request(operation, self.asking(owner, asker), path=path, **more)
        self.perform(request, act_on_it, lambda: _check(more.get("body", {})))


def _check(body: dict[str, Any]) -> None:
    refuse_if(INVALID, "url" in body and body["url"] not in _URLS)
    refuse_if(INVALID, body.get("enabled", True) is None)
    refuse_if(INVALID, set(body.get("events", ["reminders"]) or ()) != {"reminders"})


def _read(body: dict[str, Any]) -> dict[str, Any]:
    """Give what is kept of a body: an address as browsers write it, each event once."""
    one_form = {"url": lambda url: _URLS[url], "events": lambda _: ["reminders"]}
    return {name: one_form.get(name, bool)(value) for name, value in body.items()}


def _secret(answered: dict[str, Any]) -> str:
    secret: str = answered["secret"]
    same("what a secret begins with", secret[:6], "whsec_")
    return secret
