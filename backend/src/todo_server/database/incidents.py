"""What the log says of a database that is away or overloaded: not a line for each request."""

import logging
import math
import time
from collections.abc import Callable

log = logging.getLogger("todo_server.database")

SILENCE = 30.0
"""Seconds until the same cause is worth another line."""

CALM = 5.0
"""Seconds for which it has to be back, or being away again is the same incident."""


class Incidents:
    """Logs a cause at once, then every 30 seconds with a count, and when it is over."""

    def __init__(
        self, where: dict[str, object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._where = where
        self._clock = clock
        self._away_since: float | None = None
        self._back_at = -math.inf
        self._is_told = False
        self._silent_until: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def away(self, why: str, error: str) -> None:
        """Say why no connection was made."""
        if self._away_since is None:
            self._away_since = self._clock()
            if self._away_since > self._back_at + CALM:
                self._silent_until.clear()
        if self._write("the database cannot be used", why, error):
            self._is_told = True

    def back(self) -> None:
        """Say that it is over, if it was away: a connection was made."""
        if self._away_since is None:
            return
        self._back_at = self._clock()
        if self._is_told:
            fields = {**self._where, "away_s": round(self._back_at - self._away_since, 1)}
            log.info("the database is back", extra={"fields": fields})
        self._away_since, self._is_told = None, False

    def refused(self, why: str, error: BaseException) -> None:
        """Say why a request was answered 503, though connections are made."""
        self._write("a request was refused", why, type(error).__name__)

    def _write(self, message: str, why: str, error: str) -> bool:
        now = self._clock()
        self._counts[why] = self._counts.get(why, 0) + 1
        if now < self._silent_until.get(why, -math.inf):
            return False
        self._silent_until[why] = now + SILENCE
        times = self._counts.pop(why)
        fields = {**self._where, "why": why, "error": error, "times": times}
        log.warning(message, extra={"fields": fields})
        return True
