"""Who is asking, once that is verified."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """The verified subject of a request; made by `auth` alone and passed explicitly."""

    user_id: str
