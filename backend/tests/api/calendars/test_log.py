"""The address of a calendar stands in no line of the log, rightly written or not."""

import logging
from urllib.parse import quote

import pytest

from tests.api.calendars.reading import get, make
from tests.server import User, nobody
from todo_server.logs import ConsoleFormatter, JSONFormatter


def mistyped(path: str) -> list[str]:
    """Where somebody may look for it, and whatever a program makes of it."""
    secret = path.rsplit("/", maxsplit=1)[-1].removesuffix(".ics")
    encoded = "".join(f"%{ord(char):02X}" for char in secret)
    return [
        path,
        path.removesuffix(".ics"),
        f"{path}/",
        f"{path}%20",
        path.upper().replace(secret.upper(), secret),
        f"/{path}",
        f"/api/calendars/{secret}.ics",
        f"/calendar/{secret}.ics",
        f"/{secret}",
        f"/api/calendar/{secret[:60]}",
        f"/api/calendar/{encoded}",
        f"/api/calendar/{quote(encoded)}.ics",
        f"/api/me/calendar/{secret}.ics",
        f"/nowhere?address={secret}",
        f"{path}?as=neither",
        f"{path}?{'x' * 9000}",
    ]


@pytest.mark.parametrize("formatter", [JSONFormatter(), ConsoleFormatter()], ids=["json", "text"])
def test_no_part_of_an_address_stands_in_the_log(
    formatter: logging.Formatter, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        path = make(user)
        secret = path.split("/")[-1].partition(".")[2].removesuffix(".ics")
        with nobody(user.server) as client:
            for target in mistyped(path):
                for method in ("GET", "HEAD", "POST"):
                    client.request(method, target)
        make(user)
        get(user, path)  # which is none any more
        user.get("/livez")  # the lines before have been written by then
    # The client's own, and what `serve` switches off: tests/serving/test_request_log.py tries that.
    others = ("http", "asyncio", "uvicorn.access")
    records = [each for each in caplog.records if not each.name.startswith(others)]
    log = "\n".join(map(formatter.format, records))
    assert "/api/calendar/{secret}.ics" in log, "the search finds what is there"
    parts = [secret[at : at + 12] for at in range(0, len(secret) - 12, 4)]
    written = [*parts, *(each.encode().hex().upper() for each in parts)]
    for part in [*written, *("%".join(f"{ord(c):02X}" for c in each) for each in parts)]:
        assert part not in log


def test_the_line_of_a_calendar_says_whose_it_is_once_that_is_proven(user, caplog):
    path = make(user)
    with caplog.at_level(logging.INFO, "todo_server.request"):
        get(user, path, headers={"X-Request-ID": "proven"})
        get(user, path.replace(".ics", "x.ics"), headers={"X-Request-ID": "not-proven"})
        user.get("/livez")
    lines = [each.__dict__["fields"] for each in caplog.records if "fields" in each.__dict__]
    owners = {line["request_id"]: line["user_id"] for line in lines}
    assert (owners["proven"], owners["not-proven"]) == (user.id, None)
