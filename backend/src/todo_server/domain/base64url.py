"""base64url without padding (RFC 4648, section 5; RFC 7515, section 2)."""

import base64


def encode(data: bytes) -> str:
    """Write bytes in the one canonical form."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read bytes; ValueError for what cannot be read. Several texts may give the same bytes."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def decode_canonical(text: str) -> bytes:
    """Read bytes; ValueError for any text but the one that `encode` gives."""
    data = decode(text)
    if encode(data) != text:
        raise ValueError("not canonical")
    return data
