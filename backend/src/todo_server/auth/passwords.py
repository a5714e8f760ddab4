"""Passwords: argon2id (RFC 9106), hashed beside the event loop, a few at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from todo_server.errors import FieldError, UnavailableError, ValidationFailedError

THREADS = 2
"""Hashes at the same time, each of which takes 19 MiB."""

MAX_WAITING = 500
"""Hashes that wait for their turn; whoever comes later is told to try again."""

Result = TypeVar("Result")


class Passwords:
    """Hashes and verifies; a queue in front keeps 100 sign-ins from taking 2 GiB."""

    def __init__(self, minimum_length: int, hasher: PasswordHasher | None = None) -> None:
        self._minimum_length = minimum_length
        # OWASP's parameters (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane.
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self.waiting = 0
        """How many hashes are under way or wait for their turn."""
        self._nobodys = self._hasher.hash("the password of nobody")

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Hash a new password; ValidationFailedError if it is short or a common one."""
        if len(password) < self._minimum_length:
            raise _weak("too_short", f"Use at least {self._minimum_length} characters")
        return await self._in_thread(self._hash_uncommon, password)

    async def hash_again(self, password: str) -> str:
        """Hash a password that was good enough once, with today's parameters."""
        return await self._in_thread(self._hasher.hash, password)

    async def verify(self, known: str | None, password: str) -> bool:
        """Tell whether a password is the one behind a hash; None takes just as long."""
        right = await self._in_thread(self._is_right, known or self._nobodys, password)
        return right and known is not None

    def is_outdated(self, known: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(known)

    def _hash_uncommon(self, password: str) -> str:
        if password.lower() in _common():
            raise _weak("common", "This password is among the first that are guessed; use another")
        return self._hasher.hash(password)

    def _is_right(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[..., Result], *arguments: str) -> Result:
        if self.waiting >= MAX_WAITING:
            raise UnavailableError("Too many people are signing in at this moment.")
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self.waiting -= 1


@cache
def _common() -> frozenset[str]:
    """Load the 30,000 most common passwords when first needed: 0.1 s, beside the event loop."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - megabytes of words

    return frozenset(FREQUENCY_LISTS["passwords"])


def _weak(code: str, message: str) -> ValidationFailedError:
    return ValidationFailedError.of(FieldError("password", code, message))
