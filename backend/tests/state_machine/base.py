"""What the rules of all rooms share: three people, who asks, and the comparison after each step."""

import secrets
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote
from uuid import UUID

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.server import token_for
from tests.state_machine import comparison
from tests.state_machine.application import ABSENT, Application
from tests.state_machine.drawing import weighted
from tests.state_machine.model import Person, RefusedError, Task

PEOPLE = 3
AGENT = "the machine"


class Known(NamedTuple):
    """The id of a task that somebody has, or had, or never had."""

    owner: int
    id: UUID

    def __repr__(self) -> str:
        return f"Known({self.owner}, …)"


tasks: Bundle[Known] = Bundle("tasks")
people = st.integers(0, PEOPLE - 1)

OWNER, ME, LOST = "owner", "me", "lost"
STRANGER, TRESPASSER, NOBODY = "stranger", "trespasser", "nobody"
askers = weighted({OWNER: 12, ME: 3, LOST: 1, STRANGER: 1, TRESPASSER: 1, NOBODY: 1})
"""Who asks: the owner, by their id or `me`, or for an id that never was; somebody else, on their
own path or on the owner's; or somebody without a token."""


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


class Base(RuleBasedStateMachine):
    """Three people who have nothing yet, and a server."""

    operations: ClassVar[frozenset[str]] = frozenset()
    """The ids of the operations that rules of this class ask for."""

    def __init__(self, application: Application, steps: Counter[str]) -> None:
        super().__init__()
        self.application = application
        self.steps = steps
        self.people = [Person(secrets.token_hex(8)) for _ in range(PEOPLE)]
        self._tokens = {person.id: token_for(person.id) for person in self.people}
        self._asked = 0
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

    def ask(
        self,
        operation: str,
        asking: Asking,
        body: Any = ABSENT,
        headers: dict[str, str] | None = None,
        query: str = "",
        **path: object,
    ) -> httpx.Response:
        """Send a request."""
        self._asked += 1
        method, template = self._operations[operation]
        values = {name: quote(str(value), safe="") for name, value in path.items()}
        target = template.format(user_id=asking.path_of, **values) + query
        sent = {"X-Request-ID": self._request_id, "User-Agent": AGENT, **(headers or {})}
        if asking.refusal is None or asking.refusal.status != 401:
            sent["Authorization"] = f"Bearer {self._tokens[asking.asker.id]}"
        response = self.application.request(method, target, sent, body)
        self.steps[f"{operation} {response.status_code}"] += 1
        return response

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

    def expect_task(
        self, response: httpx.Response, status: int, outcome: Callable[[], Task]
    ) -> Task | None:
        """Hold an answer against what the model makes of the request: a task, or a refusal."""
        try:
            task = outcome()
        except RefusedError as refusal:
            comparison.same_refusal(response, refusal)
            return None
        comparison.same_task(response, status, task)
        return task

    @rule(seconds=st.sampled_from([1, 0.000001, 90_000, -1, -0.5]))
    def time_passes(self, seconds):
        self.application.clock.move(timedelta(seconds=seconds))

    @invariant()
    def the_database_is_as_the_model(self):
        self.steps["compared"] += 1
        comparison.same_database(self.application, self.people)


def _operations(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
