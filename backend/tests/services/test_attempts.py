"""The counters behind the limits on guessing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from limits import RateLimitItemPerHour, parse

from tests.databases import new_database, run
from todo_server.database import Database
from todo_server.errors import TooManyAttemptsError
from todo_server.services import sign_in_attempts
from todo_server.services.sign_in_attempts import SignInAttempts

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


def test_a_window_stands_from_its_first_try_on(use, url):
    until = "SELECT max(expires_at) AS until FROM attempt WHERE count > 0"

    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, PER_ACCOUNT, PER_ADDRESS)
        await limits.admit(ADDRESS)
        (before,) = await asyncio.to_thread(run, url, until)
        await limits.admit(ADDRESS)
        assert await asyncio.to_thread(run, url, until) == [before]
        await asyncio.to_thread(run, url, "UPDATE attempt SET expires_at = now()")
        await limits.admit(ADDRESS)
        (counter,) = await asyncio.to_thread(run, url, "SELECT count FROM attempt")
        assert counter["count"] == 1

    use(scenario)


def test_a_window_ends_by_the_clock_of_the_database_handle(url):
    now = datetime.now(UTC)

    async def scenario() -> None:
        nonlocal now
        async with Database(url, clock=lambda: now) as database:
            limits = SignInAttempts(database, PER_ACCOUNT, PER_ADDRESS)
            email = "by-the-clock@example.com"
            tries = [await admitted(limits, "203.0.113.77", email) for _ in range(4)]
            assert tries == [True] * 3 + [False]
            now += timedelta(seconds=PER_ACCOUNT.get_expiry())
            assert await admitted(limits, "203.0.113.77", email)

    asyncio.run(scenario())


def test_taking_back_never_leads_below_nothing(use, url):
    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, PER_ACCOUNT, PER_ADDRESS)
        await limits.withdraw(ADDRESS, EMAIL)
        assert await admitted(limits)
        for _ in range(3):
            await limits.withdraw(ADDRESS, EMAIL)
        assert await admitted(limits)
        await asyncio.to_thread(run, url, "UPDATE attempt SET expires_at = now()")
        await limits.withdraw(ADDRESS, EMAIL)  # what belonged to the window before
        assert [await admitted(limits) for _ in range(4)] == [True] * 3 + [False]

    use(scenario)


def test_what_one_address_is_refused_counts_against_nobody_else(use, url):
    """Or one address could lock an account for all, by tries that are never made."""

    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, RateLimitItemPerHour(1), PER_ADDRESS)
        tries = [await admitted(limits) for _ in range(30)]
        assert tries == [True] + [False] * 29
        assert await admitted(limits, "203.0.113.2")

    use(scenario)


def test_many_tries_and_their_ends_at_once_do_not_meet_in_a_deadlock(use, url):
    async def scenario(database: Database) -> None:
        limits = SignInAttempts(database, parse("1000/hour"), parse("1000/hour"))
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        before = await asyncio.to_thread(run, url, deadlocks)

        async def sign_in(number: int) -> None:
            await limits.admit(ADDRESS, EMAIL)
            await (limits.succeeded if number % 2 else limits.withdraw)(ADDRESS, EMAIL)

        await asyncio.gather(*(sign_in(number) for number in range(200)))
        assert await asyncio.to_thread(run, url, deadlocks) == before

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
            now += sign_in_attempts.FORGET_EVERY
            await limits.admit("another")
            assert await count() == 1
            await asyncio.to_thread(run, url, "DELETE FROM attempt")

    use(scenario)
