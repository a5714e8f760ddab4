"""Time zones: the names that the IANA database has, as the locked `tzdata` knows them."""

from importlib.resources import files

LONGEST = 64
"""Characters, with room to spare."""

ZONES = frozenset((files("tzdata") / "zones").read_text().split()) - {"Factory"}
"""All names, with those that stay for old programs. What instants they mean, the database says."""


def is_zone(name: str) -> bool:
    """Tell whether there is such a zone, in the spelling that it has."""
    return name in ZONES
