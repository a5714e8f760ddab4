"""Hashing: what is refused, with which parameters, how many at a time, and where."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from tests.api.auth.people import Hasher
from todo_server.auth import passwords
from todo_server.auth.passwords import Passwords
from todo_server.errors import UnavailableError, ValidationFailedError

PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@contextmanager
def hashing(minimum_length: int = 8, hasher: PasswordHasher | None = CHEAP) -> Iterator[Passwords]:
    made = Passwords(minimum_length, hasher)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def cheap() -> Iterator[Passwords]:
    with hashing() as made:
        yield made


def test_the_default_is_argon2id_with_owasps_parameters():
    """Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane; a salt and a hash of 128 bits up."""
    with hashing(hasher=None) as made:
        parameters = extract_parameters(asyncio.run(made.hash(PASSWORD)))
    assert parameters.type is Type.ID
    assert parameters.version == 19
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19456, 2, 1)
    assert parameters.salt_len >= 16
    assert parameters.hash_len >= 16


def test_a_hash_opens_for_its_password_alone(cheap):
    async def use() -> None:
        known = await cheap.hash(PASSWORD)
        assert await cheap.verify(known, PASSWORD)
        for wrong in (PASSWORD.upper(), PASSWORD + " ", PASSWORD[:-1], "", "x" * 1024):
            assert not await cheap.verify(known, wrong)
        assert known != await cheap.hash(PASSWORD), "salted"

    asyncio.run(use())


@pytest.mark.parametrize("known", ["", "x", "$argon2id$", "$2b$12$" + "x" * 53, "md5:" + "0" * 32])
def test_what_is_no_hash_of_ours_opens_for_nothing(known, cheap):
    assert not asyncio.run(cheap.verify(known, PASSWORD))


def test_nobody_has_a_password(cheap):
    for guess in (PASSWORD, "", "the password of nobody"):
        assert not asyncio.run(cheap.verify(None, guess))


def test_for_nobody_there_is_the_same_work():
    verified = []

    class Counting(PasswordHasher):
        def verify(self, known: Any, password: Any) -> Any:
            verified.append(extract_parameters(known))
            return super().verify(known, password)

    with hashing(hasher=Counting(time_cost=1, memory_cost=8, parallelism=1)) as made:
        known = asyncio.run(made.hash(PASSWORD))
        for each in (known, None):
            assert not asyncio.run(made.verify(each, "a wrong password"))
    assert len(verified) == 2
    assert verified[0] == verified[1]


@pytest.mark.parametrize("minimum", [8, 12, 64])
def test_a_password_has_at_least_as_many_characters_as_the_setting_says(minimum):
    with hashing(minimum) as made:
        letters = "ő" * minimum
        assert asyncio.run(made.hash(letters))
        with pytest.raises(ValidationFailedError, match=f"at least {minimum}") as refused:
            asyncio.run(made.hash(letters[1:]))
    assert [(d.field, d.code) for d in refused.value.details] == [("password", "too_short")]


@pytest.mark.parametrize(
    "password", ["password", "12345678", "Password1", "QWERTYUIOP", "letmein1", "iloveyou"]
)
def test_the_common_ones_are_refused_in_any_case(password, cheap):
    with pytest.raises(ValidationFailedError, match="guessed") as refused:
        asyncio.run(cheap.hash(password))
    assert [d.code for d in refused.value.details] == ["common"]


def test_one_that_was_good_enough_once_is_hashed_again_without_asking(cheap):
    known = asyncio.run(cheap.hash_again("password"))
    assert asyncio.run(cheap.verify(known, "password"))


@pytest.mark.parametrize(
    "parameters",
    [
        {"time_cost": 2},
        {"memory_cost": 16},
        {"parallelism": 2, "memory_cost": 16},
        {"type": Type.I},
        {"hash_len": 16},
    ],
    ids=str,
)
def test_a_hash_with_other_parameters_still_opens_and_is_outdated(parameters, cheap):
    present = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
    other = PasswordHasher(**{**present, **parameters}).hash(PASSWORD)
    assert asyncio.run(cheap.verify(other, PASSWORD))
    assert cheap.is_outdated(other)
    assert not cheap.is_outdated(asyncio.run(cheap.hash(PASSWORD)))


def test_no_more_run_at_a_time_than_there_are_threads_and_the_loop_goes_on():
    async def use() -> None:
        attempts = [asyncio.create_task(made.verify(None, PASSWORD)) for _ in range(50)]
        assert await asyncio.to_thread(gate.busy.wait, 30)  # which is the loop going on
        assert made.waiting == 50
        gate.open.set()
        assert await asyncio.gather(*attempts) == [False] * 50

    gate = Hasher()
    with hashing(hasher=gate) as made, gate.closed():
        asyncio.run(use())
        assert made.waiting == 0
    assert gate.most_running == passwords.THREADS


def test_whoever_comes_when_too_many_wait_is_asked_to_come_again(monkeypatch):
    monkeypatch.setattr(passwords, "MAX_WAITING", 3)

    async def use() -> None:
        attempts = [asyncio.create_task(made.verify(None, PASSWORD)) for _ in range(3)]
        await asyncio.sleep(0)
        for work in (made.verify(None, PASSWORD), made.hash(PASSWORD), made.hash_again(PASSWORD)):
            with pytest.raises(UnavailableError) as refused:
                await work
            assert refused.value.retry_after == 2
        gate.open.set()
        await asyncio.gather(*attempts)
        assert await made.hash(PASSWORD)

    gate = Hasher()
    with hashing(hasher=gate) as made, gate.closed():
        asyncio.run(use())


def test_somebody_who_goes_away_makes_room(monkeypatch):
    monkeypatch.setattr(passwords, "MAX_WAITING", 3)

    async def use() -> None:
        attempts = [asyncio.create_task(made.verify(None, PASSWORD)) for _ in range(3)]
        await asyncio.sleep(0)
        attempts[2].cancel()
        await asyncio.wait([attempts[2]])
        assert made.waiting == 2
        another = asyncio.create_task(made.verify(None, PASSWORD))
        gate.open.set()
        assert not await another
        await asyncio.wait(attempts)

    gate = Hasher()
    with hashing(hasher=gate) as made, gate.closed():
        asyncio.run(use())
        assert made.waiting == 0


def test_the_common_passwords_are_read_beside_the_event_loop(monkeypatch, cheap):
    """They are megabytes: a tenth of a second in which nobody would be answered."""
    where = []

    def common() -> frozenset[str]:
        where.append(threading.current_thread())
        return frozenset()

    monkeypatch.setattr(passwords, "_common", common)
    asyncio.run(cheap.hash(PASSWORD))
    assert where
    assert threading.main_thread() not in where
