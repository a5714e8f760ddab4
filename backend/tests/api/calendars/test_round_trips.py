"""What a calendar costs the database: round trips, on the wire."""

from collections.abc import Iterator

import pytest

from tests.api.calendars.reading import get, make
from tests.proxy import Proxy
from tests.server import RunningServer, User, settings


@pytest.fixture
def proxy(database_url: str) -> Iterator[Proxy]:
    with Proxy(database_url) as running:
        yield running


@pytest.fixture
def distant(proxy: Proxy) -> Iterator[User]:
    """Somebody whose server has one connection to the database."""
    its_settings = settings(proxy.url, database_pool_size=1)
    with RunningServer(its_settings) as server, User(server) as user:
        yield user


def test_an_answer_that_is_304_or_404_is_one_round_trip_and_a_calendar_is_three(distant, proxy):
    path = make(distant)
    distant.create()
    tag = get(distant, path).headers["etag"]
    wrong = path.replace(".ics", "")[:-1] + ("A" if path[-5] != "A" else "B") + ".ics"
    cases = [
        (path, {"If-None-Match": tag}, 304, 1),
        (path, {}, 200, 3),  # the address, the ids, and the tasks by them
        (wrong, {}, 404, 1),
        ("/api/calendar/x.ics", {}, 404, 0),
    ]
    for where, headers, status, cost in cases:
        for _ in range(2):  # the first time, statements are prepared
            before = proxy.trips
            assert get(distant, where, headers=headers).status_code == status
            counted = proxy.trips - before
        assert counted == cost, where
