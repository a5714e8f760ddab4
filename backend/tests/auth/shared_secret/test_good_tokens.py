"""The tokens of real clients are accepted."""

import json

import pytest

from tests.auth.shared_secret.tokens import (
    ABSENT,
    GOOD,
    HEADER,
    HOUR,
    NOW,
    SUBJECT,
    Json,
    ask,
    claims,
    token,
)
from tests.server import RunningServer

GOOD_TOKENS: dict[str, tuple[Json, Json]] = {
    "neither kid nor typ, iss nor aud": ({"alg": "HS256"}, claims()),
    "typ JWT": (HEADER, claims()),
    "typ jwt": ({"alg": "HS256", "typ": "jwt"}, claims()),
    "typ at+jwt": ({"alg": "HS256", "typ": "at+jwt"}, claims()),
    "typ application/at+jwt": ({"alg": "HS256", "typ": "application/at+jwt"}, claims()),
    "a kid": ({**HEADER, "kid": "any"}, claims()),
    "iss and aud": (HEADER, claims(iss="http://localhost:3000", aud="http://localhost:3000")),
    "several audiences": (HEADER, claims(aud=["web", "api"])),
    "30 minutes": (HEADER, claims(exp=NOW + 1800)),
    "7 days": (HEADER, claims(exp=NOW + 7 * 24 * HOUR)),
    "a hundred years": (HEADER, claims(exp=NOW + 100 * 365 * 24 * HOUR)),
    "the last exp": (HEADER, claims(exp=2**53)),
    "no iat": (HEADER, claims(iat=ABSENT)),
    "an old iat": (HEADER, claims(iat=0)),
    "a clock that is 20 seconds fast": (HEADER, claims(iat=NOW + 20, nbf=NOW + 20)),
    "nbf now": (HEADER, claims(nbf=NOW)),
    "the claims of Better Auth": (
        HEADER,
        claims(id=SUBJECT, email="ada@example.com", name="Ada", emailVerified=True, image=None),
    ),
    "type access": (HEADER, claims(type="access")),
    "claims that nobody knows": (HEADER, claims(roles=["admin"], a={"b": {"c": [1.5, None]}})),
    "a name in another script": (HEADER, claims(name="\u05d0\U0001f642")),
    "claims as UTF-8": (HEADER, json.dumps(claims(name="\u00e9"), ensure_ascii=False).encode()),
    "JSON with spaces": (
        b' { "typ" : "JWT",\r\n "alg" : "HS256" } ',
        json.dumps(claims(), indent=2).encode(),
    ),
    "8 KiB": (HEADER, claims(pad="x" * 5900)),
}


@pytest.mark.parametrize(("header", "payload"), GOOD_TOKENS.values(), ids=list(GOOD_TOKENS))
def test_the_tokens_of_real_clients_are_accepted(
    server: RunningServer, header: Json, payload: Json
):
    written = token(header, payload)
    assert len(written) <= 8192
    for _ in range(2):
        assert ask(server, f"Bearer {written}").status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer ", "Bearer   "])
def test_the_scheme_may_be_written_in_any_case(server: RunningServer, scheme: str):
    assert ask(server, f"{scheme} {GOOD}").status_code == 200


def test_a_good_token_opens_nobody_elses_path(server: RunningServer):
    response = ask(server, f"Bearer {GOOD}", path="/api/else/tasks")
    assert (response.status_code, response.json()["error"]) == (403, "forbidden")
    assert "www-authenticate" not in response.headers
