"""The keys of an issuer: fetched when they are needed, kept for as long as they can be trusted."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from joserfc.jwk import Key

from todo_server.auth.public_keys import PublicKeys, read_key_set
from todo_server.auth.verifier import token_refused
from todo_server.errors import UnavailableError

REFRESH_AFTER = 5 * 60
"""Seconds after which a key set in use is fetched again: a withdrawn key lives no longer."""

RETRY_AFTER = 30
"""Seconds between such attempts while the issuer does not answer."""

TRUSTED_FOR = 24 * 60 * 60
"""Seconds for which the keys are good after the last fetch, if the issuer does not answer."""

PAUSE = 1
"""Seconds from the beginning of one fetch to that of the next, at least. However many unknown key
ids come, these are 60 a minute, and a new key is known after so long and the time of a fetch."""

WAITING = 1_000
"""Tokens that may wait for a fetch at the same time."""

Sleep: TypeAlias = Callable[[float], Awaitable[None]]

Fetch: TypeAlias = Callable[[], Awaitable[bytes]]
"""Get the key set from its issuer; raises OSError or ValueError, with the reason."""

log = logging.getLogger("todo_server.auth")
_NONE = PublicKeys()


class KeySet:
    """An issuer's key set, of which each process keeps one; for one event loop.

    Times are read from a clock that nobody sets.
    """

    def __init__(
        self,
        url: str,
        fetch: Fetch,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._url = url
        """For the log."""
        self._fetch = fetch
        self._clock, self._sleep = clock, sleep
        self._document: bytes | None = None
        self._keys = _NONE
        self._version = 0
        self._trusted_until = self._due_at = self._began_at = -math.inf
        self._begun = self._answered = 0
        """The numbers of the newest fetch that has begun, and of the newest that brought a set."""
        self._failure: str | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._waiting = 0

    def find(self, key_id: str | None, algorithm: str) -> Key | None:
        """Give a known key, or None; UnauthenticatedError as PublicKeys.find does."""
        return self._trusted().find(key_id, algorithm)

    async def learn(self, key_id: str | None, algorithm: str) -> Key:
        """Give a key that was not known, from the issuer.

        An issuer may publish a key in the moment of its first use. So UnauthenticatedError is
        raised only if a fetch that began after this call did not bring the key; UnavailableError
        if the issuer does not answer, or too many wait: nobody can tell then.
        """
        if self._waiting >= WAITING:
            raise _undecided("Too many tokens wait for the key set of the auth server")
        self._waiting += 1
        try:
            return await self._next(key_id, algorithm, after=self._begun)
        finally:
            self._waiting -= 1

    async def _next(self, key_id: str | None, algorithm: str, after: int) -> Key:
        """Wait for the fetch under way, whose number is `after`, and for one that begins then."""
        while True:
            # The request may be cancelled: the fetch goes on, for the others who wait.
            await asyncio.shield(self._next_fetch())
            if key := self.find(key_id, algorithm):
                return key
            if self._failure:
                raise _undecided("The key set of the auth server is not reachable at the moment")
            if self._answered > after:
                raise token_refused("its issuer has no such key")

    def vouch(self) -> Callable[[], bool]:
        """Give a question that is true while the set stays as it is now.

        Call it after each use of a key. Like the question, it has the set fetched again, in the
        background, if that is due.
        """
        self.refresh_if_due()
        return partial(self._is_still, self._version)

    def refresh_if_due(self) -> None:
        """Have the set fetched in the background, if it was not for a while, or never."""
        if self._clock() >= self._due_at:
            self._next_fetch()

    def _is_still(self, version: int) -> bool:
        self.refresh_if_due()
        return version == self._version and self._clock() < self._trusted_until

    def _trusted(self) -> PublicKeys:
        return self._keys if self._clock() < self._trusted_until else _NONE

    def _next_fetch(self) -> asyncio.Task[None]:
        """Give the fetch under way, or one that begins as soon as one may."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._update())
        return self._fetching

    async def _update(self) -> None:
        await self._sleep(self._began_at + PAUSE - self._clock())
        self._began_at = self._clock()
        self._begun += 1
        try:
            self._take(await self._fetch())
        except (OSError, ValueError) as error:
            self._due_at = self._clock() + RETRY_AFTER
            failure = str(error) or type(error).__name__
            if failure != self._failure:  # once, not at every attempt
                log.warning("the key set of %s cannot be fetched: %s", self._url, failure)
            self._failure = failure
        else:
            if self._failure:
                log.info("the key set of %s has been fetched again", self._url)
            self._failure = None
            self._answered = self._begun

    def _take(self, document: bytes) -> None:
        if document != self._document:
            self._keys, ignored = read_key_set(document)
            self._document = document
            self._version += 1
            if ignored:
                some = "; ".join(ignored[:5])
                log.warning(
                    "keys in the key set of %s are ignored (%d): %s", self._url, len(ignored), some
                )
            if not self._keys:
                log.warning("the key set of %s has no key for any token", self._url)
        now = self._clock()
        self._due_at = now + REFRESH_AFTER
        self._trusted_until = now + TRUSTED_FOR


def _undecided(why: str) -> UnavailableError:
    return UnavailableError(
        f"{why}, and this token cannot be verified without it. Try again shortly.",
        retry_after=PAUSE,
    )
