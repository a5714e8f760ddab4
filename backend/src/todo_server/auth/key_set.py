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
from todo_server.errors import UnauthenticatedError, UnavailableError

REFRESH_AFTER = 5 * 60
"""Seconds after which a key set in use is fetched again: a withdrawn key lives no longer."""

RETRY_AFTER = 30
"""Seconds between such attempts while the issuer does not answer."""

TRUSTED_FOR = 24 * 60 * 60
"""Seconds for which the keys are good after the last fetch, if the issuer does not answer."""

BURST = 5
INTERVAL = 5
"""Fetches that may follow each other at once, and the seconds between any further ones: whoever
sends random key ids causes no more, and a new key is found after so long at the latest."""

Fetch: TypeAlias = Callable[[], Awaitable[bytes]]
"""Get the key set from its issuer; raises OSError or ValueError, with the reason."""

log = logging.getLogger("todo_server.auth")
_NONE = PublicKeys()


class KeySet:
    """An issuer's key set, of which each process keeps one; for one event loop.

    Times are read from a clock that nobody sets.
    """

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._document: bytes | None = None
        self._keys = _NONE
        self._version = 0
        self._trusted_until = self._due_at = self._paid_until = -math.inf
        self._failure: str | None = None
        self._fetching: asyncio.Task[None] | None = None

    def find(self, key_id: str | None, algorithm: str) -> Key | None:
        """Give a known key, or None; UnauthenticatedError as PublicKeys.find does."""
        return self._trusted().find(key_id, algorithm)

    async def learn(self, key_id: str | None, algorithm: str) -> Key:
        """Give a key that was not known, from the issuer.

        UnauthenticatedError if the issuer does not have it, or was asked too often;
        UnavailableError if it does not answer: nobody can tell then.
        """
        for _ in range(2):  # a fetch under way may have begun before the key was there
            joins = self._is_fetching()
            if not self._begin_fetch() or self._fetching is None:
                break
            # The request may be cancelled: the fetch goes on, for the others who wait.
            await asyncio.shield(self._fetching)
            if key := self.find(key_id, algorithm):
                return key
            if not joins or self._failure:
                break
        if self._failure:
            raise UnavailableError(
                "The key set of the auth server is not reachable at the moment, and this token "
                "cannot be verified without it. Try again shortly.",
                retry_after=INTERVAL,
            )
        raise UnauthenticatedError("The token is not accepted: its issuer has no such key.")

    def vouch(self) -> Callable[[], bool]:
        """Give a question that is true while the set stays as it is now.

        Call it after each use of a key. Like the question, it has the set fetched again, in the
        background, if that is due.
        """
        self._refresh_if_due()
        return partial(self._is_still, self._version)

    def _is_still(self, version: int) -> bool:
        self._refresh_if_due()
        return version == self._version and self._clock() < self._trusted_until

    def _refresh_if_due(self) -> None:
        if self._clock() >= self._due_at:
            self._begin_fetch()

    def _trusted(self) -> PublicKeys:
        return self._keys if self._clock() < self._trusted_until else _NONE

    def _is_fetching(self) -> bool:
        return self._fetching is not None and not self._fetching.done()

    def _begin_fetch(self) -> bool:
        """See to it that a fetch is under way; False if there were too many of late."""
        if not self._is_fetching():
            now = self._clock()
            if self._paid_until > now + (BURST - 1) * INTERVAL:
                return False
            self._paid_until = max(self._paid_until, now) + INTERVAL
            self._fetching = asyncio.create_task(self._update())
        return True

    async def _update(self) -> None:
        try:
            self._take(await self._fetch())
        except (OSError, ValueError) as error:
            self._due_at = self._clock() + RETRY_AFTER
            failure = str(error) or type(error).__name__
            if failure != self._failure:  # once, not at every attempt
                log.warning("the key set cannot be fetched: %s", failure)
            self._failure = failure
        else:
            if self._failure:
                log.info("the key set has been fetched again")
            self._failure = None

    def _take(self, document: bytes) -> None:
        if document != self._document:
            self._keys, ignored = read_key_set(document)
            self._document = document
            self._version += 1
            if ignored:
                some = "; ".join(ignored[:5])
                log.warning("keys of the key set are ignored (%d): %s", len(ignored), some)
        now = self._clock()
        self._due_at = now + REFRESH_AFTER
        self._trusted_until = now + TRUSTED_FOR
