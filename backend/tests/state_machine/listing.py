"""The rules of lists: statuses, sorts, pages, and cursors that outlive what they point at."""

from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from tests.state_machine import comparison
from tests.state_machine.base import Base, askers, people
from tests.state_machine.drawing import weighted
from tests.state_machine.model import INVALID, Person, RefusedError, Task, refuse_if

_STATUSES: dict[str | None, tuple[bool, ...]] = {
    None: (False, True),
    "all": (False, True),
    "pending": (False,),
    "incomplete": (False,),
    "completed": (True,),
}
_SORTS: dict[str | None, str] = {
    None: "id",
    "created": "id",
    "created_at": "id",
    "updated": "updated_at",
    "updated_at": "updated_at",
    "title": "title",
}


class Question(NamedTuple):
    """What is asked of a list, in the words of the query."""

    status: str | None = None
    sort: str | None = None
    order: str | None = None

    def query(self, **more: object) -> str:
        asked = {**self._asdict(), **more}
        return "?" + urlencode({name: v for name, v in asked.items() if v is not None})

    def key(self, task: Task) -> tuple[Any, ...]:
        if self.sort == "title":
            return (task.title.lower()[:200], task.id)
        column = _SORTS[self.sort]
        return (task.id,) if column == "id" else (getattr(task, column), task.id)

    @property
    def is_wrong(self) -> bool:
        wrong = self.status not in _STATUSES or self.sort not in _SORTS
        return wrong or self.order not in (None, "asc", "desc")

    @property
    def meaning(self) -> tuple[object, ...]:
        """What is asked, whichever words are used."""
        return (_STATUSES[self.status], _SORTS[self.sort], self._descends)

    @property
    def _descends(self) -> bool:
        return self.order == "desc" or (self.order is None and self.sort != "title")

    def answer(self, person: Person, after: tuple[Any, ...] | None = None) -> list[Task]:
        """Give the tasks that this asks for, in order; those after a position."""
        if self.is_wrong:
            raise INVALID
        rows = [task for task in person.live() if task.completed in _STATUSES[self.status]]
        rows.sort(key=self.key, reverse=self._descends)
        if after is None:
            return rows
        if self._descends:
            return [row for row in rows if self.key(row) < after]
        return [row for row in rows if self.key(row) > after]


class Cursor(NamedTuple):
    """Where a page ended: as the client has it, and as the model."""

    owner: int
    question: Question
    text: str
    after: tuple[Any, ...]

    def is_of(self, asker: int, question: Question) -> bool:
        """Tell whether it belongs to an answer to this, whichever words are used."""
        return (asker, question.meaning) == (self.owner, self.question.meaning)

    def __repr__(self) -> str:
        return f"Cursor({self.owner}, {self.question}, …)"


cursors: Bundle[Cursor] = Bundle("cursors")
questions = st.builds(
    Question,
    weighted({**dict.fromkeys(_STATUSES, 3), "done?": 1}),
    weighted({**dict.fromkeys(_SORTS, 3), "colour": 1}),
    weighted({None: 8, "asc": 8, "desc": 8, "up": 1}),
)
limits = weighted({1: 4, 2: 4, 3: 4, 200: 1, 0: 1})


class Listing(Base):
    """Whole lists, and pages."""

    operations = frozenset({"list_tasks"})

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # What a client keeps of each list: its tag, and what it was.
        self._kept: dict[tuple[int, Question], tuple[str, list[Any]]] = {}

    @rule(owner=people, asker=askers, question=questions, conditional=st.booleans())
    def list_all(self, owner, asker, question, conditional):
        asking = self.asking(owner, asker)
        kept_as = self.people.index(asking.asker), question
        tag, kept = self._kept.get(kept_as, ('"none"', None))
        headers = {"If-None-Match": f'"other", W/{tag}'} if conditional else {}
        response = self.ask("list_tasks", asking, headers=headers, query=question.query())
        try:
            expected = [task.shown() for task in question.answer(asking.person)]
        except RefusedError as refusal:
            comparison.same_refusal(response, refusal)
            return
        if conditional and expected == kept:
            comparison.same_answer(response, 304, etag=tag)
            return
        comparison.same_answer(response, 200, expected, link=None)
        comparison.same(
            "that it has another tag", response.headers["etag"] != tag, expected != kept
        )
        self._kept[kept_as] = response.headers["etag"], expected

    @rule(target=cursors, owner=people, asker=askers, question=questions, limit=limits)
    def list_first_page(self, owner, asker, question, limit):
        asking = self.asking(owner, asker)
        response = self.ask("list_tasks", asking, query=question.query(limit=limit))
        return self._page(response, asking, question, limit, None)

    @rule(target=cursors, cursor=cursors, asker=askers, other=st.none() | questions, limit=limits)
    def list_next_page(self, cursor, asker, other, limit):
        question = other or cursor.question
        asking = self.asking(cursor.owner, asker)
        query = question.query(limit=limit, cursor=cursor.text)
        response = self.ask("list_tasks", asking, query=query)
        return self._page(response, asking, question, limit, cursor)

    def _page(
        self,
        response: httpx.Response,
        asking: Any,
        question: Question,
        limit: int,
        cursor: Cursor | None,
    ) -> Any:
        try:
            person = asking.person
            refuse_if(INVALID, limit == 0 or question.is_wrong)
            foreign = cursor is not None and not cursor.is_of(self.people.index(person), question)
            refuse_if(RefusedError(400, "invalid_cursor"), foreign)
            rows = question.answer(person, cursor and cursor.after)
        except RefusedError as refusal:
            comparison.same_refusal(response, refusal)
            return multiple()
        page = rows[:limit]
        comparison.same_answer(response, 200, [task.shown() for task in page])
        comparison.same("that more follow", "next" in response.links, len(rows) > limit)
        if len(rows) <= limit:
            return multiple()
        target = urlsplit(response.links["next"]["url"])
        comparison.same("the path of the next page", target.path, response.request.url.path)
        text = parse_qs(target.query)["cursor"][0]
        return Cursor(self.people.index(person), question, text, question.key(page[-1]))
