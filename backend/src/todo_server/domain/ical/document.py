"""The calendar around the tasks, in pieces, each time zone before what is first in it."""

from collections.abc import Iterable, Mapping
from typing import Any

from todo_server.domain.ical.components import Component
from todo_server.domain.ical.dates import is_local
from todo_server.domain.ical.lines import BREAK, folded, text, written
from todo_server.domain.ical.time_zones import time_zone

ASK_EVERY = "PT1H"
"""How often readers that keep to it ask for it again (RFC 7986, section 5.7)."""


class Calendar:
    """One calendar that is written piece by piece: `head`, `add` as often as it takes, `tail`.

    `zone` is where local times are that name none; without it these float.
    """

    def __init__(self, component: Component, *, product: str, name: str, zone: str | None) -> None:
        self._component, self._zone = component, zone
        self._product, self._name = product, name
        self._zones: set[str] = set()
        self._is_empty = True

    def head(self) -> str:
        """Write what comes first."""
        lines = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            f"PRODID:-//{self._product}//EN",
            "CALSCALE:GREGORIAN",
            f"NAME:{text(self._name)}",
            f"X-WR-CALNAME:{text(self._name)}",
            f"REFRESH-INTERVAL;VALUE=DURATION:{ASK_EVERY}",
            f"X-PUBLISHED-TTL:{ASK_EVERY}",
        ]
        if self._zone is not None:
            lines.append(f"X-WR-TIMEZONE:{self._zone}")
        return written(lines)

    def add(self, tasks: Iterable[Mapping[str, Any]]) -> str:
        """Write some tasks."""
        parts: list[str] = []
        for task in tasks:
            zone = task["time_zone"] or self._zone
            if zone and (is_local(task["due_date"]) or is_local(task["start_date"])):
                parts.append(self._before(zone))
            parts += [folded(line) + BREAK for line in self._component(task, zone)]
            self._is_empty = False
        return "".join(parts)

    def tail(self) -> str:
        """Write the end: a calendar has at least one component (RFC 5545, section 3.6)."""
        filler = time_zone("UTC") if self._is_empty else ""
        return filler + written(["END:VCALENDAR"])

    def _before(self, zone: str) -> str:
        if zone == "UTC" or zone in self._zones:
            return ""
        self._zones.add(zone)
        return time_zone(zone)
