"""AUTH_MODE=jwks: which claims are accepted, from where, and what it costs."""

import secrets
import time
from typing import Any

import httpx
import pytest

from tests.auth.issuer import ALGORITHMS, SigningKey
from tests.contract import check_response
from tests.server import RunningServer, settings
from todo_server.auth import Verifier
from todo_server.errors import UnauthenticatedError

KEYS = {algorithm: SigningKey(algorithm) for algorithm in ALGORITHMS}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_each_algorithm_is_accepted(issuer, ours, algorithm):
    issuer.keys = [KEYS[algorithm]]
    assert ours.user_of(issuer.token()) == issuer.claims()["sub"]


def test_all_the_kinds_of_keys_stand_side_by_side(issuer, ours):
    issuer.keys = list(KEYS.values())
    tokens = [key.sign(issuer.claims()) for key in issuer.keys]
    assert ours.refusals(*tokens) == [None] * len(tokens)
    assert len(issuer.requests) == 1


def test_what_better_auth_1_7_says_of_a_user_is_accepted(issuer, ours):
    now = int(time.time())
    claims = {
        "iat": now,
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "emailVerified": False,
        "image": None,
        "createdAt": "2026-11-20T22:00:00.000Z",
        "updatedAt": "2026-11-20T22:00:00.000Z",
        "id": "6UlcG9EfkHOCmB4pNPvTrqT6iSf0a4cJ",
        "sub": "6UlcG9EfkHOCmB4pNPvTrqT6iSf0a4cJ",
        "exp": now + 900,
        "iss": issuer.origin,
        "aud": issuer.origin,
    }
    assert ours.user_of(issuer.keys[0].sign(claims)) == claims["sub"]


def test_both_names_of_ed25519_are_accepted_whichever_its_key_has(issuer, ours):
    issuer.keys = [SigningKey("EdDSA"), SigningKey("Ed25519")]
    for key in issuer.keys:
        assert ours.accepts(key.sign(issuer.claims(), alg="EdDSA"))
        assert ours.accepts(key.sign(issuer.claims(), alg="Ed25519"))


def test_an_rsa_key_serves_both_paddings_unless_it_names_one(issuer, ours):
    open_key = SigningKey("RS256", KEYS["RS256"].key, alg=None)
    bound_key = SigningKey("PS256", KEYS["PS256"].key)
    issuer.keys = [open_key, bound_key]
    assert ours.accepts(open_key.sign(issuer.claims(), alg="RS256"))
    assert ours.accepts(open_key.sign(issuer.claims(), alg="PS256"))
    assert ours.accepts(bound_key.sign(issuer.claims(), alg="PS256"))
    assert not ours.accepts(bound_key.sign(issuer.claims(), alg="RS256"))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e12},
        {"exp": True},
        {"exp": 2**53 + 1},
        {"exp": int(time.time()) - 3600},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a\0b"},
        {"sub": "a" * 256},
        {"iss": None},
        {"iss": "https://elsewhere.example"},
        {"iss": ["http://127.0.0.1"]},
        {"aud": None},
        {"aud": []},
        {"aud": "https://elsewhere.example"},
        {"aud": ["https://elsewhere.example"]},
        {"aud": {"a": 1}},
        {"aud": "better-auth:session-cache"},
        {"type": "refresh"},
        {"session": {"id": "1"}},
    ],
    ids=",".join,
)
def test_claims_that_do_not_hold_are_refused_and_never_cause_a_fetch(issuer, ours, changes):
    token = issuer.token(**changes)
    assert ours.refusal(token) == "unauthenticated"
    assert issuer.requests == []
    assert ours.accepts(issuer.token())
    assert ours.refusal(token) == "unauthenticated"
    assert len(issuer.requests) == 1


def test_the_audience_may_be_one_of_several_and_the_issuer_may_not(issuer, ours):
    assert ours.accepts(issuer.token(aud=["https://elsewhere.example", issuer.origin]))
    assert not ours.accepts(issuer.token(aud=[issuer.origin], iss=[issuer.origin]))


@pytest.mark.parametrize("claims", [[], "text", 1, None, b"no JSON", b'{"exp":1,"exp":2}', b"\xff"])
def test_claims_that_are_no_object_are_refused(issuer, ours, claims):
    assert ours.refusal(issuer.keys[0].sign(claims)) == "unauthenticated"
    assert issuer.requests == []


@pytest.mark.parametrize(
    ("changes", "named"), [({"iss": "<b>\u202eevil"}, "iss"), ({"aud": ["\nevil"]}, "aud")]
)
def test_a_refusal_for_issuer_or_audience_names_what_is_expected(issuer, ours, changes, named):
    with pytest.raises(UnauthenticatedError) as refusal:
        ours.user_of(issuer.token(**changes))
    assert f"its {named} is not '{issuer.origin}'" in refusal.value.message
    assert "evil" not in refusal.value.message


def test_clocks_may_differ_by_30_seconds(issuer, ours):
    now = int(time.time())
    assert ours.accepts(issuer.token(exp=now - 25))
    assert ours.accepts(issuer.token(nbf=now + 25, iat=now + 25))
    assert not ours.accepts(issuer.token(exp=now - 31))
    assert not ours.accepts(issuer.token(nbf=now + 35))
    assert not ours.accepts(issuer.token(iat=now + 35))


def test_a_remembered_token_is_refused_the_moment_it_expires(issuer, ours):
    verifier = Verifier(ours.verify, lambda: time.time() + ours.later)
    token = issuer.token(exp=int(time.time()) + 60)
    ours.run(verifier(token))
    ours.later = 85
    ours.run(verifier(token))
    ours.later = 91
    with pytest.raises(UnauthenticatedError, match="expired"):
        ours.run(verifier(token))


def test_a_first_seen_token_costs_at_most_200_microseconds_more(issuer, ours):
    batches = [[issuer.token(sub=secrets.token_hex(16)) for _ in range(50)] for _ in range(10)]
    verifier = Verifier(ours.verify)

    async def cost(tokens: list[str]) -> float:
        before = time.thread_time()
        for token in tokens:
            await verifier(token)
        return (time.thread_time() - before) / len(tokens)

    ours.run(verifier(issuer.token()))
    first = min(ours.run(cost(tokens)) for tokens in batches)
    again = min(ours.run(cost(tokens)) for tokens in batches)
    assert first - again < 200e-6


def test_the_whole_server_takes_an_issuers_tokens(database_url, issuer, ours):
    its_settings = settings(database_url, auth_mode="jwks", jwks_url=issuer.url)
    with RunningServer(its_settings) as server:
        ours.wait_until(lambda: len(issuer.requests) == 1)  # at the start, not at the first token
        user = secrets.token_urlsafe(24)

        def ask(token: str, user_id: str = user, **options: Any) -> httpx.Response:
            return httpx.request(
                options.pop("method", "GET"),
                f"{server.url}/api/{user_id}/tasks",
                headers={"Authorization": f"Bearer {token}"},
                **options,
            )

        token = issuer.token(sub=user)
        created = ask(token, method="POST", json={"title": "Buy milk"})
        assert created.status_code == 201
        assert [task["title"] for task in ask(token).json()] == ["Buy milk"]
        assert [task["title"] for task in ask(token, "me").json()] == ["Buy milk"]
        assert ask(token, "somebody-else").status_code == 403
        stranger = SigningKey().sign(issuer.claims(sub=user))
        assert ask(stranger).status_code == 401
        issuer.stop()
        assert ask(token).status_code == 200
        unknown = ask(SigningKey().sign(issuer.claims(sub=user)))
        check_response(unknown)
        assert unknown.status_code == 503
        assert "key set" in unknown.json()["detail"]
        assert unknown.headers["retry-after"] == "1"
