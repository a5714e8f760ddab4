"""What the rooms of projects, tags and filters have alike: rows in an order of the user's own."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

import httpx
from hypothesis import strategies as st

from tests.state_machine import noun_bodies
from tests.state_machine.answers import Answer, RefusedError, invalid, refuse_if
from tests.state_machine.base import AnyRow, Asking, Conditional, Request
from tests.state_machine.bodies import NOBODYS, STRANGERS, Some
from tests.state_machine.conditions import Condition
from tests.state_machine.drawing import weighted
from tests.state_machine.listing import Lists
from tests.state_machine.model import Person
from tests.state_machine.nouns import Row, Tag, Task
from tests.state_machine.places import check_new_place, check_place, wrong_place
from tests.state_machine.reading import with_ids
from tests.state_machine.writing import by_id

which_row = weighted({**dict.fromkeys(range(4), 4), STRANGERS: 1, NOBODYS: 1})
methods = st.sampled_from(["put", "patch"])


class Listed(NamedTuple):
    """The question for all rows of a noun that are wanted, with the tasks of each."""

    kind: type[Row]
    text: str = ""
    wants: Callable[[Any], bool] = lambda row: True
    counts: Callable[[Person, Any], list[Task]] | None = None

    def query(self, **asked: object) -> str:
        return self.text

    def answer(self, person: Person) -> list[dict[str, Any]]:
        rows = [row for row in person.live_of(self.kind) if self.wants(row)]
        rows.sort(key=lambda row: (row.position, row.id))
        return [row.shown() | self._counted(person, row) for row in rows]

    def _counted(self, person: Person, row: Row) -> dict[str, Any]:
        if self.counts is None:
            return {}
        tasks = self.counts(person, row)
        return {"tasks": {"total": len(tasks), "completed": sum(t.completed for t in tasks)}}


def place(person: Person, row: Row, values: dict[str, Any], answered: dict[str, Any]) -> None:
    """Put the place that a move asks for in its place; a RefusedError where there is none."""
    move = with_ids(values, by_id).get("move")
    values.pop("move", None)
    if move is None:
        return
    wrong = [*wrong_place(person, type(row), row.id, move)]
    if wrong:
        raise invalid(*wrong)
    values["position"] = check_place(person, row, move, answered.get("position"))


class Asked(NamedTuple):
    """A request about one row of a noun."""

    kind: type[Row]
    asking: Asking
    row_id: UUID
    condition: Condition
    key: str | None = None

    def find(self, person: Person) -> Row:
        """Give the live row; a RefusedError where there is none."""
        missing = RefusedError(404, f"{self.kind.noun}_not_found")
        refuse_if(missing, not person.is_live(self.row_id, self.kind))
        return person.rows[self.row_id]

    def seen(self) -> Row | None:
        return found(self.asking, self.find)

    @property
    def path(self) -> dict[str, object]:
        return {f"{self.kind.noun}_id": self.row_id}


def found(asking: Asking, find: Callable[[Person], AnyRow]) -> AnyRow | None:
    """Give the row that conditions are about, if whoever asks has it."""
    try:
        return find(asking.person)
    except RefusedError:
        return None


class Placed(Lists):
    """The rules of one noun, on which its room builds."""

    def create_row(
        self,
        kind: type[Row],
        asking: Asking,
        body: Any,
        key: str | None,
        refuse: Callable[[Person, dict[str, Any]], None] = lambda person, values: None,
    ) -> None:
        """Create a row; `refuse` may refuse it as it stands."""
        body = self.filled(body, asking)

        def act(person: Person, response: httpx.Response) -> Answer:
            values = noun_bodies.read_new(kind, body)
            refuse(person, values)
            answered = response.json() if response.is_success else {}
            row = self._new_row(kind, person, values, answered)
            last = row.name if isinstance(row, Tag) else str(row.id)
            url = f"/api/{asking.path_of}/{kind.noun}s/{quote(last, safe='')}"
            return row.answer(201, location=url)

        def check() -> None:
            noun_bodies.read_new(kind, body)

        self.perform(Request(f"create_{kind.noun}", asking, body, key=key), act, check)

    def _new_row(
        self, kind: type[Row], person: Person, values: dict[str, Any], answered: dict[str, Any]
    ) -> Row:
        new_id = self.new_id(answered["id"]) if answered else UUID(int=0)
        needed: dict[str, Any] = {name: values[name] for name in noun_bodies.required_of(kind)}
        needed |= {"created_at": person.now, "updated_at": person.now}
        row = kind(user_id=person.id, id=new_id, **needed)
        place(person, row, values, answered)
        if "position" not in values:
            check_new_place(person, row, answered.get("position"))
        vars(row).update(values)
        return person.add(row)

    def get_row(self, asked: Asked) -> None:
        """Get a row by its id."""
        self.get_found(asked.kind, asked.asking, asked.path, asked.find, asked.condition)

    def get_found(
        self,
        kind: type[Row],
        asking: Asking,
        path: dict[str, object],
        find: Callable[[Person], Row],
        condition: Condition,
    ) -> None:
        """Get a row, however it is found."""

        def act(person: Person, response: httpx.Response) -> Answer:
            row = find(person)
            if condition.is_known(row):
                return Answer(304, headers={"etag": row.etag})
            return row.answer()

        headers = condition.headers("If-None-Match", found(asking, find))
        request = Request(f"get_{kind.noun}", asking, headers=headers, path=path)
        self.perform(request, act, condition.read)

    def asked(
        self,
        kind: type[Row],
        asking: Asking,
        which: int,
        condition: Condition,
        key: str | None = None,
    ) -> Asked:
        """Settle which row it is about."""
        row_id = UUID(self.filled(Some(kind.noun, which), asking))
        return Asked(kind, asking, row_id, condition, key)

    def update_row(self, method: str, asked: Asked, body: Any) -> None:
        """Change a row that is known by its id."""
        body = self.filled(body, asked.asking)

        def read() -> dict[str, Any]:
            return noun_bodies.read(asked.kind, body)

        def act(person: Person, row: Row, answered: dict[str, Any]) -> Answer:
            values = read()
            place(person, row, values, answered)
            return person.change(row, values).answer()

        name = f"update_{asked.kind.noun}_by_{method}"
        self.ask_to_change(name, asked, act, read, body=body)

    def ask_to_change(
        self,
        operation: str,
        asked: Asked,
        act: Callable[[Person, Any, dict[str, Any]], Answer],
        read: Callable[[], object] = lambda: None,
        **more: Any,
    ) -> None:
        """Ask to change or delete a row that is known by its id."""
        seen = asked.seen()
        headers = asked.condition.headers("If-Match", seen)
        request = Request(
            operation, asked.asking, headers=headers, path=asked.path, key=asked.key, **more
        )
        conditional = Conditional(request, asked.condition, seen)
        self.change_row(conditional, asked.find, act, read)
