"""Another issuer or audience, where one is expected."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import server as servers
from tests.auth.shared_secret.tokens import HEADER, Json, ask, check_refused, claims, token
from tests.server import RunningServer


@pytest.fixture(scope="module")
def strict_server(database_url: str) -> Iterator[RunningServer]:
    """A server that expects an issuer and an audience."""
    expected = {"jwt_issuer": "https://issuer.example", "jwt_audience": "todo"}
    with RunningServer(servers.settings(database_url, **expected)) as running:
        yield running


ISSUERS: list[Json] = [
    *("https://issuer.example/", "https://issuer.example.evil", "http://issuer.example"),
    *("HTTPS://ISSUER.EXAMPLE", "", None, 5, True, ["https://issuer.example"], {}),
]
AUDIENCES: list[Json] = [
    *("other", "TODO", "todo ", "todo,other", "", "tod", "todos", None, 5, True),
    *([], [[]], ["other"], [["todo"]], {"todo": True}, [{"todo": 1}], [None], "*"),
    ["todo", "better-auth:session-cache"],
]


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"iss": "https://issuer.example"},
        {"aud": "todo"},
        *[{"iss": issuer, "aud": "todo"} for issuer in ISSUERS],
        *[{"iss": "https://issuer.example", "aud": audience} for audience in AUDIENCES],
    ],
    ids=str,
)
def test_another_issuer_or_audience_is_401_where_one_is_expected(
    strict_server: RunningServer, others: dict[str, Any]
):
    check_refused(ask(strict_server, f"Bearer {token(HEADER, claims(**others))}"))


@pytest.mark.parametrize("audience", ["todo", ["todo"], ["other", "todo"], ["todo", 5]], ids=str)
def test_the_expected_issuer_and_audience_are_accepted(
    strict_server: RunningServer, audience: Json
):
    written = token(HEADER, claims(iss="https://issuer.example", aud=audience))
    assert ask(strict_server, f"Bearer {written}").status_code == 200
