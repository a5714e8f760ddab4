"""The header `Idempotency-Key`: what it names a request by, and how it is documented."""

import re
from hashlib import blake2b
from typing import Any

from fastapi import Response
from starlette.types import Scope

from todo_server.api.routing.sent_headers import SentHeaders
from todo_server.database import Key
from todo_server.errors import FieldError, ValidationFailedError

MAX_KEY = 255
"""Characters."""

_NAME = "Idempotency-Key"
IDEMPOTENCY_KEY = _NAME.lower().encode()
_KEY = re.compile(rb"[\x21-\x7e]{1,%d}" % MAX_KEY)
_REPLAYED = (b"idempotency-replayed", b"true")
_FINGERPRINT = 16
"""Bytes of the checksum, which nobody but the same user can try to meet."""


def key_of(scope: Scope, headers: SentHeaders, body: bytes) -> Key | None:
    """Give the key of a request, or None; ValidationFailedError if it is none."""
    sent = headers.get(IDEMPOTENCY_KEY)
    if sent is None:
        return None
    if len(sent) != 1 or not _KEY.fullmatch(sent[0]):
        message = f"Send one key of 1 to {MAX_KEY} visible ASCII characters, without spaces"
        raise ValidationFailedError.of(FieldError(_NAME, "invalid", message))
    asked = blake2b(digest_size=_FINGERPRINT)
    for part in (scope["method"].encode(), scope["raw_path"], scope["query_string"], body):
        asked.update(b"%d " % len(part) + part)
    return Key(sent[0].decode(), asked.digest())


def mark_replayed(response: Response) -> None:
    """Tell the client that the answer is that to an earlier request."""
    response.raw_headers.append(_REPLAYED)


def document_key(operation: dict[str, Any]) -> None:
    """Add the header, and that of answers of success, to an operation that takes it."""
    operation.setdefault("parameters", []).append(
        {
            "name": _NAME,
            "in": "header",
            "required": False,
            "description": "A name for this request, new for each: for 24 hours, the same request "
            "with the same key does nothing more, and is answered as the first one was.",
            # As an example of the parameter, Swagger UI would send it with every request.
            "schema": {
                "examples": ["8e03978e-40d5-43dd-bc93-6894a57f9324"],
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_KEY,
                "pattern": "^[!-~]{1,255}$",
            },
        }
    )
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            response.setdefault("headers", {})["Idempotency-Replayed"] = {
                "description": "`true` where the key was used before: nothing was done now.",
                "schema": {"type": "string", "const": "true"},
            }
