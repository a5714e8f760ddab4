"""Authorization headers that are not one bearer token, and tokens elsewhere."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.auth.shared_secret.tokens import GOOD, OTHER, SUBJECT, ask, check_refused
from tests.contract import check_response
from tests.server import RunningServer

AUTHORIZATIONS: dict[str, list[str | bytes]] = {
    "none": [],
    "an empty one": [""],
    "a space": [" "],
    "the scheme alone": ["Bearer"],
    "the scheme and a space": ["Bearer "],
    "the scheme and many spaces": ["Bearer      "],
    "the token alone": [GOOD],
    "no space": [f"Bearer{GOOD}"],
    "a colon": [f"Bearer:{GOOD}"],
    "a colon and a space": [f"Bearer: {GOOD}"],
    "an equals sign": [f"Bearer={GOOD}"],
    "a comma": [f"Bearer, {GOOD}"],
    "a tab": [f"Bearer\t{GOOD}"],
    "a no-break space": [f"Bearer\u00a0{GOOD}"],
    "a no-break space in Latin-1": [b"Bearer\xa0" + GOOD.encode()],
    "the scheme twice": [f"Bearer Bearer {GOOD}"],
    "another name": [f"JWT {GOOD}"],
    "Token": [f"Token {GOOD}"],
    "DPoP": [f"DPoP {GOOD}"],
    "a longer name": [f"BearerX {GOOD}"],
    "a name with an accent": [f"B\u00e9arer {GOOD}"],
    "a name of full-width letters": [f"\uff22earer {GOOD}"],
    "Basic": ["Basic " + base64.b64encode(f"{SUBJECT}:x".encode()).decode()],
    "Basic with the token as password": [
        "Basic " + base64.b64encode(f"x:{GOOD}".encode()).decode()
    ],
    "Basic with the token": [f"Basic {GOOD}"],
    "Digest": [f'Digest username="{SUBJECT}", realm="x", nonce="x", uri="/", response="x"'],
    "Negotiate": ["Negotiate YII="],
    "Basic, then Bearer, in one": [f"Basic eDp4, Bearer {GOOD}"],
    "Bearer, then Basic, in one": [f"Bearer {GOOD}, Basic eDp4"],
    "the same twice": [f"Bearer {GOOD}", f"Bearer {GOOD}"],
    "a good and a bad one": [f"Bearer {GOOD}", "Bearer x"],
    "a bad and a good one": ["Bearer x", f"Bearer {GOOD}"],
    "Basic and Bearer": ["Basic eDp4", f"Bearer {GOOD}"],
    "Bearer and an empty one": [f"Bearer {GOOD}", ""],
    "two users": [f"Bearer {GOOD}", f"Bearer {OTHER}"],
    "a hundred": [f"Bearer {GOOD}"[:200]] * 100,
    "bytes that are no text": [b"Bearer \xff\xfe\x80"],
    "a good token with such a byte": [b"Bearer " + GOOD.encode() + b"\xff"],
    "a soft hyphen in it": [b"Bearer " + GOOD[:50].encode() + b"\xad" + GOOD[50:].encode()],
}


@pytest.mark.parametrize("authorization", AUTHORIZATIONS.values(), ids=list(AUTHORIZATIONS))
def test_a_header_that_is_not_one_bearer_token_is_401(
    server: RunningServer, authorization: list[str | bytes]
):
    check_refused(ask(server, *authorization))


@pytest.mark.parametrize(
    "options",
    [
        {"params": {"access_token": GOOD}},
        {"params": {"token": GOOD}},
        {"params": {"authorization": f"Bearer {GOOD}"}},
        {"params": {"jwt": GOOD}},
        {"headers": {"Cookie": f"token={GOOD}"}},
        {"headers": {"Cookie": f"better-auth.session_token={GOOD}"}},
        {"headers": {"Cookie": f"Authorization=Bearer {GOOD}"}},
        {"headers": {"Proxy-Authorization": f"Bearer {GOOD}"}},
        {"headers": {"X-Authorization": f"Bearer {GOOD}"}},
        {"headers": {"X-Access-Token": GOOD}},
        {"headers": {"X-Forwarded-Authorization": f"Bearer {GOOD}"}},
        {"headers": {"X-User-Id": SUBJECT, "X-Forwarded-User": SUBJECT, "Remote-User": SUBJECT}},
        {"headers": {"Set-Authorization": f"Bearer {GOOD}"}},
        {"headers": {"Sec-WebSocket-Protocol": f"bearer, {GOOD}"}},
        {"content": json.dumps({"access_token": GOOD}), "headers": {"Content-Type": "text/json"}},
        {"data": {"access_token": GOOD}},
        {"auth": (SUBJECT, GOOD)},
        {"auth": ("Bearer", GOOD)},
    ],
    ids=lambda options: ", ".join(f"{k} {v}"[:40] for k, v in options.items()),
)
def test_a_token_anywhere_else_is_not_looked_for(server: RunningServer, options: Mapping[str, Any]):
    response = httpx.request("GET", f"{server.url}/api/me/tasks", **options)
    check_response(response)
    check_refused(response)
