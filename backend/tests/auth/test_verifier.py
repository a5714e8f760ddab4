"""The memory of good tokens: how long it lasts, and how much it holds."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.server import SECRET, token_for
from todo_server.auth import Rules, Verifier, shared_secret
from todo_server.auth.verifier import REMEMBERED_TOKENS, Verified
from todo_server.domain.identity import Identity
from todo_server.errors import UnauthenticatedError


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Verification:
    """Accepts every token that does not begin with 'bad', for a minute; counts what it is asked."""

    clock: Clock
    asked: Counter[str] = field(default_factory=Counter)

    async def __call__(self, token: str) -> Verified:
        self.asked[token] += 1
        if token.startswith("bad"):
            raise UnauthenticatedError
        return Verified(Identity(f"the user of {token}"), self.clock.now + 60)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verification(clock: Clock) -> Verification:
    return Verification(clock)


@pytest.fixture
def verifier(verification: Verification, clock: Clock) -> Verifier:
    return Verifier(verification, clock)


def ask(verifier: Verifier, *tokens: str) -> list[str]:
    async def each() -> list[str]:
        return [(await verifier(token)).user_id for token in tokens]

    return asyncio.run(each())


def test_a_good_token_is_verified_once(verifier: Verifier, verification: Verification):
    assert ask(verifier, *"ababa") == [f"the user of {token}" for token in "ababa"]
    assert verification.asked == {"a": 1, "b": 1}


def test_a_bad_token_is_verified_every_time(verifier: Verifier, verification: Verification):
    for _ in range(3):
        with pytest.raises(UnauthenticatedError):
            ask(verifier, "bad")
    assert verification.asked == {"bad": 3}


@pytest.mark.parametrize("other", ["a ", " a", "A", "a\0", "a.", "a=", "\u0430", ""])
def test_a_token_is_remembered_by_its_whole_text(
    verifier: Verifier, verification: Verification, other: str
):
    assert ask(verifier, "a", other) == ["the user of a", f"the user of {other}"]
    assert verification.asked == {"a": 1, other: 1}


def test_a_token_is_forgotten_in_the_second_in_which_it_expires(
    verifier: Verifier, verification: Verification, clock: Clock
):
    ask(verifier, "a")
    clock.now += 59.999
    ask(verifier, "a")
    assert verification.asked["a"] == 1
    clock.now += 0.001
    ask(verifier, "a")
    assert verification.asked["a"] == 2


def test_an_expired_token_is_refused_though_it_is_remembered(clock: Clock):
    clock.now = 1_700_000_000
    token = token_for("ada", iat=int(clock.now), exp=int(clock.now) + 900)
    verifier = Verifier(shared_secret(SECRET, Rules(), clock), clock)
    assert ask(verifier, token, token) == ["ada", "ada"]
    clock.now += 899.9
    assert ask(verifier, token) == ["ada"]
    clock.now += 0.1
    for _ in range(2):
        with pytest.raises(UnauthenticatedError, match="expired"):
            ask(verifier, token)


def test_a_token_that_is_not_valid_yet_is_not_remembered_as_bad(clock: Clock):
    clock.now = 1_700_000_000
    token = token_for("ada", iat=int(clock.now), nbf=int(clock.now) + 60, exp=int(clock.now) + 900)
    verifier = Verifier(shared_secret(SECRET, Rules(), clock), clock)
    with pytest.raises(UnauthenticatedError, match="future"):
        ask(verifier, token)
    clock.now += 60
    assert ask(verifier, token) == ["ada"]


def test_a_leeway_for_expiry_holds_for_remembered_tokens_too(clock: Clock):
    clock.now = 1_700_000_000
    token = token_for("ada", iat=int(clock.now), exp=int(clock.now) + 900)
    verifier = Verifier(shared_secret(SECRET, Rules(expiry_leeway=30), clock), clock)
    assert ask(verifier, token) == ["ada"]
    clock.now += 929
    assert ask(verifier, token) == ["ada"]
    clock.now += 1
    with pytest.raises(UnauthenticatedError, match="expired"):
        ask(verifier, token)


def test_no_more_than_ten_thousand_tokens_are_remembered_and_the_oldest_goes_first(
    verifier: Verifier, verification: Verification
):
    tokens = [str(number) for number in range(REMEMBERED_TOKENS)]
    ask(verifier, *tokens, *tokens)
    assert set(verification.asked.values()) == {1}
    ask(verifier, "one more", "and another")
    ask(verifier, *tokens[2:])
    assert set(verification.asked.values()) == {1}
    ask(verifier, tokens[0], tokens[1])
    assert [verification.asked[token] for token in tokens[:3]] == [2, 2, 1]


def test_a_flood_of_bad_tokens_makes_no_good_one_forgotten(
    verifier: Verifier, verification: Verification
):
    ask(verifier, "a")

    async def flood() -> None:
        for number in range(REMEMBERED_TOKENS + 1):
            with pytest.raises(UnauthenticatedError):
                await verifier(f"bad {number}")

    asyncio.run(flood())
    ask(verifier, "a")
    assert verification.asked["a"] == 1


def test_many_requests_at_once_with_one_token_all_get_their_user(verifier: Verifier, clock: Clock):
    async def at_once() -> set[str]:
        found = await asyncio.gather(*(verifier("a") for _ in range(100)))
        clock.now += 61
        found += await asyncio.gather(*(verifier("a") for _ in range(100)))
        return {identity.user_id for identity in found}

    assert asyncio.run(at_once()) == {"the user of a"}
