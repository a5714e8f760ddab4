"""Who is asking, once that is verified."""

from dataclasses import dataclass
from uuid import UUID

USER_ID_LENGTH = 255
"""Characters that the id of a user may have: in a path, in a token, in a table."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The verified subject of a request; made by `auth` alone and passed explicitly."""

    user_id: str
    session_id: UUID | None = None
    """The session of an account of our own, which must still be there; others have none."""
