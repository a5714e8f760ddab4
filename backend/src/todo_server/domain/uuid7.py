"""Time-ordered identifiers: UUID version 7 (RFC 9562, section 5.7)."""

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def uuid7(at: datetime) -> UUID:
    """Make the identifier of something that came to be at this instant.

    The instant is kept to the microsecond: milliseconds in the first 48 bits, the rest of the
    millisecond in the next 12 (RFC 9562, section 6.2, method 3), so that the order of the ids is
    the order of the instants; 62 random bits follow.
    """
    milliseconds, microseconds = divmod((at - _EPOCH) // _MICROSECOND, 1000)
    fraction = (microseconds << 12) // 1000
    random = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random)
