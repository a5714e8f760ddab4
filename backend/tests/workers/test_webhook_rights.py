"""Webhooks under the rights that requests have."""

import asyncio

from tests.isolation.victims import limited_to_the_views
from tests.workers.delivering import delivering


def test_a_role_that_has_the_views_alone_makes_and_delivers(url):
    limited = limited_to_the_views(url)

    async def work() -> None:
        async with delivering(url) as its:
            its.url = limited
            async with its.another() as database:
                its.database = database
                await its.webhook("ada", "reminders", "changes")
                await its.task("ada", "A task")
                await its.remind("ada", "1")
                await its.deliver()
                assert sorted(each["type"] for each in its.got()) == ["changes", "reminder"]

    asyncio.run(work())
