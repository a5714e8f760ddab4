"""The rules of lists: statuses, sorts, pages, and cursors that outlive what they point at."""

from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from tests.state_machine import comparison
from tests.state_machine.answers import INVALID, Answer, RefusedError, refuse_if
from tests.state_machine.base import Asking, Base, Request, askers, people
from tests.state_machine.drawing import weighted
from tests.state_machine.model import Person
from tests.state_machine.questions import Question, questions


class Cursor(NamedTuple):
    """Where a page ended: as the client has it, and as the model."""

    owner: int
    question: Any
    text: str
    after: Any

    def is_of(self, asker: int, question: Any) -> bool:
        """Tell whether it belongs to an answer to this, whichever words are used."""
        return (asker, question.meaning) == (self.owner, self.question.meaning)

    def __repr__(self) -> str:
        return f"Cursor({self.owner}, {self.question}, …)"


cursors: Bundle[Cursor] = Bundle("cursors")
_OTHER = weighted({False: 7, True: 1}).flatmap(lambda it: questions if it else st.none())
limits = weighted({1: 4, 2: 4, 3: 4, 200: 1, 0: 1})


class Lists(Base):
    """What all lists have: tags and pages."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # What a client keeps of each list: its tag, and what it was.
        self._kept: dict[tuple[int, Any], tuple[str, list[Any]]] = {}

    def whole(
        self, operation: str, owner: int, asker: str, question: Any, *, conditional: bool
    ) -> None:
        """Ask for a whole list: for another one than the last, or for any."""
        asking = self.asking(owner, asker)
        kept_as = self.people.index(asking.asker), question
        tag, kept = self._kept.get(kept_as, ('"none"', None))

        def act(person: Person, response: httpx.Response) -> Answer:
            expected = question.answer(person)
            if conditional and expected == kept:
                return Answer(304, headers={"etag": tag})
            found = response.headers.get("etag")
            comparison.same("that it has another tag", found != tag, expected != kept)
            self._kept[kept_as] = found, expected
            return Answer(200, expected, {"link": None})

        headers = {"If-None-Match": f'"other", W/{tag}'} if conditional else {}
        self.perform(Request(operation, asking, headers=headers, query=question.query()), act)

    def page(
        self, operation: str, asking: Asking, question: Any, limit: int, cursor: Cursor | None
    ) -> Any:
        """Ask for a page; gives the cursor to the next one, if there is one."""
        following: list[Cursor] = []

        def check() -> None:
            refuse_if(INVALID, limit == 0 or question.is_wrong)

        def act(person: Person, response: httpx.Response) -> Answer:
            whose = self.people.index(person)
            foreign = cursor is not None and not cursor.is_of(whose, question)
            refuse_if(RefusedError(400, "invalid_cursor"), foreign)
            rows = question.rows(person, cursor and cursor.after)
            comparison.same("that more follow", "next" in response.links, len(rows) > limit)
            if len(rows) > limit:
                target = urlsplit(response.links["next"]["url"])
                comparison.same("the path", target.path, response.request.url.path)
                text = parse_qs(target.query)["cursor"][0]
                following.append(Cursor(whose, question, text, question.key(rows[limit - 1])))
            return Answer(200, question.shown(rows[:limit]))

        query = question.query(limit=limit, cursor=cursor and cursor.text)
        self.perform(Request(operation, asking, query=query), act, check)
        return multiple(*following)


class Listing(Lists):
    """Lists of tasks."""

    operations = frozenset({"list_tasks"})

    @rule(owner=people, asker=askers, question=questions, conditional=st.booleans())
    def list_all(self, owner, asker, question, conditional):
        question = self._filled(question, self.asking(owner, asker))
        self.whole("list_tasks", owner, asker, question, conditional=conditional)

    @rule(target=cursors, owner=people, asker=askers, question=questions, limit=limits)
    def list_first_page(self, owner, asker, question, limit):
        asking = self.asking(owner, asker)
        return self.page("list_tasks", asking, self._filled(question, asking), limit, None)

    @rule(target=cursors, cursor=cursors, asker=askers, other=_OTHER, limit=limits)
    def list_next_page(self, cursor, asker, other, limit):
        asking = self.asking(cursor.owner, asker)
        question = self._filled(other, asking) if other else cursor.question
        return self.page("list_tasks", asking, question, limit, cursor)

    def _filled(self, question: Question, asking: Asking) -> Question:
        return question.filled(lambda value: self.filled(value, asking))
