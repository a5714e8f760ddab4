"""The counters behind the limits on guessing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from limits import RateLimitItemPerHour, parse

from tests.databases import new_database, run
from todo_server.database import Database
from todo_server.errors import TooManyAttemptsError
from todo_server.services import attempts
from todo_server.services.attempts import PostgresStorage, SignInAttempts

EMAIL, ADDRESS = "ada@example.com", "203.0.113.1"
PER_ACCOUNT, PER_ADDRESS = parse("3/hour"), parse("5/hour")


@pytest.fixture(scope="module")
def url() -> str:
    return new_database()


@pytest.fixture
def use(url: str) -> Callable[[Callable[[Database], Awaitable[None]]], None]:
    """Run a scenario with a database whose counters are all at nothing."""
    run(url, "DELETE FROM attempt")

    def use(scenario: Callable[[Database], Awaitable[None]]) -> None:
        async def opened() -> None:
            database = Database(url, pool_size=5)
            try:
                await scenario(database)
            finally:
                await database.close()

        asyncio.run(opened())

    return use


async def admitted(
    limits: SignInAttempts, address: str = ADDRESS, email: str | None = EMAIL
) -> bool:
    """Tell whether a try is."""
    try:
        await limits.admit(address, email)
    except TooManyAttemptsError as error:  # which says when there will be others
        return (error.retry_after or 0) < 1
    return True


def test_a_counter_counts_and_tells_when_it_starts_anew(use, url):
    async def scenario(database: Database) -> None:
        storage = PostgresStorage(database)
        assert await storage.get("a") == 0
        assert [await storage.incr("a", 60) for _ in range(3)] == [1, 2, 3]
        assert await storage.incr("a", 60, 10) == 13
        assert (await storage.get("a"), await storage.get("b")) == (13, 0)
        until = datetime.fromtimestamp(await storage.get_expiry("a"), UTC) - datetime.now(UTC)
        assert timedelta(seconds=30) < until <= timedelta(seconds=60)
        await storage.clear("a")
        assert await storage.get("a") == 0
        assert await storage.check()

    use(scenario)


def test_a_window_stands_from_its_first_try_on(use, url):
    async def scenario(database: Database) -> None:
        storage = PostgresStorage(database)
        await storage.incr("a", 60)
        before = await storage.get_expiry("a")
        await storage.incr("a", 3600)
        assert await storage.get_expiry("a") == before
        await asyncio.to_thread(run, url, "UPDATE attempt SET expires_at = now()")
        assert await storage.get("a") == 0
        assert await storage.incr("a", 60) == 1

    use(scenario)


def test_taking_back_never_leads_below_nothing(use, url):
    async def scenario(database: Database) -> None:
        storage = PostgresStorage(database)
        await storage.take_back("a")
        assert await storage.get("a") == 0
        await storage.incr("a", 60)
        for _ in range(3):
            await storage.take_back("a")
        assert await storage.get("a") == 0
        await storage.incr("a", 60, 5)
        await asyncio.to_thread(run, url, "UPDATE attempt SET expires_at = now()")
        await storage.take_back("a")  # what belonged to the window before
        assert await storage.incr("a", 60) == 1

    use(scenario)


def test_of_many_tries_at_once_on_several_workers_no_more_are_admitted(use, url):
    async def scenario(database: Database) -> None:
        other = Database(url, pool_size=5)
        workers = [SignInAttempts(each, PER_ACCOUNT, PER_ADDRESS) for each in (database, other)]
        tries = await asyncio.gather(*(admitted(workers[n % 2]) for n in range(40)))
        assert sum(tries) == PER_ACCOUNT.amount
        await other.close()

    use(scenario)


def test_each_address_has_its_own_tries_at_an_account(use):
    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, PER_ACCOUNT, PER_ADDRESS)
        for address in ("203.0.113.1", "203.0.113.2"):
            assert [await admitted(limits, address) for _ in range(4)] == [True] * 3 + [False]

    use(scenario)


def test_an_address_has_so_many_tries_in_all(use):
    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, PER_ACCOUNT, PER_ADDRESS)
        tries = [await admitted(limits, ADDRESS, f"{n}@example.com") for n in range(7)]
        assert tries == [True] * 5 + [False] * 2
        assert not await admitted(limits, ADDRESS, None)
        assert await admitted(limits, "203.0.113.2", None)

    use(scenario)


def test_an_account_has_ten_times_as_many_in_four_times_as_long_from_all_addresses(use, url):
    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, RateLimitItemPerHour(1), PER_ADDRESS)
        await limits.remember("where the owner was", EMAIL)
        tries = [await admitted(limits, f"203.0.113.{n}") for n in range(12)]
        assert tries == [True] * 10 + [False] * 2
        with pytest.raises(TooManyAttemptsError) as refused:
            await limits.admit("another", EMAIL)
        assert refused.value.retry_after is not None
        assert 3 * 3600 < refused.value.retry_after <= 4 * 3600
        assert await admitted(limits, "where the owner was")
        assert not await admitted(limits, "where the owner was"), "one an hour, as everywhere"
        assert await admitted(limits, "another", "somebody-else@example.com")

    use(scenario)


def test_where_the_owner_was_is_known_for_ninety_days(use, url):
    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, RateLimitItemPerHour(1), PER_ADDRESS)
        await limits.remember(ADDRESS, EMAIL)
        (known,) = await asyncio.to_thread(
            run, url, "SELECT expires_at - now() AS rest FROM attempt"
        )
        assert timedelta(days=89) < known["rest"] <= timedelta(days=90)
        for n in range(10):
            assert await admitted(limits, f"203.0.113.{n + 2}")
        forget = (
            "UPDATE attempt SET expires_at = now() WHERE expires_at > now() + interval '80 days'"
        )
        await asyncio.to_thread(run, url, forget)
        assert not await admitted(limits)

    use(scenario)


def test_success_takes_the_try_back_and_forgives_the_account_those_before_it(use):
    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, PER_ACCOUNT, PER_ADDRESS)
        for _ in range(2):
            assert await admitted(limits)
        for _ in range(20):
            assert await admitted(limits)
            await limits.succeeded(ADDRESS, EMAIL)
        assert [await admitted(limits) for _ in range(4)] == [True] * 3 + [False]

    use(scenario)


def test_success_forgives_an_address_no_tries_at_other_accounts(use):
    """Or whoever has an account would have as many tries at others as they like."""

    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, PER_ACCOUNT, PER_ADDRESS)
        for number in range(5):
            if number < 4:
                assert await admitted(limits, ADDRESS, "the guesser's own")
                await limits.succeeded(ADDRESS, "the guesser's own")
            assert await admitted(limits, ADDRESS, f"{number}@example.com")
        assert not await admitted(limits, ADDRESS, "another@example.com")

    use(scenario)


def test_a_try_that_is_withdrawn_was_none(use):
    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, PER_ACCOUNT, PER_ADDRESS)
        for _ in range(20):
            assert await admitted(limits)
            await limits.withdraw(ADDRESS, EMAIL)
        assert [await admitted(limits) for _ in range(4)] == [True] * 3 + [False]

    use(scenario)


def test_a_client_that_waits_as_long_as_it_is_told_is_admitted(use, url):
    """Rounding down would send it back once more."""

    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, parse("1/hour"), PER_ADDRESS)
        assert await admitted(limits)
        await asyncio.to_thread(
            run, url, "UPDATE attempt SET expires_at = now() + interval '9.4 seconds'"
        )
        with pytest.raises(TooManyAttemptsError) as refused:
            await limits.admit(ADDRESS, EMAIL)
        assert refused.value.retry_after == 10

    use(scenario)


def test_counters_whose_window_is_over_are_deleted_now_and_then(use, url):
    async def count() -> int:
        rows = await asyncio.to_thread(run, url, "SELECT count(*) FROM attempt")
        return int(rows[0]["count"])

    async def scenario(database: Database) -> None:
        now = 1000.0
        limits = SignInAttempts(database, PER_ACCOUNT, PER_ADDRESS, lambda: now)
        for _ in range(2):
            for n in range(5):
                await limits.admit(f"203.0.113.{n}", f"{n}@example.com")
            assert await count() == 15
            await asyncio.to_thread(run, url, "UPDATE attempt SET expires_at = now()")
            await limits.admit("another")
            assert await count() == 16, "not at every try"
            now += attempts.FORGET_EVERY
            await limits.admit("another")
            assert await count() == 1
            await asyncio.to_thread(run, url, "DELETE FROM attempt")

    use(scenario)
