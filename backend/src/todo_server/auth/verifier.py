"""What every way of verifying tokens has in common: the seam, and the memory of good tokens."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from todo_server.domain.identity import Identity
from todo_server.errors import UnauthenticatedError

MAX_TOKEN_LENGTH = 8192
"""Bytes; a longer one is refused unread."""

REMEMBERED_TOKENS = 10_000


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Verified:
    """An identity, and for how long it is proved."""

    identity: Identity
    expires_at: float
    """POSIX time in seconds."""
    holds: Callable[[], bool] = _always
    """Tells whether the key is still the issuer's; asked at every use."""


Verify: TypeAlias = Callable[[str], Awaitable[Verified]]
"""Verify a token; raises UnauthenticatedError. Each mode is one such function."""


def token_refused(why: str) -> UnauthenticatedError:
    """Make what `Verify` raises, with the reason in a few words."""
    return UnauthenticatedError(f"The token is not accepted: {why}.")


class Verifier:
    """A mode's verification, with a bounded memory of tokens that were found good.

    Only good tokens are remembered, by their whole text, until they expire.
    """

    def __init__(self, verify: Verify, clock: Callable[[], float] = time.time) -> None:
        self._verify = verify
        self._clock = clock
        self._good: dict[str, Verified] = {}

    async def __call__(self, token: str) -> Identity:
        """Give the identity that a token proves; UnauthenticatedError if it proves none."""
        known = self._good.get(token)
        if known is None or known.expires_at <= self._clock() or not known.holds():
            self._good.pop(token, None)
            known = await self._verify(token)  # which says what is wrong with it
            if len(self._good) >= REMEMBERED_TOKENS:
                del self._good[next(iter(self._good))]  # the oldest
            self._good[token] = known
        return known.identity
