"""The keys as one worker knows them: when it looks for others, and with which it signs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests.databases import new_database, run
from todo_server.database import Database
from todo_server.errors import UnavailableError
from todo_server.services import signing_keys
from todo_server.services.signing_keys import SigningKeys, kept_for, rotate


class Counting(Database):
    """Counts how often it is asked for the keys; with a clock for who asks."""

    asked = 0
    seconds = 1000.0

    async def fetch(self, statement, **values):
        self.asked += statement.sql.startswith("SELECT")
        return await super().fetch(statement, **values)

    def keys(self) -> SigningKeys:
        """Those of a worker that has just begun."""
        return SigningKeys(self, self.clock)

    def clock(self) -> float:
        """Tell a time that goes on, if hardly."""
        self.seconds += 1e-6
        return self.seconds


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Counting]:
    database = Counting(url, pool_size=5)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
def url() -> str:
    """A database that has no keys yet."""
    return new_database()


@pytest.fixture
def use(url: str) -> Callable[[Callable[[Counting], Awaitable[None]]], None]:
    """Run a scenario with it."""

    def use(scenario: Callable[[Counting], Awaitable[None]]) -> None:
        async def with_database() -> None:
            async with opened(url) as database:
                await scenario(database)

        asyncio.run(with_database())

    return use


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a new key sign at once."""
    monkeypatch.setattr(signing_keys, "PUBLISHED_BEFORE", timedelta(0))


IS_THERE = "SELECT FROM signing_key WHERE id = $1"


async def let_pass(url: str, **time: int) -> None:
    """Let all rotations have been earlier by this time."""
    sql = "UPDATE signing_key SET rotated_at = rotated_at - $1::interval"
    await asyncio.to_thread(run, url, sql, timedelta(**time))


def test_the_first_key_is_made_when_it_is_needed_once_for_many_who_need_it(use, url):
    async def scenario(database: Counting) -> None:
        keys = database.keys()
        made = await asyncio.gather(*(keys.newest() for _ in range(50)))
        assert len({key.kid for key in made}) == 1
        assert len(await keys.published()) == 1
        assert database.asked <= 3

    use(scenario)
    assert run(url, "SELECT count(*) FROM signing_key")[0]["count"] == 1


def test_a_key_is_found_by_the_id_that_its_token_says(use):
    async def scenario(database: Counting) -> None:
        keys, others = database.keys(), database.keys()
        key = await keys.newest()
        found = await others.find(str(key.kid))
        assert found is not None
        assert found.thumbprint() == key.thumbprint() == key.kid

    use(scenario)


@pytest.mark.parametrize(
    "key_id", ["", "x", "x" * 5000, "' OR '1'='1", "\x00", "\ud800", "\N{KEY}"]
)
def test_no_key_is_found_by_any_other(key_id, use):
    async def scenario(database: Counting) -> None:
        keys = database.keys()
        await keys.newest()
        assert await keys.find(key_id) is None

    use(scenario)


@pytest.mark.usefixtures("at_once")
def test_made_up_ids_ask_the_database_once_a_second_at_most(use):
    async def scenario(database: Counting) -> None:
        keys = database.keys()
        await keys.newest()
        before = database.asked
        database.seconds += signing_keys.PATIENCE
        for number in range(200):
            assert await keys.find(f"made up {number}") is None
        assert database.asked - before == 1
        database.seconds += signing_keys.PATIENCE
        await asyncio.gather(*(keys.find(f"made up {number}") for number in range(200)))
        assert database.asked - before <= 3

    use(scenario)


@pytest.mark.usefixtures("at_once")
def test_known_ids_ask_the_database_twice_a_minute_at_most(use):
    async def scenario(database: Counting) -> None:
        keys = database.keys()
        key_id = str((await keys.newest()).kid)
        before = database.asked
        for _ in range(200):
            assert await keys.find(key_id)
            assert await keys.newest()
        assert database.asked == before
        database.seconds += signing_keys.TRUST
        for _ in range(200):
            assert await keys.find(key_id)
        assert database.asked == before + 1

    use(scenario)


def test_a_new_key_is_published_before_it_signs(use, monkeypatch):
    """Whoever has just looked for a made-up key has then seen the new one, too."""

    async def scenario(database: Counting) -> None:
        with monkeypatch.context() as first:
            first.setattr(signing_keys, "PUBLISHED_BEFORE", timedelta(0))
            old = (await database.keys().newest()).kid
        new = await rotate(database)
        keys = database.keys()
        monkeypatch.setattr(signing_keys, "PUBLISHED_BEFORE", timedelta(hours=1))
        assert {key["kid"] for key in await keys.published()} == {old, new}
        # The old one is no younger than an hour, either: of all that are new, the oldest signs.
        assert (await keys.newest()).kid == old
        assert await keys.find(new)
        monkeypatch.setattr(signing_keys, "PUBLISHED_BEFORE", timedelta(0))
        database.seconds += signing_keys.TRUST
        assert (await keys.newest()).kid == new

    assert signing_keys.PUBLISHED_BEFORE.total_seconds() > 2 * signing_keys.PATIENCE
    use(scenario)


def test_while_a_key_is_new_others_that_are_not_known_are_looked_for_at_once(use):
    """Several workers may make a first key at the same time."""

    async def scenario(database: Counting) -> None:
        one, other = database.keys(), database.keys()
        assert await other.find("made up") is None
        key = await one.newest()
        assert await other.find(str(key.kid))
        second = await rotate(database)
        assert await other.find(second)

    use(scenario)


@pytest.mark.usefixtures("at_once")
def test_a_rotated_key_verifies_for_a_day(use, url):
    async def scenario(database: Counting) -> None:
        keys = database.keys()
        old = str((await keys.newest()).kid)
        new = await rotate(database)
        database.seconds += signing_keys.TRUST
        assert (await keys.newest()).kid == new
        assert [key["kid"] for key in await keys.published()] == [new, old]
        for hours, is_there in ((23, True), (2, False)):
            await let_pass(url, hours=hours)
            database.seconds += signing_keys.TRUST
            assert bool(await keys.find(old)) is is_there
            assert await keys.find(new)
        assert [key["kid"] for key in await keys.published()] == [new]

    use(scenario)


@pytest.mark.usefixtures("at_once")
def test_a_rotated_key_is_kept_for_longer_than_any_token_that_it_signed(use, url):
    async def scenario(database: Counting) -> None:
        kept = kept_for(timedelta(days=7))
        old = await rotate(database, kept)
        await rotate(database, kept)
        for days, is_there in ((7, True), (6, True), (2, False)):
            await let_pass(url, days=days)
            assert bool(await SigningKeys(database, kept=kept).find(old)) is is_there
            await rotate(database, kept)  # which deletes what is not kept
            found = await asyncio.to_thread(run, url, IS_THERE, old)
            assert bool(found) is is_there

    use(scenario)
    assert kept_for(timedelta(minutes=15)) == signing_keys.KEPT


@pytest.mark.usefixtures("at_once")
def test_the_next_rotation_deletes_what_verifies_no_more(use, url):
    async def scenario(database: Counting) -> None:
        first, second = await rotate(database), await rotate(database)
        await let_pass(url, days=2)
        third = await rotate(database)
        keys = database.keys()
        assert [key["kid"] for key in await keys.published()] == [third, second]
        assert await keys.find(first) is None

    use(scenario)
    assert run(url, "SELECT count(*) FROM signing_key")[0]["count"] == 2


@pytest.mark.usefixtures("at_once")
def test_of_many_rotations_at_once_one_key_is_left_that_is_not_rotated_or_all_newer(use, url):
    async def scenario(database: Counting) -> None:
        made = await asyncio.gather(*(rotate(database) for _ in range(5)))
        keys = database.keys()
        newest = str((await keys.newest()).kid)
        assert newest in made
        assert len(await keys.published()) == 5
        await let_pass(url, days=2)
        database.seconds += signing_keys.TRUST
        assert (await keys.newest()).kid == newest, "the newest is never one that was rotated"

    use(scenario)


def test_what_cannot_be_asked_is_no_401(monkeypatch):
    """The database is away: nobody can tell whether a key is known."""

    async def use() -> None:
        database = Database("postgresql://nobody@127.0.0.1:1/nowhere")
        keys = SigningKeys(database)
        for _ in range(2):
            with pytest.raises(UnavailableError):
                await keys.find("x")

    monkeypatch.setattr("todo_server.database.client.PATIENCE", 0.0)
    asyncio.run(use())
