"""What the rules of all rooms share: three people, who asks, and the comparison after each step."""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from tests.server import token_for
from tests.state_machine import bodies, comparison
from tests.state_machine.answers import Answer, RefusedError, refuse_if
from tests.state_machine.application import ABSENT, Application
from tests.state_machine.conditions import Condition
from tests.state_machine.drawing import weighted
from tests.state_machine.model import Kept, Person
from tests.state_machine.nouns import NOUNS, Row, Task
from tests.state_machine.settling import settle

AnyRow = TypeVar("AnyRow", bound=Row)

PEOPLE = 3
AGENT = "the machine"
NEVER = "00000000-0000-7000-8000-00000000000f"
"""An id that no row has."""


class Known(NamedTuple):
    """The id of a task that somebody has, or had, or never had."""

    owner: int
    id: UUID

    def __repr__(self) -> str:
        return f"Known({self.owner}, …)"


tasks: Bundle[Known] = Bundle("tasks")
deleted: Bundle[Known] = Bundle("deleted")
"""Those that were deleted once."""

people = st.integers(0, PEOPLE - 1)

OWNER, ME, LOST = "owner", "me", "lost"
STRANGER, TRESPASSER, NOBODY = "stranger", "trespasser", "nobody"
askers = weighted({OWNER: 12, ME: 3, LOST: 1, STRANGER: 1, TRESPASSER: 1, NOBODY: 1})
"""Who asks: the owner, by their id or `me`, or for an id that never was; somebody else, on their
own path or on the owner's; or somebody without a token."""


keys = weighted({None: 12, "a": 1, "b": 1, "C" * 255: 1})
"""Of `Idempotency-Key`: so few that one is used again, for the same request and for others."""


class Asking(NamedTuple):
    """Who asks, and on whose path."""

    asker: Person
    path_of: str
    refusal: RefusedError | None

    @property
    def person(self) -> Person:
        """Whose things are asked for; a RefusedError where they are not the asker's."""
        if self.refusal is not None:
            raise self.refusal
        return self.asker


class Request(NamedTuple):
    """A request, as it can be sent again."""

    operation: str
    asking: Asking
    body: Any = ABSENT
    headers: Mapping[str, str] = {}
    query: str = ""
    path: Mapping[str, object] = {}
    key: str | None = None

    @property
    def named(self) -> tuple[Any, ...]:
        """What a key stands for."""
        body = None if self.body is ABSENT else json.dumps(self.body)
        return (self.operation, self.asking.path_of, body, self.query, dict(self.path))


class OneChange(NamedTuple):
    """A change of one task that somebody asks for."""

    operation: str
    it: Known
    asker: str
    condition: Condition
    key: str | None
    body: Any = ABSENT


class Conditional(NamedTuple):
    """A request on the condition that a row, as whoever asks has seen it, is the same."""

    request: Request
    condition: Condition
    seen: Row | None


class Base(RuleBasedStateMachine):
    """Three people who have nothing yet, and a server."""

    operations: ClassVar[frozenset[str]] = frozenset()
    """The ids of the operations that rules of this class ask for."""

    def __init__(self, application: Application, answered: Counter[str]) -> None:
        super().__init__()
        self.application = application
        application.clock.set()
        self.answered = answered
        self.people = [Person(secrets.token_hex(8)) for _ in range(PEOPLE)]
        self._tokens = {person.id: token_for(person.id) for person in self.people}
        self._asked = 0
        self._keyed: dict[str, Any] = {}
        self._operations = _operations(application.document)

    def asking_for(self, it: Known, asker: str) -> tuple[Asking, UUID]:
        """Settle who asks for which task."""
        task_id = UUID(int=it.id.int ^ 1) if asker == LOST else it.id
        return self.asking(it.owner, asker), task_id

    def asking(self, owner: int, asker: str) -> Asking:
        """Settle who asks for what is an owner's."""
        person, other = self.people[owner], self.people[(owner + 1) % PEOPLE]
        if asker == NOBODY:
            return Asking(person, person.id, RefusedError(401, "unauthenticated"))
        if asker == TRESPASSER:
            return Asking(other, person.id, RefusedError(403, "forbidden"))
        if asker == STRANGER:
            return Asking(other, other.id, None)
        return Asking(person, ME if asker == ME else person.id, None)

    def ask(self, request: Request) -> httpx.Response:
        """Send a request."""
        self._asked += 1
        # No two of one instant: the order of their ids would not be that of a second run.
        self.application.clock.move(timedelta(microseconds=1))
        Task.now = self.now
        method, template = self._operations[request.operation]
        asking = request.asking
        path = {name: quote(str(value), safe="") for name, value in request.path.items()}
        target = template.format(user_id=asking.path_of, **path) + request.query
        headers = {"X-Request-ID": self._request_id, "User-Agent": AGENT, **request.headers}
        if asking.refusal is None or asking.refusal.status != 401:
            headers["Authorization"] = f"Bearer {self._tokens[asking.asker.id]}"
        if request.key is not None:
            headers["Idempotency-Key"] = request.key
        response = self.application.request(method, target, headers, request.body)
        self.answered[f"{request.operation} {response.status_code}"] += 1
        return response

    def perform(
        self,
        request: Request,
        act: Callable[[Person, httpx.Response], Answer],
        check: Callable[[], None] = lambda: None,
    ) -> bool:
        """Send a request and hold the answer against what the model makes of it.

        `check` raises INVALID, `act` does it; both may raise a RefusedError. Gives whether it was
        done, now and not earlier under the same key.
        """
        response = self.ask(request)
        replayed = None
        try:
            person = request.asking.person
            person.now, person.origin = self.now, self.origin
            check()
            kept = person.kept(request.key, self.now)
            if kept is None:
                answer = act(person, response)
                if request.key is not None:
                    person.keys[request.key] = Kept(request.named, answer, self.now)
            else:
                reused = RefusedError(422, "idempotency_key_reused")
                refuse_if(reused, kept.request != request.named)
                answer, replayed = kept.answer, "true"
        except RefusedError as refusal:
            comparison.same_refusal(response, refusal)
            return False
        headers = {**answer.headers, "idempotency-replayed": replayed}
        comparison.same_answer(response, replace(answer, headers=headers))
        if request.key is not None:
            self._keyed[request.asking.asker.id] = request, act, check
        return replayed is None

    def change(
        self,
        wanted: OneChange,
        act: Callable[[Person, Task, dict[str, Any]], Answer],
        read: Callable[[], object] = lambda: None,
        find: Callable[[Person, UUID], Task] = Person.find,
    ) -> bool:
        """Ask to change one task, which `find` finds, on some condition; gives whether it was."""
        operation, it, asker, condition, key, body = wanted
        asking, task_id = self.asking_for(it, asker)
        seen = self.seen(asking, task_id)
        path = {"task_id": task_id}
        headers = condition.headers("If-Match", seen)
        request = Request(operation, asking, body, headers, "", path, key)
        conditional = Conditional(request, condition, seen)
        return self.change_row(conditional, lambda person: find(person, task_id), act, read)

    def change_row(
        self,
        wanted: Conditional,
        find: Callable[[Person], AnyRow],
        act: Callable[[Person, AnyRow, dict[str, Any]], Answer],
        read: Callable[[], object] = lambda: None,
    ) -> bool:
        """Ask to change a row of any noun, which `find` finds; as `change`."""
        request, condition, seen = wanted
        versions = condition.named(seen)

        def check() -> None:
            read()
            condition.read()

        def change(person: Person, response: httpx.Response) -> Answer:
            row = find(person)
            self.refuse_conflict(row, versions)
            return act(person, row, response.json() if response.content else {})

        return self.perform(request, change, check)

    @staticmethod
    def refuse_conflict(row: Row, versions: set[int] | None) -> None:
        """Refuse where another version was asked for."""
        has_another = versions is not None and row.version not in versions
        refuse_if(RefusedError(412, "version_conflict", row), has_another)

    def new_id(self, text: str) -> UUID:
        """Read the id of something new: of version 7, and nobody's yet."""
        new = UUID(text)
        comparison.same("the version of an id", new.version, 7)
        assert not any(new in person.rows for person in self.people), f"{new} was there before"
        return new

    def filled(self, body: Any, asking: Asking) -> Any:
        """Put ids where a body names rows: of whoever asks, of a stranger, or of nobody."""

        def pick(some: bodies.Some) -> str:
            whose = self.people.index(asking.asker) + (some.which == bodies.STRANGERS)
            kind = next(kind for kind in NOUNS if kind.noun == some.noun)
            ids = [row.id for row in self.people[whose % PEOPLE].of(kind)]
            if some.which == bodies.NOBODYS or not ids:
                return NEVER
            return str(ids[some.which % len(ids)])

        return bodies.filled(body, pick)

    @precondition(lambda self: self._keyed)
    @rule(which=st.integers(0, PEOPLE - 1))
    def send_the_last_request_with_a_key_again(self, which):
        several = list(self._keyed.values())
        request, act, check = several[which % len(several)]
        self.perform(request, act, check)

    @property
    def now(self) -> Any:
        return self.application.clock.now

    @property
    def origin(self) -> str:
        """What the log says of the request that was just sent."""
        return f"{self._request_id} {AGENT}"

    @property
    def _request_id(self) -> str:
        return f"step-{self._asked}"

    def seen(self, asking: Asking, task_id: UUID) -> Task | None:
        """Give the task that conditions are about, if whoever asks has it."""
        return None if asking.refusal else asking.asker.tasks.get(task_id)

    @rule(seconds=st.sampled_from([1, 0.000001, 90_000, -1, -0.5]))
    def time_passes(self, seconds):
        self.application.clock.move(timedelta(seconds=seconds))

    @invariant()
    def the_database_is_as_the_model(self):
        for person in self.people:
            settle(self.application, person)
        comparison.same_database(self.application, self.people)


def _operations(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
