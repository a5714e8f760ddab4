"""Secrets and signatures of webhooks, as https://www.standardwebhooks.com has them (`v1`)."""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

SECRET_BYTES = 32

_PREFIX = "whsec_"


def new_secret() -> str:
    """Make a secret that a receiver verifies signatures with."""
    return _PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(
    message_id: str, at: datetime, body: bytes, keys: Iterable[str]
) -> dict[str, str]:
    """Give the headers of a message that is sent at an instant, with a signature by each secret."""
    timestamp = int(at.timestamp())
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = (
        hmac.digest(b64decode(key.removeprefix(_PREFIX), validate=True), signed, "sha256")
        for key in keys
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{b64encode(each).decode()}" for each in signatures),
    }
