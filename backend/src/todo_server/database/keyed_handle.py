"""The handle of a request that its client may send again under the same key."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import cast

from asyncpg import IntegrityConstraintViolationError

from todo_server.database import execution
from todo_server.database.handle import Do, Handle, Outcome, RequestHandle, Steps, TransactionHandle
from todo_server.database.idempotency import Key
from todo_server.database.once import KEEP, is_refused, look_up, once, values_of
from todo_server.database.statement import Change, Owned, Read, Result
from todo_server.domain.identity import Identity


class KeyedHandle(RequestHandle):
    """Changes something once for its key; whoever asks again is given what it gave then.

    That is one statement, or one transaction, which gives a list of bytes, or None where nothing
    was done. It takes one more round trip if it was done before, or not at all.
    """

    __slots__ = ("_is_used", "_key", "is_replay")

    def __init__(
        self, do: Do, identity: Identity, clock: Callable[[], datetime], origin: str, key: Key
    ) -> None:
        super().__init__(do, identity, clock, origin)
        self._key = key
        self._is_used = False
        self.is_replay = False

    def run(self, statement: Owned[Result], **values: object) -> Awaitable[Result]:
        """Run a statement: for the key, unless it reads."""
        if isinstance(statement, Read):
            return super().run(statement, **values)
        if not isinstance(statement, Change) or statement.keyed is None:
            return self.transaction(lambda mine: mine.run(statement, **values))
        values |= self._identifying | values_of(self._key, self.now) | {"now": self.now}
        keyed, owner = statement.keyed, self.identity.user_id
        return self._once(lambda: self._do(owner, execution.change, keyed, values))

    async def transaction(self, steps: Steps[Outcome], *, alone: bool = False) -> Outcome:
        """Run several steps in one transaction, and keep the key in it."""

        async def steps_of_a_key(mine: TransactionHandle) -> Outcome:
            outcome = await steps(mine)
            if not is_refused(outcome):
                await mine.run(KEEP, **values_of(self._key, self.now), result=outcome)
            return outcome

        return await self._once(
            lambda: self._transact(steps_of_a_key, alone=alone, repeatable=True)
        )

    async def several(self, work: Callable[[Handle], Awaitable[Outcome]]) -> Outcome:
        """Do the work, unless it was done, and keep the key when it has come to its end."""
        unkeyed = RequestHandle(self._do, self.identity, self._clock, self.origin)
        done = await look_up(unkeyed.run, self._key, self.now)
        if done is not None:
            self.is_replay = True
            return cast("Outcome", done)

        async def work_and_keep() -> Outcome:
            outcome = await work(unkeyed)
            await unkeyed.run(KEEP, **values_of(self._key, self.now), result=outcome)
            return outcome

        return await self._once(work_and_keep)

    async def _once(self, attempt: Callable[[], Awaitable[Outcome]]) -> Outcome:
        # A second change would find the key taken by the first.
        assert not self._is_used, "one request, one transaction"  # noqa: S101
        self._is_used = True
        outcome: Outcome
        try:
            outcome, self.is_replay = await once(attempt, super().run, self._key, self.now)
        except IntegrityConstraintViolationError:
            self._is_used = False  # what was refused has kept nothing
            raise
        return outcome
