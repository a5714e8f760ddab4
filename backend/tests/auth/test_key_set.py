"""The keys of an issuer: when they are fetched, and how long they are believed."""

import asyncio
import logging
import time
from typing import Any

import pytest

from tests.auth.issuer import Issuer, SigningKey
from todo_server.auth import Verifier
from todo_server.auth.jwks import jwks
from todo_server.auth.key_set import (
    PAUSE,
    REFRESH_AFTER,
    RETRY_AFTER,
    TRUSTED_FOR,
    WAITING,
    KeySet,
)
from todo_server.auth.verifier import Verified
from todo_server.errors import UnauthenticatedError, UnavailableError
from todo_server.outbound.jwks import fetch_from

DAY = 24 * 60 * 60


def forever(issuer: Issuer) -> str:
    """A token that outlives these tests."""
    return issuer.token(exp=int(time.time()) + 30 * DAY)


def with_random_key_ids(issuer: Issuer, count: int) -> list[str]:
    stranger = issuer.keys[0]
    return [stranger.sign(issuer.claims(), kid=f"random-{n}") for n in range(count)]


def test_a_hundred_first_requests_cause_one_fetch(issuer, ours):
    issuer.delay = 0.2
    tokens = [issuer.token(sub=f"user-{n}") for n in range(100)]
    assert ours.refusals(*tokens) == [None] * 100
    assert len(issuer.requests) == 1


def test_a_new_key_is_found_at_once(issuer, ours):
    old = issuer.token()
    assert ours.accepts(old)
    issuer.keys.append(SigningKey())
    assert ours.refusals(*[issuer.token(sub=f"user-{n}") for n in range(100)]) == [None] * 100
    assert ours.accepts(old)
    assert len(issuer.requests) == 2


def test_a_key_that_is_published_during_a_fetch_is_found(issuer, ours):
    issuer.delay = 0.3

    async def begin() -> Any:
        return asyncio.create_task(ours.verify(SigningKey().sign(issuer.claims())))

    first = ours.run(begin())
    ours.wait_until(lambda: len(issuer.requests) == 1)
    issuer.keys.append(SigningKey())
    assert ours.accepts(issuer.token())
    assert len(issuer.requests) == 2
    ours.run(asyncio.wait([first]))
    assert isinstance(first.exception(), UnauthenticatedError)


def test_random_key_ids_cause_a_fetch_a_second_at_most(issuer, ours):
    began_at = time.monotonic() + ours.later
    for token in with_random_key_ids(issuer, 100):
        assert ours.refusal(token) == "unauthenticated"
    seconds = time.monotonic() + ours.later - began_at
    assert len(issuer.requests) <= seconds / PAUSE + 1
    before = len(issuer.requests)
    assert set(ours.refusals(*with_random_key_ids(issuer, 500))) == {"unauthenticated"}
    assert len(issuer.requests) == before + 1
    assert ours.accepts(issuer.token())


def test_while_random_key_ids_come_a_new_key_is_never_refused(issuer):
    """With the clock of the world: what the issuer is asked, and what waits for it, is bounded."""
    keys = KeySet(issuer.url, fetch_from(issuer.url))
    verify = jwks(keys, issuer.origin, issuer.origin)
    random = iter(with_random_key_ids(issuer, 1_000))
    answers: dict[str, list[asyncio.Future[Verified]]] = {"random": [], "good": []}

    async def scenario() -> None:
        for _ in range(3):
            issuer.keys.append(SigningKey())  # published when it first signs, as by Better Auth
            for n in range(30):
                token = issuer.token(sub=f"user-{n}")
                answers["good"].append(asyncio.ensure_future(verify(token)))
                for _ in range(10):
                    answers["random"].append(asyncio.ensure_future(verify(next(random))))
                await asyncio.sleep(0.02)
        await asyncio.wait([*answers["good"], *answers["random"]])

    began_at = time.monotonic()
    asyncio.run(scenario())
    assert len(issuer.requests) <= (time.monotonic() - began_at) / PAUSE + 1
    assert [each.exception() for each in answers["good"]] == [None] * 90
    assert {type(each.exception()) for each in answers["random"]} == {UnauthenticatedError}


def test_when_too_many_wait_the_next_is_undecided_until_the_key_is_known(issuer, ours):
    assert ours.accepts(issuer.token())
    issuer.keys.append(SigningKey())
    issuer.delay = 0.5
    random = with_random_key_ids(issuer, WAITING)

    async def scenario() -> UnavailableError:
        waiting = asyncio.gather(*map(ours.verify, random), return_exceptions=True)
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError) as undecided:
            await ours.verify(issuer.token())
        await waiting
        return undecided.value

    assert ours.run(scenario()).retry_after == PAUSE
    assert ours.accepts(issuer.token())


def test_a_known_key_waits_for_nothing_while_random_key_ids_come(issuer, ours):
    assert ours.accepts(issuer.token())
    issuer.answering.clear()

    async def begin() -> Any:
        return asyncio.create_task(ours.verify(with_random_key_ids(issuer, 1)[0]))

    random = ours.run(begin())
    ours.wait_until(lambda: len(issuer.requests) == 2)
    assert ours.accepts(issuer.token())
    assert not random.done()
    issuer.answering.set()
    ours.run(asyncio.wait([random]))
    assert isinstance(random.exception(), UnauthenticatedError)


def test_the_others_are_served_when_the_request_that_began_the_fetch_is_cancelled(issuer, ours):
    issuer.delay = 0.3

    async def scenario() -> list[Any]:
        tasks = [asyncio.create_task(ours.verify(issuer.token())) for _ in range(5)]
        await asyncio.sleep(0.1)
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, *others = ours.run(scenario())
    assert isinstance(first, asyncio.CancelledError)
    assert [verified.identity.user_id for verified in others] == [issuer.claims()["sub"]] * 4
    assert len(issuer.requests) == 1


def test_a_set_in_use_is_refreshed_in_the_background(issuer, ours, caplog):
    assert ours.accepts(issuer.token())
    ours.later += REFRESH_AFTER - 1
    assert ours.accepts(issuer.token())
    assert len(issuer.requests) == 1
    ours.later += 1
    issuer.answering.clear()
    assert ours.refusals(*[issuer.token()] * 50) == [None] * 50
    assert caplog.messages == []  # who waits for the fetch waits until it is given up, and logged
    ours.wait_until(lambda: len(issuer.requests) == 2)
    issuer.answering.set()
    ours.run(asyncio.sleep(0.1))
    assert ours.accepts(issuer.token())
    assert len(issuer.requests) == 2


def test_without_any_keys_nobody_can_tell(issuer, ours):
    issuer.stop()
    assert ours.refusal(issuer.token()) == "unavailable"
    assert ours.refusal(issuer.token(iss="https://elsewhere.example")) == "unauthenticated"
    for _ in range(20):
        assert ours.refusal(issuer.token()) == "unavailable"
    issuer.start()
    ours.later += PAUSE
    assert ours.accepts(issuer.token())


def test_known_keys_work_for_a_day_while_the_issuer_is_down(issuer, ours):
    token = forever(issuer)
    assert ours.accepts(token)
    issuer.stop()
    for _ in range(24):
        assert ours.accepts(token)
        ours.run(asyncio.sleep(0.05))
        ours.later += 3590
    assert ours.accepts(token)
    ours.later += TRUSTED_FOR - 24 * 3590
    assert ours.refusal(token) == "unavailable"
    issuer.start()
    ours.later += PAUSE
    assert ours.accepts(token)


def test_an_unknown_key_is_undecided_while_the_issuer_is_down(issuer, ours):
    stranger = SigningKey()
    assert ours.accepts(issuer.token())
    issuer.stop()
    assert ours.refusal(stranger.sign(issuer.claims())) == "unavailable"
    issuer.start()
    assert ours.refusal(stranger.sign(issuer.claims())) == "unauthenticated"
    assert ours.accepts(issuer.token())


def test_a_withdrawn_key_is_refused_once_the_set_has_been_fetched(issuer, ours):
    old, new = issuer.keys[0], SigningKey()
    token = forever(issuer)
    assert ours.accepts(token)
    issuer.keys = [new]
    assert ours.accepts(token)
    assert ours.accepts(new.sign(issuer.claims()))
    assert ours.refusal(token) == "unauthenticated"
    issuer.keys = [old]
    ours.later += REFRESH_AFTER
    assert ours.accepts(new.sign(issuer.claims(iat=None, exp=int(time.time()) + DAY)))
    ours.wait_until(lambda: ours.accepts(token))
    assert len(issuer.requests) == 4


def test_a_remembered_token_falls_with_its_key(issuer, ours):
    verifier = Verifier(ours.verify, lambda: time.time() + ours.later)
    token = forever(issuer)
    ours.run(verifier(token))
    issuer.keys = [SigningKey()]
    ours.later += REFRESH_AFTER - 1
    ours.run(verifier(token))
    assert len(issuer.requests) == 1
    ours.later += 1
    ours.run(verifier(token))  # the use that refreshes the set
    ours.wait_until(lambda: len(issuer.requests) == 2)

    def is_refused() -> bool:
        try:
            ours.run(verifier(token))
        except UnauthenticatedError:
            return True
        return False

    ours.wait_until(is_refused)


def test_a_remembered_token_is_remembered_on_when_its_key_stays(issuer, ours):
    calls = []

    async def verify(token: str) -> Verified:
        calls.append(token)
        verified: Verified = await ours.verify(token)
        return verified

    verifier = Verifier(verify)
    token = forever(issuer)
    ours.run(verifier(token))
    issuer.keys.append(SigningKey())
    ours.run(verifier(issuer.token()))
    for _ in range(5):
        ours.run(verifier(token))
    assert calls.count(token) == 2
    assert len(issuer.requests) == 2


def test_a_remembered_token_falls_a_day_after_the_issuer(issuer, ours):
    verifier = Verifier(ours.verify, lambda: time.time() + ours.later)
    token = forever(issuer)
    ours.run(verifier(token))
    issuer.stop()
    ours.later += TRUSTED_FOR - 1
    ours.run(verifier(token))
    ours.later += 1
    with pytest.raises(UnavailableError):
        ours.run(verifier(token))


def test_an_empty_set_withdraws_all_keys(issuer, ours):
    token = forever(issuer)
    assert ours.accepts(token)
    issuer.keys = []
    ours.later += REFRESH_AFTER
    assert ours.accepts(token)
    ours.wait_until(lambda: not ours.accepts(token))
    assert ours.refusal(token) == "unauthenticated"


def test_an_issuer_that_is_down_is_asked_now_and_then(issuer, ours, caplog):
    caplog.set_level(logging.INFO)
    token = forever(issuer)
    assert ours.accepts(token)
    issuer.status = 500
    ours.later += REFRESH_AFTER
    for n in range(1, 4):
        for _ in range(5):
            assert ours.accepts(token)
            ours.run(asyncio.sleep(0.03))
        assert len(issuer.requests) == 1 + n
        ours.later += RETRY_AFTER
    issuer.status = 200
    assert ours.accepts(token)
    ours.wait_until(lambda: len(issuer.requests) == 5)
    ours.run(asyncio.sleep(0.1))
    messages = [r.getMessage() for r in caplog.records if r.name == "todo_server.auth"]
    assert messages == [
        f"the key set of {issuer.url} cannot be fetched: it answers 500, not 200",
        f"the key set of {issuer.url} has been fetched again",
    ]
