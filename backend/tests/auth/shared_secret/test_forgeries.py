"""Tokens that the secret did not sign as they stand."""

import base64
import hashlib
import json

import httpx
import pytest

from tests.auth.shared_secret.tokens import (
    ALPHABET,
    BODY,
    GOOD,
    HEAD,
    HEADER,
    JWK,
    OTHER,
    PUBLIC_KEY,
    SIGNATURE,
    SIGNED,
    SUBJECT,
    Json,
    ask,
    check_refused,
    claims,
    encoded,
    mac,
    token,
)
from tests.contract import check_response
from tests.server import SECRET, RunningServer


def signed_as(signature: bytes, head: Json = HEADER) -> str:
    return f"{encoded(head).decode()}.{BODY}.{encoded(signature).decode()}"


FORGERIES = {
    "alg none and no signature": f"{encoded({'alg': 'none'}).decode()}.{BODY}.",
    "alg none, no typ, no second point": f"{encoded({'alg': 'none'}).decode()}.{BODY}",
    "alg none and a signature": f"{encoded({'alg': 'none'}).decode()}.{BODY}.{SIGNATURE}",
    "no signature": f"{HEAD}.{BODY}.",
    "an empty secret": token(HEADER, claims(), ""),
    "a guessed secret": token(HEADER, claims(), "secret"),
    "the usual secret": token(HEADER, claims(), "your-256-bit-secret"),
    "a secret of zeros": token(HEADER, claims(), bytes(32)),
    "the secret in capitals": token(HEADER, claims(), SECRET.upper()),
    "the secret without its end": token(HEADER, claims(), SECRET[:-1]),
    "the secret and a line feed": token(HEADER, claims(), SECRET + "\n"),
    "the secret and a NUL and more": token(HEADER, claims(), SECRET + "\0x"),
    "the secret in base64": token(HEADER, claims(), base64.b64encode(SECRET.encode())),
    "the hash of the secret": token(HEADER, claims(), hashlib.sha256(SECRET.encode()).digest()),
    "the name of the setting": token(HEADER, claims(), "BETTER_AUTH_SECRET"),
    "the key id as secret": token({**HEADER, "kid": "k" * 32}, claims(), "k" * 32),
    "the key of /dev/null": token({**HEADER, "kid": "../../../dev/null"}, claims(), ""),
    "the key of a query": token({**HEADER, "kid": "' UNION SELECT 'k' --"}, claims(), "k"),
    "a public key as secret": token(HEADER, claims(), PUBLIC_KEY),
    "a public key as secret, trimmed": token(HEADER, claims(), PUBLIC_KEY.strip()),
    "the embedded key": token({**HEADER, "jwk": JWK}, claims(), b"k" * 32),
    "SHA-1": token(HEADER, claims(), digest="sha1"),
    "SHA-512": token(HEADER, claims(), digest="sha512"),
    "HS512 by name and by signature": token({"alg": "HS512"}, claims(), digest="sha512"),
    "HS384 by name and by signature": token({"alg": "HS384"}, claims(), digest="sha384"),
    "no HMAC but a hash": signed_as(hashlib.sha256(SECRET.encode() + SIGNED).digest()),
    "a signature in hexadecimal": signed_as(mac(SIGNED).hex().encode()),
    "a signature of the claims alone": signed_as(mac(BODY.encode())),
    "a signature of what was decoded": signed_as(mac(json.dumps(claims()).encode())),
    "a signature of zeros": signed_as(bytes(32)),
    "a signature cut by a byte": signed_as(mac(SIGNED)[:-1]),
    "a signature cut to one byte": signed_as(mac(SIGNED)[:1]),
    "a signature and a byte more": signed_as(mac(SIGNED) + b"\0"),
    "a signature twice": signed_as(mac(SIGNED) * 2),
    "a signature with its first bit changed": signed_as(
        bytes([mac(SIGNED)[0] ^ 128, *mac(SIGNED)[1:]])
    ),
    "a signature with its last bit changed": signed_as(
        bytes([*mac(SIGNED)[:-1], mac(SIGNED)[-1] ^ 1])
    ),
    "the signature of another token": f"{HEAD}.{BODY}.{OTHER.split('.')[2]}",
    "the claims of another token": f"{HEAD}.{OTHER.split('.')[1]}.{SIGNATURE}",
    "the header of another token": f"{encoded({'alg': 'HS256'}).decode()}.{BODY}.{SIGNATURE}",
    "a signature with unused bits": GOOD[:-1] + ALPHABET[ALPHABET.index(GOOD[-1]) | 1],
    "a signature with padding": f"{GOOD}=",
    "all parts with padding": ".".join(
        part + "=" * (-len(part) % 4 or 4) for part in GOOD.split(".")
    ),
    "a space in the signature": f"{GOOD[:-5]} {GOOD[-5:]}",
    "a full stop after it": f"{GOOD}.",
    "a full stop before it": f".{GOOD}",
    "the parts in another order": f"{BODY}.{HEAD}.{SIGNATURE}",
    "characters that decoders skip": f"{HEAD}!.{BODY}.{SIGNATURE}",
    "characters that decoders skip, in the claims": f"{HEAD}.{BODY[:4]}*{BODY[4:]}.{SIGNATURE}",
    "in capitals": GOOD.upper(),
    "in small letters": GOOD.lower(),
    "backwards": GOOD[::-1],
    "in double quotes": f'"{GOOD}"',
    "in angle brackets": f"<{GOOD}>",
    "percent-encoded": GOOD.replace(".", "%2E"),
    "encoded once more": encoded(GOOD.encode()).decode(),
    "twice": f"{GOOD} {GOOD}",
    "twice, with a comma": f"{GOOD},{GOOD}",
    "twice, with a full stop": f"{GOOD}.{GOOD}",
    "with a parameter": f"{GOOD}, realm=x",
    "a word": "x",
    "three words": "x.y.z",
    "one full stop": ".",
    "two full stops": "..",
    "three full stops": "...",
    "eight thousand full stops": "." * 8000,
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{GOOD}.x",
    "five parts, as if encrypted": f"{encoded({'alg': 'dir', 'enc': 'A256GCM'}).decode()}..x.y.z",
    "the JSON form": json.dumps({"protected": HEAD, "payload": BODY, "signature": SIGNATURE}),
    "the general JSON form": json.dumps(
        {"payload": BODY, "signatures": [{"protected": HEAD, "signature": SIGNATURE}]}
    ),
    "empty claims and header": f"..{encoded(mac(b'.')).decode()}",
    "claims in the open": f"{HEAD}.{json.dumps(claims())}.{SIGNATURE}",
    "PASETO": "v2.local." + "QAxIpVe-ECVNI1z4xQbm_qQYomyT3h8F" * 4 + ".UGFyYWdvbg",
    "a session token of Better Auth": "iQ3XUYcBmL8zn1vT5Nn0wbhpbYF3ne5M.c2lnbmF0dXJl",
    "null": "null",
    "undefined": "undefined",
    "an object that somebody printed": "[object Object]",
    "a template that nobody filled in": "${token}",
    "the secret itself": SECRET,
    "the subject itself": SUBJECT,
    "a good token of 8 KiB and a byte": token(HEADER, claims(pad="x" * 6000)).ljust(8193, "x"),
    "a good token of 16 KiB": token(HEADER, claims(pad="x" * 12_000)),
    "16 KiB of nothing": "A" * 16_384,
    "letters of another alphabet": "\u0435yJ" + GOOD[3:],
    "an emoji": "\U0001f642",
    "full-width full stops": GOOD.replace(".", "\uff0e"),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=list(FORGERIES))
def test_a_token_that_the_secret_did_not_sign_as_it_stands_is_401(
    server: RunningServer, forgery: str
):
    assert forgery != GOOD
    check_refused(ask(server, f"Bearer {forgery}"))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/me/tasks"),
        ("POST", "/api/me/tasks"),
        ("GET", "/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"),
        ("PUT", "/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"),
        ("PATCH", "/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"),
        ("DELETE", "/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"),
        ("PATCH", "/api/me/tasks/019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11/complete"),
    ],
)
@pytest.mark.parametrize("forgery", ["", "alg none and no signature", "a guessed secret"])
def test_no_operation_takes_a_forgery(server: RunningServer, method: str, path: str, forgery: str):
    headers = {"Authorization": f"Bearer {FORGERIES[forgery]}"} if forgery else {}
    response = httpx.request(method, server.url + path, headers=headers)
    check_response(response)
    check_refused(response)


def test_a_token_that_was_good_is_refused_once_anything_in_it_changes(server: RunningServer):
    assert ask(server, f"Bearer {GOOD}").status_code == 200
    for place, character in enumerate(GOOD):
        if place % 7 == 0 and character != ".":
            changed = ALPHABET[ALPHABET.index(character) - 1]
            check_refused(ask(server, f"Bearer {GOOD[:place]}{changed}{GOOD[place + 1 :]}"))
    assert ask(server, f"Bearer {GOOD}").status_code == 200
