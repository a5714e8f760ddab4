"""One run of something for all who ask for it at the same time."""

import asyncio
from collections.abc import Awaitable, Callable


class Shared:
    """Runs `make` once for all who ask meanwhile, and for those who ask up to `keep` seconds later.

    It goes on when those who asked have left. Whatever it raises, all of them get.
    """

    def __init__(self, make: Callable[[], Awaitable[None]], *, keep: float = 0.0) -> None:
        self._make = make
        self._keep = keep
        self._run: asyncio.Task[Exception | None] | None = None
        self._kept_until = 0.0

    async def __call__(self) -> None:
        """Ask."""
        loop = asyncio.get_running_loop()
        if self._run is None or (self._run.done() and loop.time() >= self._kept_until):
            self._run = loop.create_task(self._outcome())
        error = await asyncio.shield(self._run)
        if error is not None:
            # Without what others have added to it.
            raise error.with_traceback(None)

    def cancel(self) -> None:
        """Stop what is running."""
        if self._run is not None:
            self._run.cancel()

    async def _outcome(self) -> Exception | None:
        try:
            await self._make()
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
            return error
        finally:
            self._kept_until = asyncio.get_running_loop().time() + self._keep
        return None
