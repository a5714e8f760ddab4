"""Our side of AUTH_MODE=jwks in tests, with a clock that the test may put forward."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Self

from tests.auth.issuer import Issuer
from todo_server.auth.jwks import jwks
from todo_server.auth.key_set import KeySet
from todo_server.errors import TodoServerError
from todo_server.outbound.jwks import fetch_from


class RelyingParty:
    """`with RelyingParty(issuer) as ours: ours.accepts(token)`."""

    def __init__(self, issuer: Issuer) -> None:
        self.later = 0.0
        """Seconds that have passed beside those that really have."""
        self.keys = KeySet(
            issuer.url,
            fetch_from(issuer.url),
            lambda: time.monotonic() + self.later,
            self._pass_time,
        )
        self.verify = jwks(
            self.keys, issuer.origin, issuer.origin, lambda: time.time() + self.later
        )
        self._runner = asyncio.Runner()

    def run(self, scenario: Any) -> Any:
        """Run a coroutine to its end."""
        return self._runner.run(scenario)

    def user_of(self, token: str) -> str:
        return str(self.run(self.verify(token)).identity.user_id)

    def accepts(self, token: str) -> bool:
        return self.refusal(token) is None

    def refusal(self, token: str) -> str | None:
        """Give the code of the error that a token gets, or None if it is accepted."""
        return self.refusals(token)[0]

    def refusals(self, *tokens: str) -> list[str | None]:
        """Verify them all at once."""

        async def refusal(token: str) -> str | None:
            try:
                await self.verify(token)
            except TodoServerError as error:
                return error.code
            return None

        async def refusals() -> list[str | None]:
            return await asyncio.gather(*map(refusal, tokens))

        return list(self.run(refusals()))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Let what is under way go on until something has come about."""
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline
            self.run(asyncio.sleep(0.01))

    async def _pass_time(self, seconds: float) -> None:
        """Put the clock forward instead of sleeping."""
        self.later += max(seconds, 0)
        await asyncio.sleep(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._runner.close()
