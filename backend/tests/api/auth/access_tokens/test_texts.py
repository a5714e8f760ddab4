"""A token has one text, its session and its time."""

import json
import time
from collections.abc import Iterator
from uuid import UUID

from tests.api.auth.access_tokens.material import SOMEONE, ask, check_refused, encoded
from tests.api.auth.access_tokens.test_headers_and_claims import CLAIMS, HEADERS, PAYLOADS


def texts(token: str) -> Iterator[tuple[str, str | bytes]]:
    header, payload, signature = token.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last character of 64 bytes carries 4 bits that mean nothing.
    last = alphabet.index(signature[-1])
    for number in range(last + 1, last + 16):
        yield "bits that mean nothing", token[:-1] + alphabet[number % 64]
    yield "padding", token + "=="
    yield "padding everywhere", f"{header}=.{payload}=.{signature}=="
    yield "the other alphabet", f"{header}.{payload}.{'+/' + signature[2:]}"
    yield "a percent-encoded dot", token.replace(".", "%2E", 1)
    yield "a line break", f"{header}.{payload}\u2028.{signature}"
    yield "a space within", f"{header}. {payload}.{signature}"
    yield "a tab within", f"{header}.\t{payload}.{signature}"
    yield "quotes", f'"{token}"'
    yield "two tokens", f"{token} {token}"
    yield "two tokens with a comma", f"{token},{token}"
    yield "a part less", f"{header}.{payload}"
    yield "a part less, with its dot", f"{header}.{payload}."
    yield "a part more", f"{token}.{signature}"
    yield "five parts", f"{header}..{payload}.{signature}.x"
    yield "no header", f".{payload}.{signature}"
    yield "no payload", f"{header}..{signature}"
    yield "dots", ".."
    yield "parts exchanged", f"{payload}.{header}.{signature}"
    yield "in capitals", token.upper()
    yield "no ASCII", token.replace("e", "\N{CYRILLIC SMALL LETTER IE}", 1)
    yield "full width", token.replace(".", "\N{FULLWIDTH FULL STOP}")
    yield "latin-1", token.encode() + b"\xff"
    yield "longer than 8 KiB", token + "A" * 8192
    yield "JSON", json.dumps({"payload": payload, "protected": header, "signature": signature})
    yield "a claim more", f"{header}.{encoded({'sub': 'x'})}.{signature}"


def test_a_token_has_one_text(material):
    for name, text in texts(material.token):
        assert ask(material.server, text).status_code == 401, (name, text)
    assert ask(material.server, material.token).status_code == 200


def test_a_token_whose_session_was_never_there_is_401(material):
    for sid in (SOMEONE, str(UUID(int=0)), str(UUID(int=2**128 - 1))):
        check_refused(material, material.signed(material.header, material.claims | {"sid": sid}))


def test_an_expired_token_is_401_to_the_second(material):
    token = material.signed(material.header, material.claims | {"exp": int(time.time())})
    check_refused(material, token)


def test_the_attack_is_of_well_over_a_hundred_tokens():
    assert len(HEADERS) * 2 + len(CLAIMS) + len(PAYLOADS) > 200
