"""The request for a key set: which answers are believed."""

import asyncio
import gzip
import json
import logging
import re
from typing import Any

import pytest

from tests.auth.issuer import Issuer, SigningKey
from tests.auth.relying import RelyingParty
from todo_server.auth import KeySet
from todo_server.errors import UnauthenticatedError, UnavailableError
from todo_server.outbound.jwks import fetch_from, origin_of, without_secrets


def bad_answers(issuer: Issuer) -> dict[str, dict[str, Any]]:
    good = json.dumps({"keys": [issuer.keys[0].jwk]}).encode()
    return {
        "201": {"status": 201},
        "404": {"status": 404},
        "500": {"status": 500},
        "no JSON": {"body": b"<html>"},
        "empty": {"body": b""},
        "a list": {"body": b"[]"},
        "a text": {"body": b'"keys"'},
        "no keys": {"body": b"{}"},
        "keys as an object": {"body": b'{"keys": {}}'},
        "a member twice": {"body": b'{"keys": [], "keys": []}'},
        "too deep": {"body": b'{"keys": ' + b"[" * 100 + b"]" * 100 + b"}"},
        "not UTF-8": {"body": b'{"keys": ["\xff"]}'},
        "oversized": {"body": good + b" " * 64 * 1024},
        "compressed": {"body": gzip.compress(good), "headers": {"Content-Encoding": "gzip"}},
        "cut short": {"headers": {"Content-Length": "100000"}},
        "slow": {"delay": 2.5},
        "dripping": {"drip": 0.3},
    }


@pytest.mark.parametrize("name", bad_answers(Issuer(SigningKey())))
def test_a_bad_answer_is_none_and_is_logged_once(issuer, ours, name, caplog):
    for attribute, value in bad_answers(issuer)[name].items():
        setattr(issuer, attribute, value)
    assert ours.refusals(*[issuer.token()] * 3) == ["unavailable"] * 3
    assert ours.refusal(issuer.token()) == "unavailable"
    assert len(issuer.requests) == 2
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"the key set of {issuer.url} cannot be fetched: ")


TROUBLE: dict[str, tuple[dict[str, Any], str]] = {
    "404": ({"status": 404}, "it answers 404, not 200"),
    "a redirect": ({"status": 302, "headers": {"Location": "/"}}, "it answers 302, not 200"),
    "a page": ({"body": b"<!doctype html>"}, "no key set: Expecting value at character 0"),
    "nothing": ({"body": b""}, "no key set: Expecting value at character 0"),
    "a list": ({"body": b"[]"}, "no JSON object that has a list 'keys'"),
    "oversized": ({"body": b" " * (64 * 1024 + 1)}, "with more than 65536 bytes"),
    "slow": ({"delay": 2.5}, "it does not answer within 2 s"),
    "no keys": ({"body": b'{"keys": []}'}, "has no key for any token"),
    "no key of use": ({"body": b'{"keys": [{"kty": "oct"}]}'}, "has no key for any token"),
}


def complaints(url: str, caplog: pytest.LogCaptureFixture) -> str:
    """What the log says of a key set after one fetch."""

    async def fetch() -> None:
        keys = KeySet(without_secrets(url), fetch_from(url))
        with pytest.raises((UnauthenticatedError, UnavailableError)) as refusal:
            await keys.learn("x", "ES256")
        assert url.partition("?")[0] not in refusal.value.message

    asyncio.run(fetch())
    return "\n".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(("answer", "reason"), TROUBLE.values(), ids=TROUBLE)
def test_the_log_names_the_address_and_the_cause_and_no_secret_of_the_query(
    issuer, answer, reason, caplog
):
    for attribute, value in answer.items():
        setattr(issuer, attribute, value)
    said = complaints(f"{issuer.url}?apikey=secret", caplog)
    assert f"the key set of {issuer.url}?... " in said
    assert reason in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("scheme", "host", "reason"),
    [
        (
            "http",
            "nowhere.invalid:80",
            r"\[Errno -?\d+\] .*[Nn]ame.*|it does not answer within 2 s",
        ),
        ("http", "127.0.0.1:1", r".*\('127.0.0.1', 1\)"),
        ("https", "", r"\[SSL: .*"),
    ],
    ids=["no such host", "refused", "no TLS"],
)
def test_the_log_says_why_a_connection_fails(issuer, scheme, host, reason, caplog):
    url = f"{scheme}://{host or issuer.origin.partition('//')[2]}/jwks"
    said = complaints(url, caplog)
    shown = re.escape(without_secrets(url))
    assert re.fullmatch(f"the key set of {shown} cannot be fetched: ({reason})", said)


def test_no_redirect_is_followed(issuer, ours):
    with Issuer(*issuer.keys) as elsewhere:
        for status in (301, 302, 303, 307, 308):
            issuer.status = status
            issuer.headers = {"Location": elsewhere.url}
            assert ours.refusal(issuer.token()) == "unavailable"
        assert len(issuer.requests) == 5
        assert elsewhere.requests == []


def test_the_environment_has_no_say_in_where_the_keys_come_from(issuer, monkeypatch):
    with Issuer(SigningKey()) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
        with RelyingParty(issuer) as ours:
            assert ours.accepts(issuer.token())
        assert proxy.requests == []
    assert "authorization" not in issuer.requests[0]
    assert "cookie" not in issuer.requests[0]


def test_the_origin_of_the_key_set_is_that_of_a_browser():
    assert origin_of("http://localhost:3000/api/auth/jwks") == "http://localhost:3000"
    assert origin_of("https://Auth.Example.com:443/jwks?a=b") == "https://auth.example.com"
    assert origin_of("http://[::1]:80/jwks") == "http://[::1]"
