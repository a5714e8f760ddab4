"""What a request may do as one user: the handle that every verb of the services takes first.

A request's own handle and that of a transaction have one interface, so that a verb runs as it is
in either: alone, or as a step of several.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar, TypeVarTuple

from todo_server.database import execution
from todo_server.database.connection import Connection
from todo_server.database.owner_condition import OWNER
from todo_server.database.statement import Change, Owned, Read, Result
from todo_server.domain.identity import Identity

Outcome = TypeVar("Outcome")
Arguments = TypeVarTuple("Arguments")
Steps: TypeAlias = Callable[["TransactionHandle"], Awaitable[Outcome]]


class Handle(Protocol):
    """One user's access to their own rows, and the instant of the request."""

    @property
    def identity(self) -> Identity:
        """Who is asking."""

    @property
    def now(self) -> datetime:
        """When the request was made: one instant for all that it does."""

    def run(self, statement: Owned[Result], **values: object) -> Awaitable[Result]:
        """Run a statement as this user; give its one value, None where no row was met.

        Whose it is and what is now, each statement is told, beside the `values`.

        Raises UnauthenticatedError where the session has ended, UnavailableError where the
        database does not answer in time, or did not confirm a change that may have been made.
        """

    async def transaction(self, steps: Steps[Outcome], *, alone: bool = False) -> Outcome:
        """Run several steps in one transaction; all of them happen, or none.

        `alone` is for those that open or end sessions: nothing that a session does, and no other
        such transaction of the account, runs at the same time.

        Steps may run more than once, each time in a new transaction, until one is committed.
        """

    async def several(self, work: Callable[["Handle"], Awaitable[Outcome]]) -> Outcome:
        """Do what takes several transactions, each of which may be the last.

        It is given a handle for them. Where the request has a key, that is kept after the last one,
        with what the work gives, a list of bytes; so work that was cut off can be sent again.
        """


class Do(Protocol):
    """Does work on a connection of an owner's share: the work's first argument."""

    def __call__(
        self,
        owner: str,
        work: Callable[[Connection, *Arguments], Awaitable[Outcome]],
        *arguments: *Arguments,
    ) -> Awaitable[Outcome]:
        """Give what the work gives."""


class RequestHandle:
    """The handle of a request: each statement is a transaction of its own."""

    __slots__ = ("_clock", "_do", "_identifying", "_now", "identity", "origin")

    is_replay = False
    """Whether what it has given was answered before, under the same key."""

    def __init__(
        self, do: Do, identity: Identity, clock: Callable[[], datetime], origin: str = ""
    ) -> None:
        self._do = do
        self._clock = clock
        self._now: datetime | None = None
        self._identifying: dict[str, object] = {
            OWNER: identity.user_id,
            "session": identity.session_id,
            "origin": origin,
        }
        self.identity = identity
        self.origin = origin

    @property
    def now(self) -> datetime:
        """When the request was made: the clock is looked at once."""
        if self._now is None:
            self._now = self._clock()
        return self._now

    def run(self, statement: Owned[Result], **values: object) -> Awaitable[Result]:
        """Run a statement: one round trip, or three for a `Write`."""
        owner = self.identity.user_id
        values |= self._identifying
        values["now"] = self.now
        if isinstance(statement, Read):
            return self._do(owner, execution.read, statement, values)
        if isinstance(statement, Change):
            return self._do(owner, execution.change, statement, values)
        return self._do(owner, execution.write, statement, values)

    async def transaction(self, steps: Steps[Outcome], *, alone: bool = False) -> Outcome:
        """Run several steps in a transaction of their own."""
        return await self._transact(steps, alone=alone, repeatable=False)

    async def several(self, work: Callable[[Handle], Awaitable[Outcome]]) -> Outcome:
        """Do what takes several transactions."""
        return await work(self)

    def _transact(
        self, steps: Steps[Outcome], *, alone: bool, repeatable: bool
    ) -> Awaitable[Outcome]:
        async def begin_step_commit(connection: Connection) -> Outcome:
            identity = self.identity
            await execution.begin(
                connection, identity.user_id, identity.session_id, self.origin, alone=alone
            )
            outcome = await steps(TransactionHandle(connection, identity, self.now, self.origin))
            await execution.commit(connection, repeatable=repeatable)
            return outcome

        return self._do(self.identity.user_id, begin_step_commit)


class TransactionHandle:
    """The handle of an open transaction: its statements happen together, or not at all."""

    __slots__ = ("_connection", "_identifying", "identity", "now")

    def __init__(
        self, connection: Connection, identity: Identity, now: datetime, origin: str
    ) -> None:
        self._connection = connection
        self._identifying = {
            OWNER: identity.user_id,
            "session": identity.session_id,
            "origin": origin,
        }
        self.identity = identity
        self.now = now

    def run(self, statement: Owned[Result], **values: object) -> Awaitable[Result]:
        """Run a statement as a step of the transaction."""
        values["now"] = self.now
        return execution.step(self._connection, statement, values | self._identifying)

    async def attempt(self, step: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Do a step that may be refused: the transaction goes on as if there had been none."""
        return await execution.attempt(self._connection, step)

    async def transaction(self, steps: Steps[Outcome], *, alone: bool = False) -> Outcome:
        """Run several steps as part of this transaction, which is as alone as it began."""
        assert not alone  # noqa: S101 - it would have to be known at the beginning
        return await steps(self)

    async def several(self, work: Callable[[Handle], Awaitable[Outcome]]) -> Outcome:
        """Do it as part of this transaction."""
        return await work(self)

    def without_session(self) -> "TransactionHandle":
        """Go on where the identity's session has been ended by these very steps."""
        origin = str(self._identifying["origin"])
        nobodys = Identity(self.identity.user_id)
        return TransactionHandle(self._connection, nobodys, self.now, origin)
