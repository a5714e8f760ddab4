"""The rules of the log: changes are followed, read as a history, and undone."""

from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from tests.state_machine import comparison
from tests.state_machine.answers import (
    INVALID,
    NOT_FOUND,
    Answer,
    RefusedError,
    refuse_if,
)
from tests.state_machine.base import Base, Known, Request, askers, keys, people, tasks
from tests.state_machine.drawing import weighted
from tests.state_machine.history import entries
from tests.state_machine.model import Person
from tests.state_machine.nouns import NOUNS, Row
from tests.state_machine.settling import settle
from tests.state_machine.undoing import undo

_TOO_OLD = RefusedError(410, "number_too_old")
MEMBERS = {kind: kind.noun + "s" for kind in NOUNS}
"""What lists the rows of a noun in an answer."""

backs = weighted({**dict.fromkeys(range(6), 3), 12: 1, 40: 1, -1: 1})
"""How many changes ago; -1 is one that is not there yet."""

limits = weighted({None: 3, 1: 3, 2: 3, 1000: 1, 0: 1})


class Place(NamedTuple):
    """Where a page ended, and the number that all pages of this have."""

    owner: int
    text: str
    number: int
    after: UUID


class Page(NamedTuple):
    """Where a page of a history ended."""

    it: Known
    text: str
    number: int


places: Bundle[Place] = Bundle("places")
pages: Bundle[Page] = Bundle("pages")


def _query(**asked: object) -> str:
    return "?" + urlencode({name: v for name, v in asked.items() if v is not None})


class Changes(Base):
    """What has changed."""

    operations = frozenset({"list_changes", "list_task_history", "undo_change"})

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # Of each person, a device that follows: its number, the next page at first, its store.
        self._devices: dict[str, tuple[int | None, str | None, dict[str, Any]]] = {}

    @rule(owner=people, asker=askers, back=backs, limit=limits)
    def follow(self, owner, asker, back, limit):
        asking = self.asking(owner, asker)
        since = max(asking.asker.number - back, 0)

        def act(person: Person, response: httpx.Response) -> Answer:
            refuse_if(_TOO_OLD, since > person.number)
            body = followed(person, since, limit or 500)
            comparison.same("that more follow", "next" in response.links, body["more"])
            return Answer(200, body)

        query = _query(since=since, limit=limit)
        self.perform(Request("list_changes", asking, query=query), act, _checking(limit))

    @rule(target=places, owner=people, asker=askers, limit=limits)
    def begin_to_follow(self, owner, asker, limit):
        return self._begin(owner, asker, limit, None)

    @rule(target=places, place=places, asker=askers, limit=limits)
    def begin_to_follow_further(self, place, asker, limit):
        return self._begin(place.owner, asker, limit, place)

    def _begin(self, owner: int, asker: str, limit: int | None, place: Place | None) -> Any:
        asking = self.asking(owner, asker)
        following: list[Place] = []

        def act(person: Person, response: httpx.Response) -> Answer:
            whose = self.people.index(person)
            refuse_if(
                RefusedError(400, "invalid_cursor"), place is not None and place.owner != whose
            )
            live = sorted(_live(person), key=lambda row: row.id)
            rows = [row for row in live if place is None or row.id > place.after]
            page, number = rows[: limit or 500], place.number if place else person.number
            cursor = None
            if len(rows) > len(page):
                cursor = response.json().get("cursor")
                assert cursor, "there is another page"
                following.append(Place(whose, cursor, number, page[-1].id))
            more = cursor is not None or person.number > number
            comparison.same("that more follow", "next" in response.links, more)
            members = {"number": number, "more": more, "cursor": cursor}
            return Answer(200, members | _listed(page) | {"removed": []})

        query = _query(limit=limit, cursor=place and place.text)
        self.perform(Request("list_changes", asking, query=query), act, _checking(limit))
        return multiple(*following)

    @rule(owner=people, limit=st.integers(1, 4))
    def synchronise_a_device(self, owner, limit):
        asking = self.asking(owner, "owner")
        number, cursor, store = self._devices.get(asking.asker.id, (None, None, {}))
        since = None if cursor else number
        query = _query(since=since, cursor=cursor, limit=limit)
        response = self.ask(Request("list_changes", asking, query=query))
        comparison.same("the status", response.status_code, 200)
        page = response.json()
        store |= {row["id"]: row for member in MEMBERS.values() for row in page[member]}
        for gone in page["removed"]:
            store.pop(gone, None)
        self._devices[asking.asker.id] = page["number"], page["cursor"], store
        if not page["more"]:
            live = {str(row.id): row.shown() for row in _live(asking.asker)}
            comparison.same("what the device has", store, live)

    @rule(target=pages, it=tasks, asker=askers, limit=limits)
    def read_history(self, it, asker, limit):
        return self._history(it, asker, limit, None)

    @rule(target=pages, page=pages, asker=askers, limit=limits)
    def read_history_further(self, page, asker, limit):
        return self._history(page.it, asker, limit, page)

    def _history(self, it: Known, asker: str, limit: int | None, page: Page | None) -> Any:
        asking, task_id = self.asking_for(it, asker)
        following: list[Page] = []

        def act(person: Person, response: httpx.Response) -> Answer:
            foreign = (self.people.index(person), task_id) != it
            refuse_if(RefusedError(400, "invalid_cursor"), page is not None and foreign)
            refuse_if(NOT_FOUND, task_id not in person.tasks)
            found = entries(person, person.tasks[task_id])
            found = [each for each in found if page is None or each["number"] < page.number]
            shown = found[: limit or 50]
            comparison.same("that more follow", "next" in response.links, len(found) > len(shown))
            if len(found) > len(shown):
                url = httpx.URL(response.links["next"]["url"])
                following.append(Page(it, url.params["cursor"], shown[-1]["number"]))
            return Answer(200, shown)

        query = _query(limit=limit, cursor=page and page.text)
        path = {"task_id": task_id}
        request = Request("list_task_history", asking, query=query, path=path)
        self.perform(request, act, _checking(limit, 200))
        return multiple(*following)

    @rule(owner=people, asker=askers, back=backs, key=keys)
    def undo(self, owner, asker, back, key):
        asking = self.asking(owner, asker)
        number = asking.asker.number - back

        def check() -> None:
            refuse_if(INVALID, number < 1)

        def act(person: Person, response: httpx.Response) -> Answer:
            before = person.number
            undo(person, number)
            settle(self.application, person)
            return Answer(200, followed(person, before, 1000))

        request = Request("undo_change", asking, path={"number": number}, key=key)
        self.perform(request, act, check)


def _checking(limit: int | None, most: int = 1000) -> Any:
    return lambda: refuse_if(INVALID, limit is not None and not 1 <= limit <= most)


def followed(person: Person, since: int, limit: int) -> dict[str, Any]:
    """Give the page of what is different since a number."""
    page = [change for change in person.log if change.number > since][:limit]
    number = page[-1].number if page else since
    ids = list(dict.fromkeys(change.row_id for change in page))
    live = {row.id: row for row in _live(person)}
    return {
        "number": number,
        "more": person.number > number,
        "cursor": None,
        **_listed([live[row_id] for row_id in ids if row_id in live]),
        "removed": [str(row_id) for row_id in ids if row_id not in live],
    }


def _live(person: Person) -> list[Row]:
    return [row for row in person.rows.values() if row.is_live]


def _listed(rows: list[Row]) -> dict[str, Any]:
    """Show rows of all nouns, by noun."""
    return {
        member: [row.shown() for row in rows if isinstance(row, kind)]
        for kind, member in MEMBERS.items()
    }
