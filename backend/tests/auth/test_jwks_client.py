"""The request for a key set: which answers are believed."""

import gzip
import json
import logging
import time
from typing import Any

import pytest

from tests.auth.issuer import Issuer, SigningKey
from tests.auth.relying import RelyingParty
from todo_server.jwks_client import origin_of


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
    before = time.monotonic()
    assert ours.refusals(*[issuer.token()] * 3) == ["unavailable"] * 3
    assert ours.refusal(issuer.token()) == "unavailable"
    assert time.monotonic() - before < 5
    assert len(issuer.requests) == 2
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "the key set cannot be fetched: " in warnings[0]


def test_no_redirect_is_followed(issuer, ours):
    with Issuer(*issuer.keys) as elsewhere:
        for status in (301, 302, 303, 307, 308):
            issuer.status = status
            issuer.headers = {"Location": elsewhere.url}
            assert ours.refusal(issuer.token()) == "unavailable"
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
